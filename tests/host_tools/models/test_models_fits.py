"""What no device would open is refused on the host: in a package, and in a release."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from picket_host.errors import InputError, ModelError, PicketError
from picket_host.models import adopt, fits, package, recipes
from picket_host.native.dsp import anomaly_table
from picket_host.paths import TESTS
from picket_host.release.make import Recipe, make

sys.path.insert(0, str(TESTS / "host_tools" / "release"))

from small_model import small_model  # noqa: E402
from small_package import FOUR_PIXELS, small_package  # noqa: E402
from tflite_builder import TfliteBuilder  # noqa: E402

TWO = ["dark", "bright"]


def dense(outputs: int = 2, inputs: int = 4) -> bytes:
    return small_model(np.ones((outputs, inputs), np.int8), np.zeros(outputs))


def added(dtype: type = np.int8, inputs: int = 1, outputs: int = 1) -> bytes:
    """An addition: with ``inputs`` of 2 of both, else of its input to itself; its result may be given twice."""
    b = TfliteBuilder()
    zero = {"scale": 0.1, "zero_point": 0}
    sources = [b.tensor((1, 4), dtype, **zero) for _ in range(inputs)]
    targets = [b.tensor((1, 4), dtype, **zero) for _ in range(outputs)]
    for target in targets:
        b.operator("ADD", [sources[0], sources[-1]], [target], "AddOptions", version=2)
    return b.build(sources, targets)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipes_pipeline_is_known(name: str) -> None:
    recipe = recipes.find(name)
    assert fits.inputs_of(recipe.pipeline_kind, recipe.pipeline()) > 0
    for wrong in (b"", recipe.pipeline()[:-1], b"NONE" + recipe.pipeline()[4:]):
        with pytest.raises(InputError, match="do not hold"):
            fits.inputs_of(recipe.pipeline_kind, wrong)


def test_model_for_the_pipeline_is_taken() -> None:
    fits.check_model(dense(), "image", FOUR_PIXELS, TWO, "model")


@pytest.mark.parametrize(
    ("model", "labels", "why"),
    [
        (added(np.int16), TWO, "the device's pipelines take int8; this model's input is int16"),
        (added(inputs=2), TWO, "serve one input, this model has 2"),
        (added(outputs=2), TWO, "serve one output, this model has 2"),
        (dense(inputs=9), TWO, "the pipeline image gives 4 features, the model takes 9"),
        (dense(outputs=3), TWO, "3 outputs, and names for 2"),
        (dense(outputs=1), ["dark"], "1 label, a device tells 2 or more apart"),
        (b"TFL3" * 30, TWO, "the engine refuses the model"),
    ],
)
def test_other_models_are_refused_with_the_reason(model: bytes, labels: list[str], why: str) -> None:
    with pytest.raises(PicketError, match=why):
        fits.check_model(model, "image", FOUR_PIXELS, labels, "model")


def test_pipeline_that_no_device_has_is_refused() -> None:
    with pytest.raises(InputError, match="no pipeline sonar.*one of heart, image"):
        fits.check_model(dense(), "sonar", FOUR_PIXELS, TWO, "model")


def test_anomaly_score_of_other_features_is_refused() -> None:
    vibration = recipes.find("vibration")
    table = {n: anomaly_table(1.0, np.zeros(n), np.ones(n), np.zeros((1, n))) for n in (5, 70)}
    fits.check_anomaly(table[70], "vibration", vibration.pipeline(), "anomaly.bin")
    for wrong in (table[5], table[70][:-1], b""):
        with pytest.raises(InputError, match="not an anomaly score of the 70 features"):
            fits.check_anomaly(wrong, "vibration", vibration.pipeline(), "anomaly.bin")
    with pytest.raises(InputError, match="no feature vector"):
        fits.check_anomaly(table[5], "image", FOUR_PIXELS, "anomaly.bin")


def test_run_of_16_bits_makes_no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = package.RunFolder(tmp_path / "run")
    monkeypatch.setattr(package.RunFolder, "run", lambda _: type("Run", (), {"recipe": "vibration"}))
    monkeypatch.setattr(package.RunFolder, "dataset", lambda _: None)
    folder.path.mkdir()
    folder.tflite_file.write_bytes(added(np.int16))
    with pytest.raises(ModelError, match="this model's input is int16"):
        package.package_run(folder.path, tmp_path / "package")


def test_adopted_anomaly_score_must_fit(tmp_path: Path) -> None:
    model, score = tmp_path / "model.tflite", tmp_path / "anomaly.bin"
    model.write_bytes(dense(inputs=70))
    score.write_bytes(anomaly_table(1.0, np.zeros(5), np.ones(5), np.zeros((1, 5))))
    with pytest.raises(InputError, match="not an anomaly score of the 70 features"):
        adopt.adopt(model, tmp_path / "out", "vibration", TWO, anomaly=score)


def _described(folder: Path, **changes: object) -> None:
    file = folder / "model.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


_SPOILT = [
    (lambda folder: _described(folder, labels=["loud"]), "1 label"),
    (lambda folder: _described(folder, labels=["a", "b", "c"]), "names for 3"),
    (lambda folder: _described(folder, labels=["a", 5]), "no text"),
    (lambda folder: _described(folder, version=None), "version is missing"),
    (lambda folder: _described(folder, format=2), "format 1"),
    (lambda folder: _described(folder, pipeline={"kind": "mel"}), "the pipeline mel do not hold"),
    (lambda folder: _described(folder, gate={"min_windows": 0}), "gate.min_windows"),
    (lambda folder: (folder / "model.json").write_text("{"), "not JSON"),
    (lambda folder: (folder / "pipeline.bin").unlink(), "no pipeline.bin"),
    (lambda folder: (folder / "anomaly.bin").write_bytes(b"PAN1"), "not an anomaly score"),
    (lambda folder: (folder / "model.tflite").write_bytes(dense(inputs=70)), "the model takes 70"),
]


@pytest.mark.parametrize(("spoil", "why"), _SPOILT, ids=[why for _, why in _SPOILT])
def test_package_that_no_device_opens_is_not_released(spoil, why: str, tmp_path: Path) -> None:
    folder = small_package(tmp_path / "package")
    make(tmp_path / "right", Recipe(sequence=1, model=folder, kind="model"))
    spoil(folder)
    with pytest.raises(PicketError, match=why):
        make(tmp_path / "wrong", Recipe(sequence=1, model=folder, kind="model"))
    assert not (tmp_path / "wrong").exists()
