"""The sensors of a field against a scripted bus: SHT3x, BH1750, and both with the probes in one frame."""

from array import array

from support import error_of

from picket.sensors import bh1750, probes, sht3x
from picket.sensors.bh1750 import BH1750
from picket.sensors.sht3x import SHT3x, crc8
from picket.soil.probe import ABSENT

sht3x.sleep_ms = probes.sleep_ms = lambda ms: None


class Bus:
    """Answers with the bytes given by address; an address without any does not acknowledge."""

    def __init__(self, **answers):
        self.answers = {int(name[1:]): answer for name, answer in answers.items()}
        self.written = []

    def writeto(self, addr, data):
        if addr not in self.answers:
            raise OSError(19)
        self.written.append((addr, bytes(data)))

    def readfrom_into(self, addr, buffer):
        if addr not in self.answers:
            raise OSError(19)
        for i in range(len(buffer)):
            buffer[i] = self.answers[addr][i]


class Adc:
    def __init__(self, *microvolts):
        self.readings = list(microvolts)
        self.at = 0

    def read_uv(self):
        self.at += 1
        return self.readings[self.at % len(self.readings)]


# The data sheet's example of the checksum: 0xBEEF gives 0x92.
_HOT = b"\x66\x66\x93\x80\x00\xa2"  # 25.00 degrees, 50.00 %


def test_checksum_of_the_data_sheet():
    assert crc8(b"\xbe\xef", 0, 2) == 0x92


def test_sht3x_is_reset_then_measures_on_demand():
    bus = Bus(_68=_HOT)
    chip = SHT3x(bus, 68)
    chip.begin()
    assert bus.written == [(68, b"\x30\xa2"), (68, b"\x24\x00")]


def test_sht3x_converts_as_the_data_sheet_says():
    assert SHT3x(Bus(_68=_HOT), 68).read() == (2500, 5000)
    for raw, found in ((0, (-4500, 0)), (65535, (13000, 10000))):
        word = bytes([raw >> 8, raw & 0xFF])
        word += bytes([crc8(word, 0, 2)])
        assert SHT3x(Bus(_68=word + word), 68).read() == found


def test_sht3x_notices_every_flipped_bit():
    for bit in range(48):
        answer = bytearray(_HOT)
        answer[bit // 8] ^= 1 << bit % 8
        assert "checksum" in error_of(OSError, SHT3x(Bus(_68=answer), 68).read)


def test_bh1750_chooses_its_widest_range_for_every_measurement():
    bus = Bus(_35=b"\x00\x00")
    BH1750(bus, 35).begin()
    assert [command for _, command in bus.written] == [b"\x01", b"\x40", b"\x7f", b"\x20"]


def test_bh1750_counts_are_lux_up_to_full_sun():
    for counts, lux in ((0, 0), (1, 1), (539, 999), (65535, 121556)):
        assert BH1750(Bus(_35=bytes([counts >> 8, counts & 0xFF])), 35).read() == lux
    assert bh1750.BH1750.measure_ms == 82


def _source(bus, adcs, power=None):
    return probes.Probes({"any": 1}, adcs, lambda: SHT3x(bus, 68), lambda: BH1750(bus, 35), power)


def _frame(source):
    frame = array("h", [7] * 6)
    assert source.read_into(frame, 1) == 1
    assert frame[0] == 7
    return list(frame[1:])


def test_a_frame_has_all_sensors():
    source = _source(Bus(_68=_HOT, _35=b"\x02\x1b"), [Adc(1_500_400), Adc(1_700_000, 1_703_000)])
    assert _frame(source) == [1500, 1702, 2500, 5000, 999 // 4]
    assert source.section == {"any": 1}


def test_probes_have_power_only_while_they_are_read():
    levels = []
    _frame(_source(Bus(_68=_HOT, _35=b"\x00\x00"), [Adc(1_500_000)] * 2, levels.append))
    assert levels == [1, 0]


def test_what_fails_is_absent_and_the_rest_is_read():
    class Broken:
        def read_uv(self):
            raise OSError(5)

    assert _frame(_source(Bus(_35=b"\x00\x00"), [Broken(), Adc(1_600_000)])) == [ABSENT, 1600, ABSENT, ABSENT, 0]
    damaged = bytes([_HOT[0] ^ 1]) + _HOT[1:]
    assert _frame(_source(Bus(_68=damaged), [Adc(1_600_000)] * 2)) == [1600, 1600, ABSENT, ABSENT, ABSENT]


def test_a_chip_that_comes_back_is_set_up_anew():
    bus = Bus(_35=b"\x00\x00")
    source = _source(bus, [Adc(1_600_000)] * 2)
    assert _frame(source)[2] == ABSENT
    bus.answers[68] = _HOT
    assert _frame(source)[2] == 2500
    assert (68, b"\x30\xa2") in bus.written
