"""The proof finds where the engine differs, refuses what is not int8, and says when a model must not be deployed."""

from pathlib import Path

import numpy as np
import pytest
from small_models import convolutional
from tflite_micro.python.tflite_micro import runtime

from picket_host.errors import InputError, ModelError
from picket_host.models import verify as library
from picket_host.native.engine import Engine

FLOAT_MODEL = Path(runtime.__file__).with_name("sine_float.tflite")


@pytest.fixture
def model(tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(convolutional())
    return file


def test_engine_agrees_with_the_official_runtime(model):
    report = library.verify(model)
    assert report.bit_exact
    assert report.fault is None
    assert report.compared >= 64
    assert report.operators[-1] == "SOFTMAX"
    assert 0 < report.arena_bytes < report.tflm_arena_bytes
    assert report.model_bytes == model.stat().st_size


class WrongEngine(Engine):
    """An engine with a fault from the first operator on whose output is 1x3: FULLY_CONNECTED."""

    def invoke(self, inputs):
        outputs = super().invoke(inputs)
        if outputs[0].shape == (1, 3):
            outputs[0][0, 1] ^= 1
        return outputs


def test_first_difference_is_traced_to_its_operator(model, monkeypatch):
    monkeypatch.setattr(library, "Engine", WrongEngine)
    report = library.verify(model)
    assert not report.bit_exact
    found = report.first_difference
    assert (found.input_index, found.operator, found.operator_index, found.element) == (0, "FULLY_CONNECTED", 6, 1)
    assert found.engine == found.tflm ^ 1
    assert "FULLY_CONNECTED" in report.fault
    assert f"is {found.engine}, expected {found.tflm}" in report.fault


def test_more_than_one_point_of_loss_is_a_fault():
    assert library._fault(None, 1.0) is None
    assert library._fault(None, -2.0) is None
    assert "1.01 percentage points below float" in library._fault(None, 1.01)


def test_confusion_has_the_true_class_in_rows():
    outputs = np.array([[9, 1, 0], [0, 9, 1], [9, 0, 1], [0, 1, 9]])
    score = library._score(outputs, np.array([0, 1, 1, 2]), 3)
    assert score.confusion == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert score.accuracy == 0.75


def test_float_model_is_refused():
    with pytest.raises(ModelError, match="is float32, not int8"):
        library.verify(FLOAT_MODEL)


def test_missing_file_and_file_of_something_else_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        library.verify(tmp_path / "missing.tflite")
    (tmp_path / "text.tflite").write_text("something else")
    with pytest.raises(ModelError, match="not a readable .tflite file"):
        library.verify(tmp_path / "text.tflite")


def test_samples_of_the_wrong_size_are_refused(model, tmp_path):
    np.save(tmp_path / "samples.npy", np.zeros((4, 7), np.float32))
    with pytest.raises(InputError, match="the model takes"):
        library.verify(model, tmp_path / "samples.npy")
