"""One capacitive moisture probe: millivolts to water by volume, and what can be wrong with a reading by itself.

Moisture is in hundredths of a percent by volume throughout `picket.soil`: 2750 is 27.5 %.
"""

from picket.compat import const
from picket.sensors.checks import MISSING, OUT_OF_RANGE, STUCK

# Further findings, beside those of picket.sensors.checks.
DISAGREE = const(16)  # it says something else than the other probe and the water balance together
DRIFT = const(32)  # it wanders off slowly; stays until the power is cut, so until it has been seen to
APART = const(64)  # the probes drift apart, and nothing tells which of them is wrong; stays like DRIFT
ABSENT = const(-32768)  # in place of a value that a sensor did not give

_WET_VWC = const(4500)  # where `wet_mv` is taken: soil that is saturated with water
_STUCK_MIN = const(720)  # without a change by one millivolt
_LATEST_MIN = const(180)  # a probe counts as working this long after its last good reading
_REFERENCE_C10 = const(250)
_RISE_PER_C_1E5 = const(150)  # of the reading with the soil's temperature: 0.15 % a degree


class Probe:
    """dry_mv, wet_mv: its output in dry air and in soil that is saturated with water.

    vwc: last good reading; flags: what was found in the last one; of those, DRIFT and APART stay.
    """

    KEPT = ("vwc", "flags", "good_min", "mv", "changed_min", "doubts")

    def __init__(self, dry_mv, wet_mv):
        self._dry_mv = dry_mv
        self._span_mv = wet_mv - dry_mv
        self.vwc = 0
        self.flags = 0
        self.good_min = -_LATEST_MIN - 1  # when the last good reading was taken
        self.mv = ABSENT
        self.changed_min = 0
        self.doubts = 0  # readings in a row that nobody confirmed

    def read(self, minute, mv, soil_c10):
        """Check and convert a reading. True: `vwc` is new, and fit for being compared with others."""
        flags = self.flags & (DRIFT | DISAGREE | APART)
        if mv == ABSENT:
            flags |= MISSING
        else:
            if mv != self.mv:
                self.mv = mv
                self.changed_min = minute
            elif minute - self.changed_min >= _STUCK_MIN:
                flags |= STUCK
            if not -100 <= (mv - self._dry_mv) * 1000 // self._span_mv <= 1100:
                flags |= OUT_OF_RANGE  # a broken wire, a probe that was pulled out or stands in water
        self.flags = flags
        if flags & (MISSING | STUCK | OUT_OF_RANGE):
            return False
        vwc = (mv - self._dry_mv) * _WET_VWC // self._span_mv
        self.vwc = vwc - vwc * (soil_c10 - _REFERENCE_C10) * _RISE_PER_C_1E5 // 1000000
        return True

    def confirm(self, minute):
        """The last reading was found credible."""
        self.good_min = minute
        self.doubts = 0
        self.flags &= ~DISAGREE

    def doubt(self, limit):
        """Nobody confirms the last reading; the `limit`-th in a row makes it a fault."""
        self.doubts += 1
        if self.doubts >= limit:
            self.flags |= DISAGREE

    def works(self, minute):
        """Whether it may still be counted on."""
        return minute - self.good_min <= _LATEST_MIN and not self.flags & DRIFT
