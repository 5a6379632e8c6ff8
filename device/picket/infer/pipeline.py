"""The sample path in one object: sensor, window, check, features, model, anomaly score, gate. It allocates nothing."""

from picket.compat import const, ticks_diff, ticks_ms
from picket.infer.gate import Gate
from picket.sensors import checks

try:
    from time import ticks_us
except ImportError:  # CPython, where the tests run
    from time import monotonic_ns

    def ticks_us():
        return monotonic_ns() // 1000 % (1 << 30)

_NO_SENSOR_MS = const(1000)  # nothing is sampled for so long at least


class Pipeline:
    """Owns the window and the gate; counts what a summary reports. Begins with the sensor that `open` gives it.

    package: a proven `model.Package`; settings: of the gate, from the configuration, in place of the package's.
    window: the one at hand, None before the first sensor. end_ms: ticks of its last sample, or of the last failure to
    read any. judged: windows that this package's model has judged.
    """

    def __init__(self, package, settings):
        self._settings = settings
        self.package = package
        self.gate = self._gate_for(package)
        self.source = None
        self.window = None
        self.end_ms = ticks_ms()
        self.judged = 0
        self.process_us = 0  # of the last window, from samples to verdict
        self._fresh = False  # whether the window in `window.samples` waits to be judged
        self._start_summary()

    def open(self, source):
        """Begin to sense. source: see `picket.sensors`. ValueError: the package's features don't fit it."""
        self._begin(self.package.features.window(source))
        self.source = source

    def poll(self):
        """Read what waits. Returns whether a window has become whole: then ask `event`, which judges it."""
        if not self.window.poll():
            return False
        self.end_ms = self.window.end_ms
        self._fresh = True
        return True

    def idle_ms(self):
        """How long nothing will be sampled."""
        return self.window.idle_ms() if self.source else _NO_SENSOR_MS

    def missing(self):
        """Take note that the sensor could not be read; `event` has what this causes."""
        self.end_ms = ticks_ms()
        self._trusts(checks.MISSING, checks.MISSING)

    def event(self):
        """The next event of the window that poll() has read, or None; ask until None comes.

        The first call judges the window and uses its samples up: who wants to see them looks at them before.
        """
        if self._fresh:
            self._fresh = False
            return self.process(self.window.samples)
        return self.gate.more()

    def process(self, samples):
        """Judge one window of samples: the first event that it causes, or None; `gate.more()` has the others.

        A window of which the check finds that it says nothing never reaches the model.
        """
        start = ticks_us()
        package = self.package
        features = package.features
        if not self._trusts(features.check(samples), features.spoiling):
            return self.gate.more()
        package.classify(samples)
        event = self.gate.feed(package.percents, package.anomaly)
        self.process_us = ticks_diff(ticks_us(), start)
        self.judged += 1
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

        Returns end events for those whose class is gone. ValueError: it does not fit the source; all stays as it is. A
        package for another section's sensor leaves the source at rest and waits for `open`.
        """
        features, former = package.features, self.package.features
        if features.section != former.section:
            if self.window:
                self.window.stop()
            self.source = None
        elif self.source and features is not former:
            window = features.window(self.source)
            self.window.stop()
            self._begin(window)
        gate = self._gate_for(package)
        ended = gate.take_over(self.gate)
        relabelled = package.labels != self.package.labels
        self.gate = gate
        self.package = package
        self.judged = 0
        if relabelled:  # windows are counted by class
            self._start_summary()
        return ended

    def summary(self):
        """What has been seen since the last call, as the fields of a `data` message, and begin anew."""
        windows = self._windows
        result = {
            "win": windows,
            "missed": self._missed() - self._missed_before,
            "cls": list(self._by_class),
            "unc": self._uncertain,
            "anom": [self._anomaly_sum // windows if windows else 0, self._anomaly_max],
            "rms": round(self.package.features.level(), 4) if windows else 0,
            "inf_us": self.process_us,
            "bad": self._bad,
            "chk": self._flags,
        }
        self._start_summary()
        return result

    def _start_summary(self):
        self._windows = 0
        self._uncertain = 0
        self._by_class = [0] * len(self.package.labels)
        self._anomaly_sum = 0
        self._anomaly_max = 0
        self._missed_before = self._missed()
        self._bad = 0
        self._flags = 0

    def _gate_for(self, package):
        settings = dict(package.gate)
        settings.update(self._settings)
        return Gate(package.labels, settings)

    def _begin(self, window):
        if self.window:
            window.number = self.window.number
            window.missed = self.window.missed
        self.window = window

    def _missed(self):
        return self.window.missed if self.window else 0

    def _trusts(self, flags, spoiling):
        """Take a reading's flags (see `sensors.checks`); whether it may reach the model."""
        bad = flags & spoiling != 0
        self._flags |= flags
        self._bad += bad
        self.gate.sense(bad)
        return not bad
