"""The MPU-6050's driver and its register-level model, against the recording that the chip senses."""

from __future__ import annotations

import numpy as np
import pytest
from sensing import COLLECT, assert_stretch, i2c_registers

_OPEN = COLLECT + """
from array import array
import json, micropython, time
from machine import I2C
from picket.sensors import OVERRUN
from picket.sensors.mpu6050 import MPU6050

def opened(i2c=0, addr=104, **more):
    return MPU6050(I2C(i2c, freq=400_000), addr, **more)
"""
_BUS = i2c_registers(104) + """
def words(register, count):
    data = read(register, 2 * count)
    return [data[i] << 8 | data[i + 1] for i in range(0, 2 * count, 2)]
"""


def _noise(count: int, limit: int = 32768) -> np.ndarray:
    return np.random.default_rng(3).integers(-limit, limit, (count, 7)).astype(np.int16)


def test_reads_the_recording_in_order_and_without_a_gap(moving):
    frames = _noise(50)
    [flat] = moving(frames).run(_OPEN + "print(collect(opened(), 120))")
    assert_stretch(flat, frames)


def test_reading_a_frame_does_not_allocate(moving):
    frames = _noise(50)
    script = _OPEN + """
sensor = opened()
frame = array("h", bytearray(14))
sensor.start()
time.sleep_ms(50)
micropython.heap_lock()
got = sensor.read_into(frame)
micropython.heap_unlock()
print(got)
print(list(frame))
"""
    got, flat = moving(frames).run(script)
    assert got == 1
    assert_stretch(flat, frames)


def test_a_busy_loop_loses_no_frame_within_the_fifo_depth(moving):
    frames = _noise(200)
    script = _OPEN + """
sensor = opened()
frames = array("h", bytearray(14 * 100))
sensor.start()
time.sleep_ms(600)
n = sensor.read_into(frames)
time.sleep_ms(100)
n += sensor.read_into(frames, 7 * n)
print(list(frames[: 7 * n]))
"""
    [flat] = moving(frames).run(script)
    assert len(flat) >= 65 * 7
    assert_stretch(flat, frames)


def test_an_overflow_is_told_and_reading_begins_anew(moving):
    frames = _noise(200)
    script = _OPEN + """
sensor = opened()
frames = array("h", bytearray(14 * 100))
sensor.start()
time.sleep_ms(800)
print(json.dumps([sensor.read_into(frames) == OVERRUN, sensor.overruns]))
time.sleep_ms(300)
n = sensor.read_into(frames)
print(list(frames[: 7 * n]))
"""
    told, flat = moving(frames).run(script)
    assert told == [True, 1]
    assert len(flat) >= 28 * 7
    assert_stretch(flat, frames)


def test_offsets_are_subtracted_and_saturate(moving):
    frame = np.array([32767, -32768, 100, 0, 1, 2, 3], dtype=np.int16)
    script = _OPEN + """
sensor = opened()
sensor.offsets[:] = array("h", [-1, 1, 30, 0, 5, -5, 3])
print(collect(sensor, 1))
"""
    assert moving(frame[None]).run(script) == [[32767, -32768, 70, 0, -4, 7, 0]]


def test_calibration_takes_the_gyroscopes_bias_at_rest_only(moving):
    rest = np.tile(np.array([0, 0, 16384, -3920, 130, -65, 7], dtype=np.int16), (60, 1))
    rest[:, 4:] += np.random.default_rng(1).integers(-20, 21, (60, 3)).astype(np.int16)
    scenario = moving(rest)
    shaken = rest.copy()
    shaken[::2, 5] += 2000
    scenario.record("shaken.i16", shaken)
    script = _OPEN + """
from picket.sensors.calibration import calibrate_gyroscope

sensor = opened()
print(json.dumps([calibrate_gyroscope(sensor), list(sensor.offsets)]))
"""
    [[done, offsets]] = scenario.run(script)
    assert done
    assert offsets[:4] == [0, 0, 0, 0]
    assert np.abs(np.array(offsets[4:]) - [130, -65, 7]).max() <= 8

    scenario.description["i2c"]["0"]["104"]["timeline"][0]["file"] = "shaken.i16"
    assert scenario.run(script) == [[False, [0] * 7]]


def test_calibration_of_a_sensor_that_stopped_gives_up(moving):
    script = _OPEN + """
from picket.sensors.calibration import calibrate_gyroscope

sensor = opened()
sensor._i2c.writeto_mem(104, 0x23, b"\\0")  # nothing goes into the FIFO any more
print(json.dumps(calibrate_gyroscope(sensor)))
"""
    assert moving(_noise(10)).run(script) == [False]


@pytest.mark.parametrize(("asked_hz", "shown_hz"), [(100, 100), (50, 50), (300, 250), (900, 1000), (4, 4)])
def test_the_sample_rate_is_the_nearest_that_divides_a_kilohertz(moving, asked_hz, shown_hz):
    script = _OPEN + f"""
sensor = opened(rate_hz={asked_hz})
sensor.start()
time.sleep_ms(60)
low = bytearray(2)
sensor._i2c.readfrom_mem_into(104, 0x72, low)
print(json.dumps([sensor.rate_hz, low[0] << 8 | low[1]]))
"""
    [[rate_hz, waiting]] = moving(_noise(10)).run(script)
    assert rate_hz == shown_hz
    assert waiting // 14 == pytest.approx(0.06 * shown_hz, abs=2)


