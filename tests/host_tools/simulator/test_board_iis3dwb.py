"""The IIS3DWB's driver and its register-level model, against the recording that the chip senses."""

from __future__ import annotations

import numpy as np
import pytest
from sensing import COLLECT, assert_stretch

_OPEN = COLLECT + """
from array import array
import json, micropython, os, time
from machine import Pin, SPI
from picket.sensors import OVERRUN
from picket.sensors.iis3dwb import IIS3DWB

def opened(range_g=8, axis="x", spi=1, cs=5):
    return IIS3DWB(SPI(spi, baudrate=10_000_000), Pin(cs, Pin.OUT, value=1), range_g, axis)
"""
# Register access without the driver, for what the driver does not do.
_BUS = """
import json, time
from machine import Pin, SPI
bus = SPI(1, baudrate=10_000_000)
cs = Pin(5, Pin.OUT, value=1)

def read(register, count=1):
    data = bytearray(count)
    cs(0)
    bus.write(bytes([register | 0x80]))
    bus.readinto(data)
    cs(1)
    return list(data)

def write(register, value):
    cs(0)
    bus.write(bytes([register, value]))
    cs(1)

time.sleep_ms(20)
"""


def _numbered(count: int) -> np.ndarray:
    """Frames in which every value tells where it stands: x up, y down, z in between."""
    x = np.arange(count)
    return np.stack([x, -x, x // 2], axis=1).astype(np.int16)


def _noise(count: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, (count, 3)).astype(np.int16)


@pytest.mark.parametrize(("axis", "column"), [("x", 0), ("y", 1), ("z", 2)])
def test_reads_one_axis_of_the_recording_in_order_and_without_a_gap(vibrating, axis, column):
    frames = _noise(9000)
    [window] = vibrating(frames).run(_OPEN + f"print(collect(opened(axis='{axis}'), 4096))")
    assert_stretch(window, frames[:, column])


def test_bursts_of_every_length_are_gapless(vibrating):
    frames = _noise(5000)
    script = _OPEN + """
sensor = opened()
window = array("h", bytearray(2 * 3000))
at, pause = 0, 0
sensor.start()
while at < 3000:
    at += sensor.read_into(window, at)
    time.sleep_us(pause % 15000)
    pause += 1777
print(list(window))
"""
    [window] = vibrating(frames).run(script)
    assert_stretch(window, frames[:, 0])


def test_reading_a_window_does_not_allocate(vibrating):
    script = _OPEN + """
sensor = opened()
window = array("h", bytearray(2 * 4096))
sensor.start()
at = 0
micropython.heap_lock()
while at < 4096:
    at += sensor.read_into(window, at)
    time.sleep_ms(5)
micropython.heap_unlock()
print(list(window))
"""
    frames = _noise(9000)
    [window] = vibrating(frames).run(script)
    assert_stretch(window, frames[:, 0])


def test_a_late_reader_is_told_of_the_overrun_and_reads_on_without_a_gap(vibrating):
    script = _OPEN + """
sensor = opened()
window = array("h", bytearray(2 * 1024))
sensor.start()
time.sleep_ms(25)
print(json.dumps([sensor.read_into(window) == OVERRUN, sensor.overruns]))
time.sleep_ms(16)
first = sensor.read_into(window)
time.sleep_ms(16)
second = sensor.read_into(window, first)
print(json.dumps([first, second, sensor.overruns]))
print(list(window[: first + second]))
"""
    frames = _noise(9000)
    told, counts, window = vibrating(frames).run(script)
    assert told == [True, 1]
    assert counts[0] > 390 and counts[1] > 390 and counts[2] == 1
    assert_stretch(window, frames[:, 0])


def test_reading_within_the_fifo_depth_is_no_overrun(vibrating):
    script = _OPEN + """
sensor = opened()
window = array("h", bytearray(2 * 600))
sensor.start()
time.sleep_ms(17)
print(sensor.read_into(window))
"""
    [count] = vibrating(_noise(100)).run(script)
    assert 420 <= count <= 512


def test_a_busy_processor_counts_as_simulated_time(vibrating):
    script = _OPEN + """
sensor = opened()
window = array("h", bytearray(2 * 600))
sensor.start()
begin = time.ticks_us()
while time.ticks_diff(time.ticks_us(), begin) < 30_000:
    pass
print(json.dumps(sensor.read_into(window) == OVERRUN))
"""
    assert vibrating(_noise(100)).run(script) == [True]


@pytest.mark.parametrize(("range_g", "ug"), [(2, 61), (4, 122), (8, 244), (16, 488)])
def test_another_full_scale_scales_the_recording_and_saturates(vibrating, range_g, ug):
    frames = _noise(3000)
    script = _OPEN + f"""
sensor = opened(range_g={range_g})
print(sensor.ug_per_count)
print(collect(sensor, 2000))
"""
    shown_ug, window = vibrating(frames).run(script)
    assert shown_ug == ug
    assert_stretch(window, np.clip(np.floor(frames[:, 0] * 8.0 / range_g), -32768, 32767).astype(int))


def test_the_scale_can_be_changed_while_running(vibrating):
    script = _OPEN + """
sensor = opened(8)
collect(sensor, 500)
sensor.set_range(16)
print(collect(sensor, 500))
"""
    frames = _noise(2000)
    [window] = vibrating(frames).run(script)
    assert_stretch(window, frames[:, 0] >> 1)


def test_a_recording_shorter_than_a_burst_repeats_without_end(vibrating):
    frames = _noise(37)
    [window] = vibrating(frames).run(_OPEN + "print(collect(opened(), 1000))")
    assert_stretch(window, frames[:, 0])


def test_the_timeline_switches_at_its_time(vibrating):
    scenario = vibrating(np.full((100, 3), 1))
    timeline = scenario.description["spi"]["1"]["timeline"]
    timeline.insert(0, {"at_s": 0.5, "file": scenario.record("later.i16", np.full((50, 3), 2))[0]["file"]})
    script = _OPEN + """
import _sim
sensor = opened()
while _sim.world_us() < 470_000:
    time.sleep_ms(1)
start = _sim.world_us()
window = collect(sensor, 2000)
print(json.dumps([start, sum(1 for v in window if v == 1), window.index(2)]))
"""
    [[start_us, before, first]] = scenario.run(script)
    assert before == first
    assert first == pytest.approx((500_000 - start_us) * 26667 / 1e6, abs=60)


def test_before_the_first_recording_there_is_silence(vibrating):
    scenario = vibrating(np.full((10, 3), 5))
    scenario.description["spi"]["1"]["timeline"][0]["at_s"] = 1000
    [window] = scenario.run(_OPEN + "print(collect(opened(), 300))")
    assert window == [0] * 300


def test_a_reload_replaces_the_surroundings_and_now_means_now(vibrating):
    scenario = vibrating(np.full((100, 3), 1))
    scenario.record("numbered.i16", _numbered(20000))
    script = _OPEN + """
sensor = opened()
collect(sensor, 300)
print("READY")
window = collect(sensor, 300)
while window[0] == 1:
    window = collect(sensor, 300)
collect(sensor, 300)
print("RELOADED")
print(window)
"""
    scenario.start(script)
    scenario.wait_for("READY")
    scenario.description["spi"]["1"]["timeline"] = [{"at_s": "now", "file": "numbered.i16"}]
    scenario.board.write(scenario.description)
    scenario.board.signal_reload()
    scenario.wait_for("RELOADED")
    [line] = scenario.wait_for("SCENARIO DONE")
    window = [int(value) for value in line.strip("[]").split(",")]
    assert window == list(range(window[0], window[0] + 300))
    assert window[0] < 2 * 26667 // 10, "the recording did not begin with the reload"


def test_a_reload_that_does_not_hold_leaves_everything_as_it_was(vibrating):
    scenario = vibrating(np.full((100, 3), 1))
    script = _OPEN + """
sensor = opened()
print("READY")
go = False
while not go:
    window = collect(sensor, 300)
    go = "go" in os.listdir("/")
print(window[:3])
"""
    scenario.start(script)
    scenario.wait_for("READY")
    scenario.description["spi"]["1"]["timeline"] = [{"at_s": 0, "file": "missing.i16"}]
    scenario.board.write(scenario.description)
    scenario.board.signal_reload()
    scenario.wait_for("simworld: board.json is left as it was: [Errno 2] ENOENT")
    (scenario.board.flash / "go").touch()
    assert scenario.wait_for("SCENARIO DONE") == ["[1, 1, 1]"]


def test_a_reload_asked_for_while_the_heap_is_locked_comes_later(vibrating):
    scenario = vibrating(np.full((100, 3), 1))
    scenario.record("two.i16", np.full((100, 3), 2))
    script = _OPEN + """
import simworld
sensor = opened()
window = array("h", bytearray(600))
print("READY")
micropython.heap_lock()
while not simworld._reload_pending:
    sensor.start()
    time.sleep_ms(12)
    sensor.read_into(window)
micropython.heap_unlock()
print(list(window)[:3])
print(collect(sensor, 300)[:3])
"""
    scenario.start(script)
    scenario.wait_for("READY")
    scenario.description["spi"]["1"]["timeline"] = [{"at_s": 0, "file": "two.i16"}]
    scenario.board.write(scenario.description)
    scenario.board.signal_reload()
    locked, told, after = scenario.wait_for("SCENARIO DONE")
    assert (locked, after) == ("[1, 1, 1]", "[2, 2, 2]")
    assert told.startswith("SURROUNDINGS changed at ")


@pytest.mark.parametrize("wiring", ["spi=2", "cs=6"])
def test_a_missing_chip_is_enodev(vibrating, wiring):
    script = _OPEN + f"""
try:
    opened({wiring})
except OSError as error:
    print(json.dumps([error.errno, str(error)]))
"""
    [[code, text]] = vibrating(_noise(100)).run(script)
    assert code == 19
    assert "WHO_AM_I is 0xff, not 0x7b" in text


def test_a_wrong_chip_is_enodev_and_named(vibrating):
    script = _OPEN + """
try:
    opened()
except OSError as error:
    print(json.dumps([error.errno, str(error)]))
"""
    [[code, text]] = vibrating(_noise(100), who_am_i=0x6B).run(script)
    assert code == 19
    assert "WHO_AM_I is 0x6b, not 0x7b" in text


def test_a_chip_that_has_forgotten_its_setup_gives_no_samples(vibrating):
    script = _OPEN + """
sensor = opened()
sensor.start()
window = array("h", bytearray(600))
bus, cs = SPI(1, baudrate=10_000_000), Pin(5, Pin.OUT, value=1)
cs(0)
bus.write(b"\\x12\\x01")
cs(1)
time.sleep_ms(10)
print(sensor.read_into(window))
"""
    assert vibrating(_noise(100)).run(script) == [0]


@pytest.mark.parametrize(("bus", "answer"), [
    ("baudrate=10_000_000, polarity=1, phase=1", 0x7B),
    ("baudrate=10_000_000, polarity=0, phase=1", 0xFF),
    ("baudrate=20_000_000", 0xFF),
])
def test_a_badly_clocked_bus_reads_nothing(vibrating, bus, answer):
    script = _BUS + f"""
bus = SPI(1, {bus})
print(read(0x0F))
"""
    assert vibrating(_noise(100)).run(script) == [[answer]]


def test_the_chip_does_not_answer_before_it_has_booted(vibrating):
    script = _BUS + """
write(0x12, 0x84)
print(read(0x0F))
time.sleep_ms(12)
print(read(0x0F))
"""
    assert vibrating(_noise(100)).run(script) == [[0], [0x7B]]


def test_without_address_increment_a_burst_reads_one_register(vibrating):
    script = _BUS + """
write(0x12, 0x00)
print(read(0x0F, 3))
write(0x12, 0x04)
print(read(0x0F, 4))
"""
    assert vibrating(_noise(100)).run(script) == [[0x7B] * 3, [0x7B, 0, 0, 0x04]]


def test_software_reset_restores_the_defaults_and_clears_itself(vibrating):
    script = _BUS + """
write(0x10, 0xAC)
write(0x12, 0x45)
print(read(0x12)[0] & 1)
time.sleep_ms(1)
print(read(0x12) + read(0x10))
"""
    assert vibrating(_noise(100)).run(script) == [1, [0x04, 0x00]]


def test_read_only_registers_stay(vibrating):
    script = _BUS + """
write(0x0F, 0x12)
write(0x28, 0x12)
print(read(0x0F) + read(0x28))
"""
    assert vibrating(_noise(100)).run(script) == [[0x7B, 0x00]]


def test_powered_down_it_senses_nothing(vibrating):
    script = _BUS + """
write(0x09, 0x0A)
write(0x0A, 0x06)
time.sleep_ms(5)
print(read(0x3A, 2) + read(0x1E) + read(0x28, 6))
"""
    assert vibrating(_noise(100)).run(script) == [[0] * 9]


def test_output_registers_hold_the_newest_sample_until_data_is_ready_again(vibrating):
    script = _BUS + """
write(0x10, 0xAC)
time.sleep_ms(2)
print(read(0x1E))
data = read(0x28, 6)
print([data[0] | data[1] << 8, data[4] | data[5] << 8])
"""
    ready, (x, z) = vibrating(_numbered(20000)).run(script)
    assert ready == [0x05]
    assert 0.020 * 26667 <= x < 20000
    assert z == x // 2


def test_fifo_mode_stops_when_full_and_keeps_the_oldest(vibrating):
    script = _BUS + """
write(0x10, 0xAC)
write(0x09, 0x0A)
write(0x0A, 0x01)
time.sleep_ms(40)
low, high = read(0x3A, 2)
print([low | (high & 3) << 8, high & 0x68])
first = read(0x78, 7)
time.sleep_ms(40)
low, high = read(0x3A, 2)
print([low | (high & 3) << 8, first[0] >> 3])
words = read(0x78, 7 * 511)
print([words[7 * i + 1] | words[7 * i + 2] << 8 for i in range(511)])
print(read(0x3A, 2) + read(0x78, 7))
"""
    full, after, x, empty = vibrating(_numbered(20000)).run(script)
    assert full == [512, 0x20], "512 words, full, no overrun"
    assert after == [511, 2], "it does not go on filling"
    assert x == list(range(x[0], x[0] + 511))
    assert empty == [0] * 9


def test_continuous_mode_drops_the_oldest_and_flags_the_overrun_until_read(vibrating):
    script = _BUS + """
write(0x10, 0xAC)
write(0x09, 0x0A)
write(0x0A, 0x06)
time.sleep_ms(40)
low, high = read(0x3A, 2)
print([low | (high & 3) << 8, high & 0x68])
read(0x78, 7 * 400)
print(read(0x3B)[0] & 0x40)
print(read(0x3B)[0] & 0x48)
write(0x0A, 0x00)
print(read(0x3A, 2))
"""
    full, later, read_again, bypassed = vibrating(_numbered(20000)).run(script)
    assert full == [512, 0x68], "full, overrun, latched overrun"
    assert later == read_again == 0
    assert bypassed == [0, 0]


def test_the_watermark_drives_int1(vibrating):
    script = _BUS + """
int1 = Pin(4, Pin.IN)
write(0x10, 0xAC)
write(0x07, 100)
write(0x09, 0x0A)
write(0x0D, 0x08)
write(0x0A, 0x06)
print(int1.value())
time.sleep_ms(7)
print([int1.value(), read(0x3B)[0] >> 7])
read(0x78, 7 * 128)
print([int1.value(), read(0x3B)[0] >> 7])
"""
    assert vibrating(_noise(100), int1=4).run(script) == [0, [1, 1], [0, 0]]


def test_words_read_partly_byte_by_byte_are_the_words_read_in_bulk(vibrating):
    """A burst that is no whole number of words, and one longer than the model's fast path, give the same stream."""
    script = _BUS + """
write(0x10, 0xAC)
write(0x09, 0x0A)
write(0x0A, 0x06)
time.sleep_ms(15)
cs(0)
bus.write(b"\\xf8")
data = bytearray(7 * 20)
bus.readinto(memoryview(data)[:73])
bus.readinto(memoryview(data)[73:])
cs(1)
print([data[7 * i + 1] | data[7 * i + 2] << 8 for i in range(20)])
data = read(0x78, 7 * 300)
print([data[7 * i + 1] | data[7 * i + 2] << 8 for i in range(300)])
"""
    first, second = vibrating(_numbered(20000)).run(script)
    assert first + second == list(range(first[0], first[0] + 320))
