"""Finds a gyroscope's offset; loaded only for that."""

from array import array

from picket.compat import const, sleep_ms

_CHANNELS = const(7)
_GYRO = const(4)  # index of gx in a frame
_GRACE_MS = const(100)


def calibrate_gyroscope(source, frames=64, span=400):
    """Take the gyroscope's mean over that many frames at rest as its offset; blocks. False and no change: it moved.

    source: an `mpu6050.MPU6050`. span: how far apart, in counts, readings of one axis at rest may lie (400 = 3 deg/s).
    """
    previous = source.offsets
    source.offsets = array("h", [0] * _CHANNELS)
    frame = array("h", [0] * _CHANNELS)
    low, high, total = [32767] * 3, [-32768] * 3, [0] * 3
    taken = 0
    source.start()
    # Twice the time that the frames need: a chip that has stopped sampling must not hang the board.
    patience = 2 * frames * 1000 // source.rate_hz + _GRACE_MS
    while taken < frames and patience > 0:
        if source.read_into(frame) != 1:
            sleep_ms(1)
            patience -= 1
            continue
        taken += 1
        for i in range(3):
            value = frame[_GYRO + i]
            total[i] += value
            low[i] = min(low[i], value)
            high[i] = max(high[i], value)
    if taken < frames or max([high[i] - low[i] for i in range(3)]) > span:
        source.offsets = previous
        return False
    for i in range(3):
        source.offsets[_GYRO + i] = (total[i] + frames // 2) // frames
    return True
