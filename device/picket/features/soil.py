"""A field's features: each wake reads the sensors; a window is whole when it is time to decide about water.

Of pipeline.bin: `PSO1`, number of features, of hours and of classes, the hours of decision (local time), and for each
class the share of the reachable water that it gives, in percent; all bytes.
"""

from array import array

from picket.clock import unix_time
from picket.compat import const, ticks_add, ticks_diff, ticks_ms
from picket.soil.field import FEATURES, Field
from picket.soil.forecast import Forecast

UNDECIDED = const(128)  # flag: no probe can be counted on, or nobody knows what time it is

_HEAD_BYTES = const(7)
_LATE_MIN = const(180)  # a decision that was missed is made up for so long
_PERIOD_MS = const(600000)  # between readings of a board that does not sleep


class SoilFeatures:
    """params: the bytes of pipeline.bin; ValueError says what is wrong with them.

    shares: percent of the reachable water by class. field: what is known, None before `window`. forecast: the newest.
    held: the next reading has to wait for the station (see `soil.station`). read: it has been taken since the boot;
    decided: and was followed by a decision.
    """

    section = "soil"
    channels = 5
    inputs = FEATURES
    spoiling = UNDECIDED

    def __init__(self, params):
        if len(params) < _HEAD_BYTES or params[:4] != b"PSO1":
            raise ValueError("not PSO1")
        features, hours, classes = params[4:7]
        if features != FEATURES:
            raise ValueError("made for %d features, there are %d" % (features, FEATURES))
        if not hours or len(params) != _HEAD_BYTES + hours + classes:
            raise ValueError("%d bytes for %d hours and %d classes" % (len(params), hours, classes))
        self.params = params
        self.hours = sorted(params[_HEAD_BYTES : _HEAD_BYTES + hours])
        self.shares = bytes(params[_HEAD_BYTES + hours :])
        if self.hours[-1] > 23 or max(self.shares) > 100:
            raise ValueError("hours above 23 or shares above 100")
        self.values = array("f", bytes(4 * FEATURES))
        self.field = None
        self.forecast = Forecast()
        self.held = True
        self.read = False
        self.decided = False
        self._in_time = False  # whether the last reading had a time

    def prepare(self, section):
        """Make the field of the configuration's section, unless it is there."""
        self.field = self.field or Field(section)

    def window(self, source):
        self.prepare(source.section)
        return SoilWindow(self, source)

    def take(self, minute, frame):
        """Take a reading; minute: since 1970, 0 when nobody knows. Whether it is time to decide, or to complain."""
        self.read = True
        self.decided = False
        self._in_time = minute != 0
        if not minute:
            return True
        self.field.sense(minute, frame)
        return self.slot(minute) != 0

    def check(self, samples):
        """Flags of all sensors; a field that no probe speaks for can't be decided about."""
        field = self.field
        flags = 0
        for found in field.findings():
            flags |= found
        return flags | (0 if field.trust and self._in_time else UNDECIDED)

    def compute(self, samples):
        field = self.field
        field.features(self.values, self.forecast.seen_from(field.minute))
        field.decided = self.slot(field.minute)
        self.decided = True

    def feed(self, model):
        model.quantize(0, self.values)

    def level(self):
        """Water in the soil, share of the volume."""
        return self.field.moisture / 10000

    def slot(self, minute):
        """Which decision is due, as an hour of local time since 1970; 0 when none is."""
        local = minute + self.field.offset_min
        midnight = local - local % 1440
        for hour in reversed(self.hours):
            late = local - midnight - hour * 60
            if 0 <= late < _LATE_MIN:
                slot = (midnight + hour * 60) // 60
                return slot if slot != self.field.decided else 0
        return 0


class SoilWindow:
    """One frame every ten minutes, or one after each sleep; see `picket.features.window`."""

    def __init__(self, features, source):
        self.samples = array("h", bytes(2 * features.channels))
        self.number = 0
        self.missed = 0
        self.end_ms = 0
        self._features = features
        self._source = source
        self._due = ticks_ms()

    def poll(self):
        """Take a reading when it is time. True when it is time to decide, too."""
        features = self._features
        if features.held or ticks_diff(self._due, ticks_ms()) > 0:
            return False
        self._due = ticks_add(ticks_ms(), _PERIOD_MS)
        self._source.read_into(self.samples)
        self.number += 1
        self.end_ms = ticks_ms()
        return features.take(unix_time() // 60, self.samples)

    def wait_ms(self):
        return 100 if self._features.held else min(1000, max(20, ticks_diff(self._due, ticks_ms())))

    def idle_ms(self):
        return 1000

    def stop(self):
        pass


def from_params(params):
    return SoilFeatures(params)
