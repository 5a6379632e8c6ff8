"""Models from outside become int8, or the layer that prevents it is named."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from picket_host.errors import InputError, ModelError
from picket_host.models import quantize as library
from picket_host.models import tflite_file
from picket_host.models.verify import verify
from picket_host.native.engine import Engine

SAMPLES = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    script = Path(__file__).with_name("keras_models.py")
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run([sys.executable, str(script), str(folder)], env=env, check=True, capture_output=True)
    np.save(folder / "samples.npy", SAMPLES)
    return folder


@pytest.mark.parametrize("source", ["plain.keras", "saved"])
def test_model_becomes_int8_with_a_batch_of_one_and_no_shape_operators(bench, models, source):
    model = library.to_int8(bench, models / source, SAMPLES)
    engine = Engine(model)
    assert engine.ops == ("FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX")
    assert [(tensor.shape, tensor.dtype) for tensor in (*engine.inputs, *engine.outputs)] == [
        ((1, 8), np.int8),
        ((1, 3), np.int8),
    ]
    assert [operator.layer.split("/")[-1] for operator in tflite_file.read(model).operators][:2] == ["hidden", "out"]


def test_int8_stays_close_to_float(bench, models):
    engine = Engine(library.to_int8(bench, models / "plain.keras", SAMPLES))
    real = bench.predict(models / "plain.keras", SAMPLES)
    quantised = []
    for sample in SAMPLES:
        engine.invoke([engine.quantize(0, sample)])
        quantised.append(engine.dequantize(0)[0])
    assert np.abs(np.array(quantised) - real).max() < 0.05


@pytest.mark.parametrize(
    ("source", "where", "what"),
    [
        ("sine.keras", "layer Sin", r"operator \d SIN still works on floats"),
        ("arctan.keras", "layer Atan", "operator Atan has no counterpart"),
        ("gelu.keras", "layer curved", "the engine refuses operator 1 GELU"),
        ("memory.keras", "layer memory", "recurrent layer"),
    ],
)
def test_layer_that_prevents_it_is_named(bench, models, source, where, what):
    with pytest.raises(ModelError, match=what) as caught:
        library.to_int8(bench, models / source, SAMPLES)
    assert caught.value.where.startswith(where)


def test_size_left_open_is_refused(bench, models):
    with pytest.raises(ModelError, match="left open"):
        library.to_int8(bench, models / "open.keras", SAMPLES)


def test_samples_of_the_wrong_shape_are_refused(bench, models):
    with pytest.raises(InputError, match=r"shape \(9,\), the model takes \(8,\)"):
        library.to_int8(bench, models / "plain.keras", np.zeros((5, 9), np.float32))


@pytest.mark.parametrize("contents", [b"", b"not a model" * 20])
def test_file_that_is_no_model_is_refused(bench, tmp_path, contents):
    (tmp_path / "model.keras").write_bytes(contents)
    with pytest.raises(InputError, match="not a Keras file"):
        library.to_int8(bench, tmp_path / "model.keras", SAMPLES)


def test_file_that_is_no_keras_file_is_not_said_to_be_missing(bench, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"not a model" * 20)
    with pytest.raises(InputError, match="not a Keras file: it is no archive") as caught:
        library.to_int8(bench, tmp_path / "model.keras", SAMPLES)
    assert "not found" not in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        library.to_int8(bench, tmp_path / "none.keras", SAMPLES)


def test_layer_of_an_unknown_class_is_named_with_what_to_try(bench, models):
    with pytest.raises(InputError, match=r"layer doubling: its class Doubled .*SavedModel"):
        library.to_int8(bench, models / "own.keras", SAMPLES)


def test_constant_samples_are_named_as_the_cause(models, tmp_path):
    np.save(tmp_path / "still.npy", np.full((20, 8), 0.5, np.float32))
    with pytest.raises(InputError, match=r"still\.npy: the samples are constant: every feature of each is 0\.5"):
        library.quantize(models / "plain.keras", tmp_path / "out.tflite", tmp_path / "still.npy")


def test_folder_that_is_no_saved_model_is_refused(bench, tmp_path):
    with pytest.raises(InputError, match="not a Keras file or SavedModel"):
        library.to_int8(bench, tmp_path, SAMPLES)


def test_saved_model_from_outside_goes_through_quantize_and_verify(models, tmp_path):
    out = tmp_path / "outside.tflite"
    report = library.quantize(models / "saved", out, models / "samples.npy")
    assert report.bytes == len(out.read_bytes())
    assert report.packed_bytes < report.bytes
    proof = verify(out, models / "samples.npy")
    assert proof.bit_exact
    assert proof.fault is None
    assert proof.compared == len(SAMPLES)


@pytest.mark.parametrize(
    ("samples", "complaint"),
    [
        (None, "no such file"),
        (np.zeros((5, 8), np.int8), "not floating-point"),
        (np.full((5, 8), np.nan), "not a number"),
        (np.zeros(8, np.float32), "shape"),
        (np.zeros((0, 8), np.float32), "shape"),
    ],
    ids=["missing", "integers", "NaN", "flat", "empty"],
)
def test_unusable_samples_are_refused(tmp_path, samples, complaint):
    file = tmp_path / "samples.npy"
    if samples is not None:
        np.save(file, samples)
    with pytest.raises(InputError, match=complaint):
        library.load_samples(file)


def test_missing_source_and_missing_samples_are_refused_before_tensorflow_starts(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        library.quantize(tmp_path / "missing.keras")
    (tmp_path / "model.keras").write_bytes(b"")
    with pytest.raises(InputError, match="typical inputs are needed"):
        library.quantize(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"0.25, 0.5, 0.75\n", "is text"),
        ("Prüfstand; 0,25\n".encode() * 40, "is text"),
        (b"", "is an empty file"),
        (b"PK\x03\x04 and so on", r"is an archive \(.npz"),
        (bytes(range(256)), "is binary data of another kind"),
        (b"\x80\x04\x95 a pickle", "is binary data of another kind"),
        (b"\x93NUMPY\x01\x00", "is damaged"),
    ],
)
def test_a_file_that_is_no_array_is_told_what_it_is_and_what_is_wanted(tmp_path, content, kind):
    file = tmp_path / "samples.npy"
    file.write_bytes(content)
    with pytest.raises(InputError, match=kind) as raised:
        library.load_samples(file)
    assert "unsafe" not in str(raised.value) and "numpy.save" in raised.value.hint


def test_an_array_of_python_objects_is_told_as_that(tmp_path):
    np.save(tmp_path / "samples.npy", np.array([{}, None]), allow_pickle=True)
    with pytest.raises(InputError, match="holds Python objects, not numbers"):
        library.load_samples(tmp_path / "samples.npy")
