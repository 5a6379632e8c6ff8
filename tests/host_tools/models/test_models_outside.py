"""Models from outside go all the way: quantised, proved, packaged, released, and run on the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from on_board import Gateway, gateway, needs_simulator, running_board  # noqa: F401 - fixtures
from tflite_micro.python.tflite_micro import runtime

from picket_host.errors import InputError, ModelError
from picket_host.models import adopt as library
from picket_host.models import golden, quantize
from picket_host.models.tflm import Judge
from picket_host.native.engine import Engine
from picket_host.paths import ROOT
from picket_host.release import keys
from picket_host.release.make import Recipe, make
from picket_host.release.sign import sign
from picket_host.release.verify import verify as verify_release
from picket_host.simulator import recordings
from picket_host.simulator.build import build

PUBLIC = ROOT.parent / "shared" / "data" / "tflite"
RATE_HZ = 26_667
# Runs the release's model on its golden vectors; prints how many there are and how many came out bit for bit.
REPLAY = """
import picket_native, struct
from array import array
with open("model/model.tflite", "rb") as file:
    model = picket_native.Model(file.read())
with open("model/golden.bin", "rb") as file:
    magic, count, inputs, outputs = struct.unpack("<4sIII", file.read(16))
    right = 0
    for _ in range(count):
        model.input()[:] = array("b", file.read(inputs))
        model.invoke()
        right += bytes(model.output()) == file.read(outputs)
print(magic, count, right)
"""


@pytest.mark.parametrize("name", ["hello_world_int8", "mlperf_ad01_int8"])
def test_public_benchmark_is_proved_released_and_run_by_the_simulator(name: str, tmp_path: Path) -> None:
    file = PUBLIC / f"{name}.tflite"
    if not file.exists():
        pytest.skip(f"no public benchmark models in {PUBLIC}")
    outputs = {"hello_world_int8": 1, "mlperf_ad01_int8": 640}[name]
    labels = [f"output {i}" for i in range(outputs)]
    report = library.adopt(file, tmp_path / "package", "vibration", labels)
    assert report.proof.bit_exact
    assert (report.folder / "model.tflite").read_bytes() == file.read_bytes()  # unchanged
    given, wanted = golden.unpack((report.folder / "golden.bin").read_bytes())
    with Judge() as judge:
        shape = Engine(file.read_bytes()).inputs[0].shape
        again = judge.run(file.read_bytes(), [[x.reshape(shape)] for x in given])
    assert np.array_equal(wanted, np.stack([outputs[0].ravel() for outputs in again]))

    release, key = tmp_path / "release", keys.keygen(tmp_path / "plant.key")
    make(release, Recipe(sequence=1, model=report.folder, kind="model"))
    sign(release, key.seed_file)
    verify_release(release, bytes.fromhex(key.public_key))
    done = subprocess.run(
        [str(build()), "-X", "heapsize=4M", "-c", REPLAY], cwd=release, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.split() == ["b'PGV1'", str(len(given)), str(len(given))], done.stdout + done.stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel made by plain Keras code, quantised and adopted."""
    folder = tmp_path_factory.mktemp("outside")
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    script = Path(__file__).with_name("loud_model.py")
    subprocess.run([sys.executable, str(script), str(folder / "saved")], env=env, check=True, capture_output=True)
    samples = np.random.default_rng(1).uniform(-0.3, 1.2, (100, 70)).astype(np.float32)
    np.save(folder / "samples.npy", samples)
    quantised = quantize.quantize(folder / "saved", folder / "loudness.tflite", folder / "samples.npy")
    out = folder / "package"
    library.adopt(quantised.file, out, "vibration", ["quiet", "loud"], samples=folder / "samples.npy")
    return out


def test_saved_model_comes_over_the_air_and_alerts(package: Path, gateway: Gateway, tmp_path: Path) -> None:  # noqa: F811
    noise = np.random.default_rng(1).normal(0, 1, (RATE_HZ, 3))
    sensed = {
        f"{label}.i16": recordings.vibration_frames(noise * counts, RATE_HZ)
        for label, counts in (("quiet", 200), ("loud", 4000))
    }

    def surroundings(label: str) -> dict:
        timeline = [{"at_s": 0, "file": f"{label}.i16"}]
        return {"spi": {"1": {"cs": 5, "chip": "iis3dwb", "rate_hz": RATE_HZ, "timeline": timeline}}}

    config = {"attitude": {"driver": "none"}}
    options = {"config": config, "recordings": sensed, "package": package, "with_model": False}
    with running_board(tmp_path, gateway, board=surroundings("quiet"), **options) as bench:
        bench.offer(bench.release(1, kind="model"))
        bench.wait_for(1, "UPDATED")
        bench.wait_for_birth(model=1, model_name="loudness", state="confirmed")
        bench.board.write(surroundings("loud"))
        bench.board.signal_reload()
        bench.wait_for_event("alert", label="loud", on=True)


def test_labels_must_fit_the_outputs(package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 outputs, and names for 3"):
        library.adopt(package / "model.tflite", tmp_path / "out", "vibration", ["a", "b", "c"])
    with pytest.raises(InputError, match="the same"):
        library.adopt(package / "model.tflite", tmp_path / "out", "vibration", ["a", "a"])
    assert not (tmp_path / "out").exists()


def test_float_model_given_as_int8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is float32, not int8"):
        library.adopt(Path(runtime.__file__).with_name("sine_float.tflite"), tmp_path / "out", "vibration", ["a"])


def test_package_says_what_it_is(package: Path) -> None:
    said = json.loads((package / "model.json").read_text())
    assert said["labels"] == ["quiet", "loud"]
    assert said["pipeline"]["kind"] == "vibration"
    assert not (package / "anomaly.bin").exists()
