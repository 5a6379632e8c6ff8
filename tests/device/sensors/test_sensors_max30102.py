"""The MAX30102's driver against a scripted bus: what it writes, when it gives up, how it unpacks."""

from array import array

from support import error_of

from picket.sensors import OVERRUN, max30102


class Bus:
    """Registers that answer what was scripted; a FIFO of bytes, whose pointers are registers, too."""

    def __init__(self, **registers):
        self.values = {0xFF: 0x15}
        self.values.update({int(name[1:]): value for name, value in registers.items()})
        self.written = []
        self.fifo = b""

    def readfrom_mem_into(self, addr, register, buffer):
        if register == 0x07:
            buffer[:] = self.fifo[: len(buffer)]
            self.fifo = self.fifo[len(buffer) :]
        else:
            for i in range(len(buffer)):
                buffer[i] = self.values.get(register + i, 0)

    def writeto_mem(self, addr, register, buffer):
        self.written.append((register, buffer[0]))


def _opened(bus=None, **more):
    max30102.sleep_ms = lambda ms: None
    return max30102.MAX30102(bus or Bus(), **more)


def _samples(*values):
    """18 bits each, in three bytes."""
    return b"".join([value.to_bytes(3, "big") for value in values])


def test_set_up_resets_then_configures_then_runs():
    bus = Bus()
    sensor = _opened(bus, led_ma=10)
    assert bus.written == [(0x09, 0x40), (0x08, 0x40), (0x0A, 0x2F), (0x0D, 50), (0x11, 0x02), (0x09, 0x07)]
    assert (sensor.channels, sensor.rate_hz) == (1, 100)


def test_the_led_gets_no_more_than_there_is():
    bus = Bus()
    _opened(bus, led_ma=60)
    assert (0x0D, 255) in bus.written


def test_start_empties_the_fifo():
    bus = Bus()
    sensor = _opened(bus)
    del bus.written[:]
    sensor.start()
    sensor.stop()
    assert bus.written == [(0x04, 0), (0x05, 0), (0x06, 0)]


def test_eighteen_bits_become_sixteen_about_zero():
    bus = Bus(r4=5, r6=0)
    sensor = _opened(bus)
    bus.fifo = _samples(0, 3, 4, 0x20000, 0x3FFFF)
    samples = array("h", [9] * 7)
    assert sensor.read_into(samples, 1) == 5
    assert list(samples) == [9, -32768, -32768, -32767, 0, 32767, 9]


def test_what_lies_above_the_eighteen_bits_is_ignored():
    bus = Bus(r4=1, r6=0)
    sensor = _opened(bus)
    bus.fifo = _samples(0xFC0000)
    samples = array("h", [0])
    assert sensor.read_into(samples) == 1
    assert list(samples) == [-32768]


def test_pointers_wrap_and_only_what_fits_is_taken():
    bus = Bus(r4=2, r6=30)
    sensor = _opened(bus)
    bus.fifo = _samples(4, 8, 12, 16)
    samples = array("h", [0] * 3)
    assert sensor.read_into(samples) == 3
    assert len(bus.fifo) == 3
    bus.values[6] = 2
    assert sensor.read_into(samples) == 0, "equal pointers are an empty FIFO"


def test_lost_samples_are_an_overrun_and_the_fifo_is_emptied():
    bus = Bus(r5=3)
    sensor = _opened(bus)
    del bus.written[:]
    assert sensor.read_into(array("h", [0])) == OVERRUN
    assert sensor.overruns == 1
    assert bus.written == [(0x04, 0), (0x05, 0), (0x06, 0)]


def test_a_wrong_chip_is_named():
    assert "part id is 0x11, not 0x15" in error_of(OSError, _opened, Bus(r255=0x11))


def test_a_chip_that_stays_in_reset_is_a_time_out():
    assert "stays in reset" in error_of(OSError, _opened, Bus(r9=0x40))
