"""Sensor health: stuck, saturated, out-of-range and missing readings. Integers only; nothing allocates per window.

min(), max() and sum() run in the interpreter's C code; bytecode passes over a window only when a sample is at the rail.
"""

from picket.compat import const

STUCK = const(1)
SATURATED = const(2)
OUT_OF_RANGE = const(4)
MISSING = const(8)

# A window with one of these says nothing about the world.
SPOILING = const(11)  # STUCK | SATURATED | MISSING


class Window:
    """Checks windows of one channel.

    min_span: largest minus smallest sample of a living sensor, whose noise alone moves it.
    rail: from this magnitude on a sample is saturated; rail_samples: how many make a window saturated.
    mean_low, mean_high: where the mean must lie (gravity on the axis, an offset that has run away).
    """

    def __init__(self, min_span=4, rail=32700, rail_samples=8, mean_low=-32768, mean_high=32767):
        self._min_span = min_span
        self._rail = rail
        self._rail_samples = rail_samples
        self._mean_low = mean_low
        self._mean_high = mean_high

    def check(self, window):
        """window: int16 buffer, not empty. Returns the flags."""
        low = min(window)
        high = max(window)
        flags = 0
        if high - low < self._min_span:
            flags |= STUCK
        if (high >= self._rail or low <= -self._rail) and self._railed(window):
            flags |= SATURATED
        if not self._mean_low <= sum(window) // len(window) <= self._mean_high:
            flags |= OUT_OF_RANGE
        return flags

    def _railed(self, window):
        count = 0
        rail = self._rail
        for value in window:
            if value >= rail or value <= -rail:
                count += 1
                if count == self._rail_samples:
                    return True
        return False


class Motion:
    """Checks frames of ax ay az temperature gx gy gz.

    lsb_per_g: counts of the accelerometer; stuck_frames: how many equal frames in a row mean a dead sensor.
    """

    def __init__(self, lsb_per_g=16384, stuck_frames=20, rail=32700):
        self.flags = 0
        self._stuck_frames = stuck_frames
        self._rail = rail
        # In steps of 64 counts, so that the squares stay small integers on a 32-bit board.
        self._high = (lsb_per_g * 2 >> 6) ** 2
        self._low = (lsb_per_g >> 3 >> 6) ** 2
        self._signature = 0
        self._same = 0

    def check(self, frame):
        """frame: int16 buffer of 7. Returns the flags; more than 2 g or less than 1/8 g is out of range."""
        flags = 0
        ax, ay, az = frame[0] >> 6, frame[1] >> 6, frame[2] >> 6
        square = ax * ax + ay * ay + az * az
        if not self._low <= square <= self._high:
            flags |= OUT_OF_RANGE
        signature = 0
        for i in range(7):
            value = frame[i]
            if i != 3 and (value >= self._rail or value <= -self._rail):
                flags |= SATURATED
            signature = (signature * 31 + value) & 0xFFFFFF
        self._same = self._same + 1 if signature == self._signature else 0
        self._signature = signature
        if self._same >= self._stuck_frames:
            flags |= STUCK
        self.flags = flags
        return flags
