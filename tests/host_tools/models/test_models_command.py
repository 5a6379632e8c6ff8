"""``picket model``: what a user types and sees; failures are one line and status 1; Ctrl-C leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_models import convolutional
from tflite_micro.python.tflite_micro import runtime

from picket_host.commands.model import command
from picket_host.errors import InputError

FLOAT_MODEL = Path(runtime.__file__).with_name("sine_float.tflite")
_PATIENCE_S = 300
NO_MODEL = f"{Path(__file__).name}: not a readable .tflite file"
PICKET = [sys.executable, "-c", "from picket_host.cli import main; main()"]


def picket(*arguments):
    return subprocess.run([*PICKET, "model", *map(str, arguments)], capture_output=True, text=True)


_COMMANDS = (
    "train", "quantize", "prune", "distill", "search", "verify", "adopt", "report", "table", "cost", "anomaly",
)  # fmt: skip


@pytest.mark.parametrize("command", [[], ["anomaly", "fit"], *([name] for name in _COMMANDS)])
def test_help_has_examples(command):
    done = picket(*command, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout


def test_run_goes_from_training_to_a_package(tmp_path):
    run, out = tmp_path / "run", tmp_path / "package"
    trained = picket("train", "vibration", "--quick", "--variant", "better", "-o", run, "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["run"]["variant"] == "better"
    quantised = picket("quantize", run)
    assert quantised.returncode == 0, quantised.stderr
    assert "CONV_2D" in quantised.stdout
    verified = picket("verify", run, "--package", out, "--json")
    assert verified.returncode == 0, verified.stderr
    report = json.loads(verified.stdout)
    assert report["bit_exact"] is True
    assert report["fault"] is None
    assert (out / "golden.bin").exists()


def test_model_from_outside_is_verified_without_tensorflow(tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(convolutional())
    done = picket("verify", file)
    assert done.returncode == 0, done.stderr
    assert "equal in every byte" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["verify", "missing.tflite"], "missing.tflite: no such file"),
        (["verify", str(FLOAT_MODEL)], "is float32, not int8"),
        (["verify", str(FLOAT_MODEL), "--package", "out"], "not the folder of a training run"),
        (["quantize", "missing"], "missing: no such file or folder"),
        (["train", "nothing"], "nothing: no such recipe"),
        (["train", "vibration", "--with", "depth=3"], "vibration: no hyperparameter depth (try: one of filters"),
        (["train", "vibration", "--with", "filters=abc"], "the hyperparameter filters is 'abc', not a whole number"),
        (["train", "vibration", "--with", "depth"], "'depth' is not NAME=VALUE"),
        (["quantize", "missing", "--weights", "int2"], "no weights of type int2"),
        (["quantize", "missing", "--flash", "plenty"], "--flash: 'plenty' is not an amount"),
        (["prune", "missing", "-o", "out"], "missing: no such run or file"),
        (["prune", "missing", "-o", "out", "--layer", "edges"], "'edges' is not NAME=VALUE"),
        (["distill", "missing", "--teacher", "missing", "-o", "out"], "missing: not the folder of a training run"),
        (["search", "nothing"], "nothing: no such recipe"),
        (["search", "vibration", "--arena", "-5k"], "--arena: '-5k' is not an amount"),
        (["report", "missing.tflite"], "missing.tflite: no such file"),
        (["report", str(FLOAT_MODEL), "-o", "out.html"], "is float32, not int8"),
        (["cost", "missing.tflite"], "missing.tflite: no such file"),
        (["cost", str(FLOAT_MODEL)], "sine_float.tflite: the input"),
        (["cost", str(FLOAT_MODEL)], "is float32, not int8 or int16"),
        (["verify", __file__], NO_MODEL),
        (["report", __file__], NO_MODEL),
        (["cost", __file__], NO_MODEL),
        (["adopt", __file__, "--like", "vibration", "--labels", "a,b", "-o", "out"], NO_MODEL),
        (["table", "--recipes", "nothing"], "nothing: no such recipe"),
        (["anomaly", "fit", "missing.npy", "--false-alarm-rate", "0.01"], "missing.npy: no such file"),
        (["adopt", str(FLOAT_MODEL), "--like", "vibration", "--labels", "a", "-o", "out"], "is float32, not int8"),
        (["train", "vibration", "--variant", "best"], "no variant best"),
        (["train", "vibration", "--data", "missing"], "missing: no such folder"),
    ],
)
def test_failure_is_one_clear_line_and_status_1(tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    done = picket(*arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert complaint in done.stderr
    assert done.stdout == ""


_FILE, _FOLDER = "file: a file is where the folder shall be", "folder: a folder is where the file shall be"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "vibration", "-o", "file"], _FILE),
        (["train", "vibration", "-o", "file/run"], "file: a file is where a folder shall be"),
        (["quantize", "run", "-o", "folder"], _FOLDER),
        (["quantize", "run", "-o", "file/model.tflite"], "file: a file is where a folder shall be"),
        (["prune", "run", "-o", "file"], _FILE),
        (["distill", "run", "--teacher", "other", "-o", "file"], _FILE),
        (["search", "vibration", "-o", "file"], _FILE),
        (["verify", "run", "--golden", "folder"], _FOLDER),
        (["verify", "run", "--package", "file"], _FILE),
        (["verify", "run", "--package", "run"], "run: the folder holds precious"),
        (["adopt", "file", "--like", "vibration", "--labels", "a,b", "-o", "file"], _FILE),
        (["report", "run", "-o", "folder"], _FOLDER),
        (["table", "--runs", "file"], _FILE),
        (["anomaly", "fit", "run", "-o", "folder"], _FOLDER),
    ],
)
def test_place_that_can_not_be_written_is_told_before_anything_is_read(tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "run" / "precious").mkdir(parents=True)
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, InputError)
    assert complaint in str(done.exception)


def test_failure_is_a_json_document_when_asked(tmp_path):
    done = picket("verify", tmp_path / "missing.tflite", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "no such file"


def test_wrong_usage_is_status_2():
    assert picket("train").returncode == 2
    assert picket("verify", "a", "--unknown").returncode == 2


def test_interrupt_leaves_no_process_behind(tmp_path):
    arguments = ["model", "train", "vibration", "-o", str(tmp_path / "run")]
    process = subprocess.Popen([*PICKET, *arguments], start_new_session=True, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + _PATIENCE_S
    while len(group_members(process.pid)) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 130, stderr
    assert stderr.strip() == "interrupted"
    deadline = time.monotonic() + _PATIENCE_S
    while group_members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert group_members(process.pid) == []


def group_members(group):
    """Processes of the group that still run."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(process_group) == group and state != "Z":
            members.append(stat.parent.name)
    return members
