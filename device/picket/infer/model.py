"""A model package: the folder that a recipe wrote, loaded, and proven by the golden vectors that travel with it."""

import picket_native

from picket.modules import forget, load

_LOADING = "infer.loading"
_SETTINGS = "infer.gate_settings"


class PackageError(ValueError):
    """A package that can't be used; the text names the file in it and says why."""


class Package:
    """Classifier, features and anomaly score from the folder's files.

    like: a package in use; when its features are the same they are shared, which saves their memory.
    room: a bytearray to read the model file into; left aside unless it has exactly as many bytes.
    PackageError: a file is missing, damaged, or does not fit the others; MemoryError: says how many bytes are lacking.
    """

    def __init__(self, folder, like=None, room=None):
        self._folder = folder
        self.fault = "not proven yet"  # None once proof() has gone through
        try:
            self._open(load(_LOADING), folder, like, room)
        finally:
            forget(_LOADING, _SETTINGS)
        self.percents = bytearray(len(self.labels))
        self.anomaly = 0

    def classify(self, samples):
        """One window of samples to `percents` (by class) and `anomaly` (thousandths). Does not allocate."""
        features = self.features
        features.compute(samples)
        features.feed(self._model)
        self._model.invoke()
        output = self._output
        percents = self.percents
        for i in range(len(percents)):
            percents[i] = self._percent_of[output[i] + 128]
        if self._healthy:
            self.anomaly = picket_native.centroid_distance(features.values, self._healthy)

    def proof(self):
        """Generator: one golden vector a step, yields (done, count); then `fault` is None or the first mismatch."""
        self.fault = "the proof was not finished"
        fault = None
        try:
            yield from load(_LOADING).proof(self._folder, self._model)
        except PackageError as e:
            fault = str(e)
        finally:
            forget(_LOADING)
        self.fault = fault

    def _open(self, loading, folder, like, room):
        content = loading.read_model(folder, room)
        description = loading.describe(folder)
        self.name = description["name"]
        self.version = description["version"]
        self.labels = description["labels"]
        self.gate = description["gate"]
        self.kind, self.features = loading.open_features(folder, description["pipeline"], like)
        self._healthy = loading.open_healthy(folder, self.features.values)
        self._model, self.sha256 = loading.open_model(content, self.features.inputs, len(self.labels))
        self.engine = self._model.engine
        self.arena_bytes = self._model.arena_bytes
        self._output = self._model.output(0)
        # By quantised value + 128: scores become percent without a float, which would be boxed on the heap.
        result = self._model.outputs[0]
        step, zero_point = result.scale * 100, result.zero_point
        self._percent_of = percent_of = bytearray(256)
        for q in range(-128, 128):
            percent_of[q + 128] = min(100, max(0, int((q - zero_point) * step + 0.5)))
