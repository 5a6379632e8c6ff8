"""The MPU-6050's driver against a scripted bus: what it writes, when it gives up, how it unpacks."""

from array import array

from support import error_of

from picket.sensors import OVERRUN, mpu6050


class Bus:
    """Registers that answer what was scripted; a FIFO of bytes."""

    def __init__(self, **registers):
        self.values = {0x75: 0x68, 0x6B: 0x40}
        self.values.update({int(name[1:]): value for name, value in registers.items()})
        self.written = []
        self.fifo = b""

    def readfrom_mem_into(self, addr, register, buffer):
        if register == 0x72:
            count = min(len(self.fifo), 1024)
            buffer[0], buffer[1] = count >> 8, count & 0xFF
        elif register == 0x74:
            buffer[:] = self.fifo[: len(buffer)]
            self.fifo = self.fifo[len(buffer) :]
        else:
            buffer[0] = self.values.get(register, 0)

    def writeto_mem(self, addr, register, buffer):
        self.written.append((register, buffer[0]))


def _quick():
    mpu6050.sleep_ms = lambda ms: None


def _opened(bus=None, **more):
    _quick()
    return mpu6050.MPU6050(bus or Bus(), **more)


def _big_endian(values):
    return bytes([byte for value in values for byte in (value >> 8 & 0xFF, value & 0xFF)])


def test_set_up_resets_then_wakes_then_configures():
    bus = Bus()
    _opened(bus, rate_hz=100, accel_g=4, gyro_dps=1000)
    assert bus.written == [
        (0x6B, 0x80), (0x68, 0x07), (0x6B, 0x01), (0x1A, 3), (0x19, 9), (0x1C, 0x08), (0x1B, 0x10), (0x23, 0xF8),
    ]  # fmt: skip


def test_the_fifo_is_reset_while_it_is_off():
    bus = Bus()
    sensor = _opened(bus)
    del bus.written[:]
    sensor.start()
    sensor.stop()
    assert bus.written == [(0x6A, 0x04), (0x6A, 0x40), (0x6A, 0x00)]


def test_frames_are_big_endian_and_signed():
    bus = Bus()
    sensor = _opened(bus)
    first, second = [1, -1, 32767, -32768, 256, -256, 0], [7, 6, 5, 4, 3, 2, 1]
    bus.fifo = _big_endian(first + second) + b"\x00" * 13
    frames = array("h", [99] * 15)
    assert sensor.read_into(frames, 1) == 2
    assert list(frames) == [99] + first + second
    assert sensor.read_into(frames) == 0, "13 bytes are no frame"


def test_only_whole_frames_that_fit_are_taken():
    bus = Bus()
    sensor = _opened(bus)
    bus.fifo = _big_endian(range(28))
    frames = array("h", [0] * 13)
    assert sensor.read_into(frames) == 1
    assert len(bus.fifo) == 42


def test_a_full_fifo_is_an_overrun_and_is_emptied():
    bus = Bus()
    sensor = _opened(bus)
    bus.fifo = bytes(1011)
    del bus.written[:]
    assert sensor.read_into(array("h", [0] * 7)) == OVERRUN
    assert sensor.overruns == 1
    assert bus.written == [(0x6A, 0x04), (0x6A, 0x40)]
    bus.fifo = bytes(1010)
    assert sensor.read_into(array("h", [0] * 7)) == 1


def test_a_wrong_chip_is_named():
    text = error_of(OSError, _opened, Bus(r117=0x71))
    assert "WHO_AM_I is 0x71, not 0x68" in text


def test_a_chip_that_stays_in_reset_is_a_time_out():
    assert "stays in reset" in error_of(OSError, _opened, Bus(r107=0x80))


def test_what_the_chip_cannot_do_is_refused():
    assert "3" in error_of(ValueError, lambda: _opened(rate_hz=3))
    assert "1001" in error_of(ValueError, lambda: _opened(rate_hz=1001))
    assert "3 g" in error_of(ValueError, lambda: _opened(accel_g=3))
    assert "300" in error_of(ValueError, lambda: _opened(gyro_dps=300))
