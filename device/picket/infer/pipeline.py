"""The sample path in one object: sensor, window, features, model, anomaly score, gate. A window allocates nothing."""

from picket.compat import ticks_diff
from picket.features.window import Window
from picket.infer.gate import Gate

try:
    from time import ticks_us
except ImportError:  # CPython, where the tests run
    from time import monotonic_ns

    def ticks_us():
        return monotonic_ns() // 1000 % (1 << 30)


class Pipeline:
    """Owns the window and the gate; counts what a summary reports.

    source: see `picket.sensors`; package: a proven `model.Package`; gate: section "gate" of the configuration.
    ValueError: the package's features don't fit the source.
    """

    def __init__(self, source, package, gate):
        _check_rate(source, package)
        self._source = source
        self._settings = gate
        self.package = package
        self.gate = Gate(package.labels, gate)
        self.window = Window(source, package.features.samples, package.features.hop_ms)
        self.process_us = 0  # of the last window, from samples to verdict
        self._fresh = False  # whether the window in `window.samples` waits to be judged
        self._start_summary()

    def poll(self):
        """Read what waits. Returns whether a window has become whole: then ask `event`, which judges it."""
        if not self.window.poll():
            return False
        self._fresh = True
        return True

    def event(self):
        """The next event of the window that poll() has read, or None; ask until None comes.

        The first call judges the window and uses its samples up: who wants to see them looks at them before.
        """
        if self._fresh:
            self._fresh = False
            return self.process(self.window.samples)
        return self.gate.more()

    def process(self, samples):
        """Judge one window of samples: the first event that it causes, or None; `gate.more()` has the others."""
        start = ticks_us()
        package = self.package
        package.classify(samples)
        event = self.gate.feed(package.percents, package.anomaly)
        self.process_us = ticks_diff(ticks_us(), start)
        self._windows += 1
        if self.gate.uncertain:
            self._uncertain += 1
        else:
            self._by_class[self.gate.best] += 1
        self._anomaly_sum += package.anomaly
        self._anomaly_max = max(self._anomaly_max, package.anomaly)
        return event

    def swap(self, package):
        """Put another proven package to work from the next window on; conditions go on where the new labels have them.

        Returns end events for those whose class is gone. ValueError: it does not fit the source; all stays as it is.
        """
        _check_rate(self._source, package)
        window = self.window
        features = package.features
        if features is not self.package.features:
            window = Window(self._source, features.samples, features.hop_ms)
            self.window.stop()
            window.number = self.window.number
            window.missed = self.window.missed
        gate = Gate(package.labels, self._settings)
        ended = gate.take_over(self.gate)
        relabelled = package.labels != self.package.labels
        self.window = window
        self.gate = gate
        self.package = package
        if relabelled:  # windows are counted by class
            self._start_summary()
        return ended

    def summary(self):
        """What has been seen since the last call, as the fields of a `data` message, and begin anew."""
        windows = self._windows
        result = {
            "win": windows,
            "missed": self.window.missed - self._missed_before,
            "cls": list(self._by_class),
            "unc": self._uncertain,
            "anom": [self._anomaly_sum // windows if windows else 0, self._anomaly_max],
            "rms": round(self.package.features.rms_g(), 4) if windows else 0,
            "inf_us": self.process_us,
        }
        self._start_summary()
        return result

    def _start_summary(self):
        self._windows = 0
        self._uncertain = 0
        self._by_class = [0] * len(self.package.labels)
        self._anomaly_sum = 0
        self._anomaly_max = 0
        self._missed_before = self.window.missed


def _check_rate(source, package):
    rate_hz = package.features.rate_hz
    if abs(source.rate_hz - rate_hz) * 100 > rate_hz:
        raise ValueError("the source gives %d samples a second, the model is made for %d" % (source.rate_hz, rate_hz))
