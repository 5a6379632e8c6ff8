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
from public_pictures import sure_pictures
from tflite_micro.python.tflite_micro import runtime

from picket_host.errors import InputError, ModelError, PicketError
from picket_host.models import adopt as library
from picket_host.models import golden, quantize, recipes
from picket_host.models.tflm import Judge
from picket_host.models.vision import SIZE
from picket_host.native.engine import Engine
from picket_host.paths import ROOT
from picket_host.release.verify import verify as verify_release
from picket_host.simulator import recordings

PUBLIC = ROOT.parent / "shared" / "data" / "tflite"
RATE_HZ = 26_667


def public(name: str) -> Path:
    """A model of the public benchmarks."""
    file = PUBLIC / f"{name}.tflite"
    if not file.exists():
        pytest.skip(f"no public benchmark models in {PUBLIC}")
    return file


def test_public_person_detection_is_proved_released_and_alerts(gateway: Gateway, tmp_path: Path) -> None:  # noqa: F811
    file = public("person_detect")
    model = file.read_bytes()
    report = library.adopt(file, tmp_path / "package", "person", recipes.find("person").labels)
    assert report.proof.bit_exact
    given, wanted = golden.unpack((report.folder / "golden.bin").read_bytes())
    with Judge() as judge:
        shape = Engine(model).inputs[0].shape
        again = judge.run(model, [[x.reshape(shape)] for x in given])
    assert np.array_equal(wanted, np.stack([outputs[0].ravel() for outputs in again]))

    def surroundings(label: str) -> dict:
        timeline = [{"at_s": 0, "file": f"{label}.u8"}]
        return {"camera": {"width": SIZE, "height": SIZE, "rate_hz": 10, "timeline": timeline}}

    options = {
        "config": {"camera": {"driver": "camera"}, "attitude": {"driver": "none"}},
        "recordings": sure_pictures(model), "package": report.folder, "with_model": False, "heap": "1m",
    }  # fmt: skip
    with running_board(tmp_path, gateway, board=surroundings("non_person"), **options) as bench:
        release = bench.release(2, kind="model")
        verify_release(release, bytes.fromhex(bench.key.public_key))
        assert (release / "model" / "model.tflite").read_bytes() == model  # unchanged
        bench.offer(release)
        bench.wait_for(2, "UPDATED")
        bench.wait_for_birth(model=2, model_name="person_detect", state="confirmed")
        bench.board.write(surroundings("person"))
        bench.board.signal_reload()
        bench.wait_for_event("alert", label="person", on=True)


@pytest.mark.parametrize(
    ("name", "like", "labels", "why"),
    [
        ("hello_world_int8", "vibration", ["sine"], "the pipeline vibration gives 70 features, the model takes 1"),
        ("mlperf_ad01_int8", "vibration", ["same", "other"], "gives 70 features, the model takes 640"),
        ("mlperf_kws_ref_model", "wakeword", ["silence", "yes"], "gives 160 features, the model takes 490"),
        ("person_detect", "vibration", ["nobody", "person"], "gives 70 features, the model takes 9216"),
        ("person_detect", "person", ["nobody"], "1 label, a device tells 2 or more apart"),
    ],
)
def test_public_benchmark_that_a_device_would_not_open_is_refused(
    name: str, like: str, labels: list[str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(PicketError, match=why) as refusal:
        library.adopt(public(name), tmp_path / "out", like, labels)
    assert refusal.value.where == str(public(name))
    assert not (tmp_path / "out").exists()


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
