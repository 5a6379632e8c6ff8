"""InvenSense MPU-6050 on I2C: motion and temperature frames through its FIFO, so that none is lost in a busy loop.

Register facts: InvenSense RM-MPU-6000A and PS-MPU-6000A.
"""

from array import array

from picket.compat import const, sleep_ms
from picket.sensors import OVERRUN

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_FIFO_EN = const(0x23)
_SIGNAL_PATH_RESET = const(0x68)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_FIFO_COUNTH = const(0x72)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)

_ID = const(0x68)  # whatever the address pin says
_DEVICE_RESET = const(0x80)
_CLOCK_GYRO_X = const(0x01)  # steadier than the internal oscillator; also leaves sleep
_ALL_PATHS = const(0x07)
_DLPF_44_HZ = const(3)  # and with any filter the sampling clock is 1 kHz
_TEMP_GYRO_ACCEL = const(0xF8)  # FIFO_EN: the FIFO's frame is then that of registers 0x3B to 0x48
_FIFO_ON = const(0x40)
_FIFO_RESET = const(0x04)

_FRAME_BYTES = const(14)
_CHANNELS = const(7)
_FIFO_BYTES = const(1024)
_RESET_MS = const(100)
_WAKE_MS = const(30)
_ENODEV = const(19)
_ETIMEDOUT = const(110)

_ACCEL_RANGES_G = (2, 4, 8, 16)
_GYRO_RANGES_DPS = (250, 500, 1000, 2000)


class MPU6050:
    """See `picket.sensors` for the interface; a frame is ax ay az temperature gx gy gz.

    rate_hz: 4 to 1000; the nearest that divides 1 kHz is taken and shown in `.rate_hz`.
    accel_lsb_per_g, gyro_lsb_per_dps: counts of the chosen ranges. offsets: array('h') of 7, subtracted, saturating.
    OSError: ENODEV, or ETIMEDOUT in reset.
    """

    channels = _CHANNELS

    def __init__(self, i2c, addr=0x68, rate_hz=100, accel_g=2, gyro_dps=250):
        if not 4 <= rate_hz <= 1000:
            raise ValueError(f"rate_hz: {rate_hz} is out of range 4..1000")
        if accel_g not in _ACCEL_RANGES_G or gyro_dps not in _GYRO_RANGES_DPS:
            raise ValueError(f"range: {accel_g} g with {gyro_dps} deg/s is not of this chip")
        self.overruns = 0
        self.offsets = array("h", [0] * _CHANNELS)
        self._i2c = i2c
        self._addr = addr
        self._byte = bytearray(1)
        self._count = bytearray(2)
        self._frame = bytearray(_FRAME_BYTES)
        divider = min([d for d in range(1, 251) if 1000 % d == 0], key=lambda d: abs(1000 // d - rate_hz))
        self.rate_hz = 1000 // divider
        self.poll_ms = divider * (_FIFO_BYTES // _FRAME_BYTES) // 2
        self.slack_ms = self.poll_ms
        self.accel_lsb_per_g = 32768 // accel_g
        self.gyro_lsb_per_dps = 32750 / gyro_dps
        self._identify()
        self._reset()
        self._write(_PWR_MGMT_1, _CLOCK_GYRO_X)
        sleep_ms(_WAKE_MS)
        self._write(_CONFIG, _DLPF_44_HZ)
        self._write(_SMPLRT_DIV, divider - 1)
        self._write(_ACCEL_CONFIG, _ACCEL_RANGES_G.index(accel_g) << 3)
        self._write(_GYRO_CONFIG, _GYRO_RANGES_DPS.index(gyro_dps) << 3)
        self._write(_FIFO_EN, _TEMP_GYRO_ACCEL)

    def start(self):
        """Empty the FIFO and let it run; it must be off while it is reset."""
        self._write(_USER_CTRL, _FIFO_RESET)
        self._write(_USER_CTRL, _FIFO_ON)

    def stop(self):
        self._write(_USER_CTRL, 0)

    def read_into(self, frames, at=0):
        """Move as many whole frames as wait and fit into the int16 buffer."""
        count = self._count
        self._i2c.readfrom_mem_into(self._addr, _FIFO_COUNTH, count)
        waiting = count[0] << 8 | count[1]
        # When full it overwrites byte by byte and 1024 is no multiple of a frame: what it holds then is of no use.
        if waiting > _FIFO_BYTES - _FRAME_BYTES:
            self.overruns += 1
            self.start()
            return OVERRUN
        n = min(waiting // _FRAME_BYTES, (len(frames) - at) // _CHANNELS)
        for i in range(at, at + n * _CHANNELS, _CHANNELS):
            self._i2c.readfrom_mem_into(self._addr, _FIFO_R_W, self._frame)
            self._unpack(frames, i)
        return n

    def _unpack(self, frames, at):
        raw = self._frame
        offsets = self.offsets
        for i in range(_CHANNELS):
            value = raw[2 * i] << 8 | raw[2 * i + 1]
            value = (value ^ 0x8000) - 0x8000 - offsets[i]
            frames[at + i] = -32768 if value < -32768 else 32767 if value > 32767 else value

    def _identify(self):
        self._i2c.readfrom_mem_into(self._addr, _WHO_AM_I, self._byte)
        if self._byte[0] != _ID:
            raise OSError(_ENODEV, f"MPU-6050: WHO_AM_I is 0x{self._byte[0]:02x}, not 0x{_ID:02x}")

    def _reset(self):
        self._write(_PWR_MGMT_1, _DEVICE_RESET)
        for _ in range(3):
            sleep_ms(_RESET_MS)
            self._i2c.readfrom_mem_into(self._addr, _PWR_MGMT_1, self._byte)
            if not self._byte[0] & _DEVICE_RESET:
                break
        else:
            raise OSError(_ETIMEDOUT, "MPU-6050: stays in reset")
        self._write(_SIGNAL_PATH_RESET, _ALL_PATHS)
        sleep_ms(_RESET_MS)

    def _write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._addr, register, self._byte)


def from_config(section, channels):
    from machine import I2C

    i2c = I2C(section["i2c"], freq=400_000)
    ranges = section.get("accel_g", 2), section.get("gyro_dps", 250)
    return MPU6050(i2c, section["addr"], section["rate_hz"], *ranges)