@pytest.mark.parametrize(("accel_g", "gyro_dps"), [(2, 250), (4, 500), (8, 1000), (16, 2000)])
def test_other_full_scales_scale_the_recording(moving, accel_g, gyro_dps):
    frames = _noise(40)
    script = _OPEN + f"""
sensor = opened(accel_g={accel_g}, gyro_dps={gyro_dps})
print(json.dumps([sensor.accel_lsb_per_g, sensor.gyro_lsb_per_dps]))
print(collect(sensor, 30))
"""
    (per_g, per_dps), flat = moving(frames).run(script)
    assert per_g == 32768 // accel_g
    assert per_dps == pytest.approx({250: 131, 500: 65.5, 1000: 32.8, 2000: 16.4}[gyro_dps], rel=2e-3)
    expected = frames.copy()
    expected[:, :3] = np.floor(frames[:, :3] * 2.0 / accel_g)
    expected[:, 4:] = np.floor(frames[:, 4:] * 250.0 / gyro_dps)
    assert_stretch(flat, expected)


def test_a_recording_at_other_full_scales_is_scaled_from_those(moving):
    frames = np.array([[100, -100, 20000, 7, 300, -300, 30000]], dtype=np.int16)
    script = _OPEN + """
from picket import config
from picket.sensors import mpu6050

motion = config.check({"device": {"id": "watch"}, "motion": {"driver": "mpu6050", "addr": 104}})["motion"]
print(collect(mpu6050.from_config(motion, 7), 1))
print(collect(opened(accel_g=4, gyro_dps=1000), 1))
"""
    as_recorded, finer = moving(frames, accel_g=16, gyro_dps=2000).run(script)
    assert as_recorded == [100, -100, 20000, 7, 300, -300, 30000]
    assert finer == [400, -400, 32767, 7, 600, -600, 32767]


@pytest.mark.parametrize("wiring", ["i2c=1", "addr=0x69"])
def test_a_missing_chip_is_enodev(moving, wiring):
    script = _OPEN + f"""
try:
    opened({wiring})
except OSError as error:
    print(error.errno)
"""
    assert moving(_noise(10)).run(script) == [19]


def test_a_wrong_chip_is_enodev_and_named(moving):
    script = _OPEN + """
try:
    opened()
except OSError as error:
    print(json.dumps([error.errno, str(error)]))
"""
    [[code, text]] = moving(_noise(10), who_am_i=0x70).run(script)
    assert code == 19
    assert "WHO_AM_I is 0x70, not 0x68" in text


def test_after_power_up_it_sleeps_and_senses_nothing(moving):
    script = _BUS + """
time.sleep_ms(50)
print(read(0x6B) + read(0x3A) + read(0x3B, 14))
write(0x6B, 0x01)
time.sleep_ms(50)
print(words(0x3B, 7))
"""
    frame = np.array([[1, 2, 3, 4, 5, 6, 7]], dtype=np.int16)
    assert moving(frame).run(script) == [[0x40] + [0] * 15, [1, 2, 3, 4, 5, 6, 7]]


def test_device_reset_takes_its_time_and_ignores_writes_meanwhile(moving):
    script = _BUS + """
write(0x1B, 0x18)
write(0x6B, 0x80)
write(0x1C, 0x08)
print(read(0x6B) + read(0x1B))
time.sleep_ms(100)
print(read(0x6B) + read(0x1B) + read(0x1C))
"""
    assert moving(_noise(10)).run(script) == [[0xC0, 0], [0x40, 0, 0]]


def test_data_ready_is_cleared_by_reading_it(moving):
    script = _BUS + """
write(0x1A, 3)
write(0x19, 99)
write(0x6B, 0x01)
time.sleep_ms(150)
print(read(0x3A) + read(0x3A))
time.sleep_ms(120)
print(read(0x3A))
"""
    assert moving(_noise(10)).run(script) == [[1, 0], [1]]


def test_the_fifo_overflows_by_bytes_and_says_so(moving):
    script = _BUS + """
write(0x6B, 0x01)
write(0x1A, 3)
write(0x19, 0)
write(0x23, 0xF8)
write(0x6A, 0x40)
time.sleep_ms(200)
print(words(0x72, 1) + [read(0x3A)[0] & 0x10])
write(0x6A, 0x04)
print(words(0x72, 1) + [read(0x3A)[0] & 0x10])
"""
    assert moving(_noise(10)).run(script) == [[1024, 0x10], [0, 0]]


def test_the_fifo_takes_only_the_chosen_sources(moving):
    script = _BUS + """
write(0x6B, 0x01)
write(0x1A, 3)
write(0x19, 9)
write(0x23, 0x28)
write(0x6A, 0x40)
time.sleep_ms(55)
print(words(0x72, 1)[0] % 8)
data = bus.readfrom_mem(104, 0x74, 16)
print(list(data))
"""
    frame = np.array([[1, 2, 3, 4, 5, 6, 7]], dtype=np.int16)
    assert moving(frame).run(script) == [0, [0, 1, 0, 2, 0, 3, 0, 6] * 2]


def test_an_empty_fifo_reads_zeros(moving):
    script = _BUS + """
write(0x6B, 0x01)
print(read(0x74, 14))
"""
    assert moving(_noise(10)).run(script) == [[0] * 14]
