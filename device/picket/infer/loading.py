"""Opens and proves model packages. Loaded only for that, and forgotten: see `model`."""

import hashlib
import json
import os
import struct
from binascii import hexlify

import picket_native

from picket.compat import const
from picket.infer.gate import ANOMALY, SENSOR
from picket.infer.model import PackageError
from picket.modules import load

_FORMAT = const(1)
_GOLDEN_HEADER_BYTES = const(16)
_LONGEST_LABEL = const(32)  # an alert has 120 bytes


def describe(folder):
    """What model.json says, as far as `model` needs it checked; all settings of the gate."""
    content = _read(folder, "model.json")
    try:
        data = json.loads(content)
    except (ValueError, RuntimeError) as e:  # RuntimeError: nested deeper than the stack
        raise PackageError("model.json: not JSON (%s)" % e)
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise PackageError("model.json: not of format %d" % _FORMAT)
    for key, kind in (("name", str), ("version", str), ("labels", list), ("pipeline", dict)):
        if not isinstance(data.get(key), kind):
            raise PackageError("model.json: %s is missing or of the wrong type" % key)
    labels = data["labels"]
    if len(labels) < 2 or [label for label in labels if not isinstance(label, str) or labels.count(label) > 1]:
        raise PackageError("model.json: labels are not two or more different names")
    for label in labels:
        if not 1 <= len(label) <= _LONGEST_LABEL or min(label) < " ":
            raise PackageError("model.json: the label %r is not 1 to %d characters" % (label, _LONGEST_LABEL))
    if ANOMALY in labels or SENSOR in labels:
        raise PackageError("model.json: the labels %s and %s are the gate's own" % (ANOMALY, SENSOR))
    try:
        data["gate"] = load("infer.gate_settings").complete(data.get("gate", {}))
    except ValueError as e:
        raise PackageError("model.json: %s" % e)
    return data


def open_features(folder, pipeline, like):
    """(kind, features) of a pipeline; the features of the package `like`, if there is one and they are the same."""
    kind = pipeline.get("kind")
    name = pipeline.get("params_file", "pipeline.bin")
    from_params = _kind(kind)
    params = _read(folder, name)
    if like and like.kind == kind and like.features.params == params:
        return kind, like.features
    try:
        return kind, from_params(params)
    except ValueError as e:
        raise PackageError("%s: %s" % (name, e))


def open_healthy(folder, values):
    """The bytes of anomaly.bin, which fit the feature vector `values`; None when the package has none."""
    try:
        os.stat(folder + "/anomaly.bin")
    except OSError:
        return None
    if values is None:
        raise PackageError("anomaly.bin: the pipeline has no feature vector")
    table = _read(folder, "anomaly.bin")
    try:
        picket_native.centroid_distance(values, table)  # checks it
    except ValueError as e:
        raise PackageError("anomaly.bin: %s" % e)
    return table


def read_model(folder, room):
    """The bytes of the model: the largest piece of memory that a package wants, so the first; in `room` if it fits."""
    return _read(folder, "model.tflite", room)


def open_model(content, inputs, labels):
    """(picket_native.Model for so many inputs and labels, SHA-256 of its file in hexadecimal)."""
    digest = hexlify(hashlib.sha256(content).digest()).decode()
    try:
        model = picket_native.Model(content)
    except ValueError as e:
        raise PackageError("model.tflite: %s" % e)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise PackageError("model.tflite: not one input and one output")
    _check_tensor("input", model.inputs[0], inputs, "features")
    _check_tensor("output", model.outputs[0], labels, "labels")
    return model, digest


def proof(folder, model):
    """Generator: one golden vector a step, yields (done, count). PackageError: the first mismatch.

    For a model that keeps a state, the vectors are one sequence from its initial state; it is left in that state.
    """
    model.reset()
    try:
        with open(folder + "/golden.bin", "rb") as file:
            count = _golden_count(file.read(_GOLDEN_HEADER_BYTES), model)
            expected = bytearray(len(model.output(0)))
            for i in range(count):
                _check_vector(file, model, expected, i, count)
                yield i + 1, count
            if file.read(1):
                raise PackageError("golden.bin: longer than its %d vectors" % count)
    except OSError as e:
        raise PackageError("golden.bin: can't be read (%s)" % e)
    finally:
        model.reset()


def _kind(name):
    """Function `from_params` of the module for a kind of pipeline."""
    try:
        return load("features." + name).from_params
    except (TypeError, ImportError, AttributeError) as e:
        raise PackageError("model.json: pipeline.kind %s is not known here (%s)" % (name, e))


def _read(folder, name, room=None):
    path = folder + "/" + name
    try:
        # In one piece of the right size: read() would grow its buffer and leave holes in the heap.
        size = os.stat(path)[6]
        content = room if room and len(room) == size else bytearray(size)
        with open(path, "rb") as file:
            file.readinto(content)
        return content
    except OSError as e:
        raise PackageError("%s: can't be read (%s)" % (name, e))


def _check_tensor(name, tensor, count, what):
    if tensor.dtype != "int8":
        raise PackageError("model.tflite: the %s is %s, int8 is needed" % (name, tensor.dtype))
    if tensor.nbytes != count:
        raise PackageError("model.tflite: the %s has %d elements, there are %d %s" % (name, tensor.nbytes, count, what))


def _golden_count(header, model):
    if len(header) != _GOLDEN_HEADER_BYTES:
        raise PackageError("golden.bin: shorter than its header")
    magic, count, input_bytes, output_bytes = struct.unpack("<4sIII", header)
    if magic != b"PGV1":
        raise PackageError("golden.bin: wrong magic")
    found, wanted = (input_bytes, output_bytes), (len(model.input(0)), len(model.output(0)))
    if found != wanted:
        raise PackageError("golden.bin: vectors of %d and %d bytes for a model of %d and %d" % (found + wanted))
    if count == 0:
        raise PackageError("golden.bin: no vectors")
    return count


def _check_vector(file, model, expected, i, count):
    if file.readinto(model.input(0)) != len(model.input(0)) or file.readinto(expected) != len(expected):
        raise PackageError("golden.bin: ends within vector %d of %d" % (i, count))
    model.invoke()
    output = model.output(0)
    for k in range(len(expected)):
        wanted = (expected[k] ^ 128) - 128  # int8
        if output[k] != wanted:
            raise PackageError("golden vector %d: output[%d] is %d, expected %d" % (i, k, output[k], wanted))
