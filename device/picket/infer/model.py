"""A model package: the folder that a recipe wrote, loaded, and proven by the golden vectors that travel with it."""

import hashlib
import json
import os
import struct
from binascii import hexlify

import picket_native
from picket.compat import const
from picket.features.vibration import VibrationFeatures
from picket.infer.anomaly import Anomaly

_FORMAT = const(1)
_GOLDEN_HEADER_BYTES = const(16)


class PackageError(ValueError):
    """A package that can't be used; the text names the file in it and says why."""


class Package:
    """Classifier, features and anomaly score from the folder's files.

    like: a package in use; when its features are the same they are shared, which saves their memory.
    PackageError: a file is missing, damaged, or does not fit the others; MemoryError: says how many bytes are lacking.
    """

    def __init__(self, folder, like=None):
        self._folder = folder
        self.fault = "not proven yet"  # None once proof() has gone through
        description = self._describe()
        self.name = description["name"]
        self.version = description["version"]
        self.labels = description["labels"]
        self.features = self._open_features(description["pipeline"], like)
        count = len(self.features.values)
        try:
            self._anomaly = Anomaly(self._read("anomaly.bin"), count)
        except ValueError as e:
            raise PackageError("anomaly.bin: %s" % e)
        self._open_model(count)
        self.percents = bytearray(len(self.labels))
        self.anomaly = 0

    def classify(self, samples):
        """One window of samples to `percents` (by class) and `anomaly` (thousandths). Does not allocate."""
        values = self.features.values
        self.features.compute(samples)
        self._model.quantize(0, values)
        self._model.invoke()
        output = self._output
        percents = self.percents
        for i in range(len(percents)):
            percents[i] = self._percent_of[output[i] + 128]
        self.anomaly = self._anomaly.score(values)

    def proof(self):
        """Generator: one golden vector a step, yields (done, count); then `fault` is None or the first mismatch."""
        self.fault = "the proof was not finished"
        fault = None
        try:
            with open(self._folder + "/golden.bin", "rb") as file:
                count = self._golden_count(file.read(_GOLDEN_HEADER_BYTES))
                expected = bytearray(len(self._output))
                for i in range(count):
                    fault = self._golden_fault(file, expected, i, count)
                    if fault:
                        break
                    yield i + 1, count
                else:
                    if file.read(1):
                        fault = "golden.bin: longer than its %d vectors" % count
        except OSError as e:
            fault = "golden.bin: can't be read (%s)" % e
        except PackageError as e:
            fault = str(e)
        self.fault = fault

    def prove(self, progress=None):
        """The whole proof at once: None, or the text of the first mismatch. progress(done, count) sees each vector."""
        for done, count in self.proof():
            if progress:
                progress(done, count)
        return self.fault

    @property
    def engine(self):
        return self._model.engine

    @property
    def arena_bytes(self):
        return self._model.arena_bytes

    def _read(self, name):
        path = self._folder + "/" + name
        try:
            # In one piece of the right size: read() would grow its buffer and leave holes in the heap.
            content = bytearray(os.stat(path)[6])
            with open(path, "rb") as file:
                file.readinto(content)
            return content
        except OSError as e:
            raise PackageError("%s: can't be read (%s)" % (name, e))

    def _describe(self):
        content = self._read("model.json")
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
        return data

    def _open_features(self, pipeline, like):
        if pipeline.get("kind") != VibrationFeatures.kind:
            raise PackageError("model.json: pipeline.kind %s is not known here" % pipeline.get("kind"))
        name = pipeline.get("params_file", "pipeline.bin")
        params = self._read(name)
        if like and like.features.params == params:
            return like.features
        try:
            return VibrationFeatures(params)
        except ValueError as e:
            raise PackageError("%s: %s" % (name, e))

    def _open_model(self, features):
        content = self._read("model.tflite")
        self.sha256 = hexlify(hashlib.sha256(content).digest()).decode()
        try:
            self._model = picket_native.Model(content)
        except ValueError as e:
            raise PackageError("model.tflite: %s" % e)
        inputs = self._model.inputs
        outputs = self._model.outputs
        if len(inputs) != 1 or len(outputs) != 1:
            raise PackageError("model.tflite: not one input and one output")
        _check_tensor("input", inputs[0], features, "features")
        _check_tensor("output", outputs[0], len(self.labels), "labels")
        self._input = self._model.input(0)
        self._output = self._model.output(0)
        # By quantised value + 128: scores become percent without a float, which would be boxed on the heap.
        step, zero_point = outputs[0].scale * 100, outputs[0].zero_point
        self._percent_of = bytes([min(100, max(0, int((q - zero_point) * step + 0.5))) for q in range(-128, 128)])

    def _golden_count(self, header):
        if len(header) != _GOLDEN_HEADER_BYTES:
            raise PackageError("golden.bin: shorter than its header")
        magic, count, input_bytes, output_bytes = struct.unpack("<4sIII", header)
        if magic != b"PGV1":
            raise PackageError("golden.bin: wrong magic")
        found, wanted = (input_bytes, output_bytes), (len(self._input), len(self._output))
        if found != wanted:
            raise PackageError("golden.bin: vectors of %d and %d bytes for a model of %d and %d" % (found + wanted))
        if count == 0:
            raise PackageError("golden.bin: no vectors")
        return count

    def _golden_fault(self, file, expected, i, count):
        if file.readinto(self._input) != len(self._input) or file.readinto(expected) != len(expected):
            return "golden.bin: ends within vector %d of %d" % (i, count)
        self._model.invoke()
        for k in range(len(expected)):
            wanted = (expected[k] ^ 128) - 128  # int8
            if self._output[k] != wanted:
                return "golden vector %d: output[%d] is %d, expected %d" % (i, k, self._output[k], wanted)
        return None


def _check_tensor(name, tensor, count, what):
    if tensor.dtype != "int8":
        raise PackageError("model.tflite: the %s is %s, int8 is needed" % (name, tensor.dtype))
    if tensor.nbytes != count:
        raise PackageError("model.tflite: the %s has %d elements, there are %d %s" % (name, tensor.nbytes, count, what))
