"""The attitude: accelerometer and gyroscope fused by a Kalman and a complementary filter, which must agree."""

from array import array

from picket import fusion
from picket.compat import const
from picket.sensors import OVERRUN, checks

_CHANNELS = const(7)
_FRAMES = const(8)  # at most so many are read at once, so that the vibration sensor's FIFO does not overflow meanwhile
_ACCEL_LSB_PER_G = const(16384)
_GYRO_LSB_PER_DPS = const(131)
_AGREE_CDEG = const(500)


class Attitude:
    """source: frames of ax ay az temperature gx gy gz (see `picket.sensors`)."""

    channels = _CHANNELS

    def __init__(self, source):
        self.poll_ms = min(source.poll_ms, _FRAMES * 500 // source.rate_hz)
        self.updates = 0
        self._source = source
        self._motion = checks.Motion()
        self._kalman = fusion.kalman(source.rate_hz, _ACCEL_LSB_PER_G, _GYRO_LSB_PER_DPS)
        self._complementary = fusion.complementary(source.rate_hz, _ACCEL_LSB_PER_G, _GYRO_LSB_PER_DPS)
        self._frames = array("h", bytes(2 * _CHANNELS * _FRAMES))
        view = memoryview(self._frames)
        self._each = [view[i * _CHANNELS : (i + 1) * _CHANNELS] for i in range(_FRAMES)]
        source.start()

    def poll(self):
        """Take in the frames that wait; does not allocate. OSError: the sensor's."""
        count = self._source.read_into(self._frames)
        if count == OVERRUN:
            return
        for i in range(count):
            frame = self._each[i]
            self._motion.check(frame)
            self._kalman.update(frame)
            self._complementary.update(frame)
        self.updates += count

    def tilt_deg(self):
        """[roll, pitch] in degrees; None before the first frame, from a dead sensor, or when the filters disagree."""
        angles, others = self._kalman.out_cdeg, self._complementary.out_cdeg
        if not self.updates or self._motion.flags & checks.STUCK:
            return None
        for i in range(2):
            apart = abs(angles[i] - others[i])
            if min(apart, 36000 - apart) > _AGREE_CDEG:
                return None
        return [angles[0] / 100, angles[1] / 100]
