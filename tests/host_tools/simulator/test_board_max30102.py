"""The MAX30102's driver and its register-level model, against the light that the chip senses."""

from __future__ import annotations

import numpy as np
from sensing import COLLECT, assert_stretch, i2c_registers

_OPEN = COLLECT + """
from array import array
import json, micropython, time
from machine import I2C
from picket.sensors import OVERRUN
from picket.sensors.max30102 import MAX30102

def opened(**more):
    return MAX30102(I2C(0, freq=400_000), **more)
"""
_BUS = i2c_registers(87)


def _light(count: int) -> np.ndarray:
    """All different, so that a place in it can be found."""
    return np.random.default_rng(3).permutation(np.arange(-32768, 32768))[:count].astype(np.int16)


def test_reads_the_light_in_order_and_without_a_gap(worn):
    light = _light(150)
    [samples] = worn(light).run(_OPEN + "print(collect(opened(), 400))")
    assert_stretch(samples, light)


def test_reading_does_not_allocate(worn):
    light = _light(150)
    script = _OPEN + """
sensor = opened()
samples = array("h", bytearray(2 * 32))
sensor.start()
time.sleep_ms(100)
micropython.heap_lock()
got = sensor.read_into(samples)
micropython.heap_unlock()
print(list(samples[:got]))
"""
    [samples] = worn(light).run(script)
    assert 9 <= len(samples) <= 12
    assert_stretch(samples, light)


def test_an_overflow_is_told_and_reading_begins_anew(worn):
    light = _light(150)
    script = _OPEN + """
sensor = opened()
samples = array("h", bytearray(2 * 32))
sensor.start()
time.sleep_ms(500)
print(json.dumps([sensor.read_into(samples) == OVERRUN, sensor.overruns]))
time.sleep_ms(200)
n = sensor.read_into(samples)
print(list(samples[:n]))
"""
    told, samples = worn(light).run(script)
    assert told == [True, 1]
    assert len(samples) >= 19
    assert_stretch(samples, light)


def test_a_full_fifo_keeps_the_oldest_and_counts_what_is_lost(worn):
    script = _BUS + """
write(0x0A, 0x27)
write(0x11, 0x02)
write(0x09, 0x07)
time.sleep_ms(1005)
write_pointer, lost, read_pointer = read(0x04, 3)
print(json.dumps([(write_pointer - read_pointer) % 32, lost]))
"""
    assert worn(_light(10)).run(script) == [[31, 31]]


def test_averaging_divides_the_rate_and_shutdown_stops_it(worn):
    script = _BUS + """
write(0x08, 0x40)
write(0x0A, 0x2F)
write(0x11, 0x02)
write(0x09, 0x07)
time.sleep_ms(200)
before = read(0x04, 3)
write(0x09, 0x87)
time.sleep_ms(200)
print(json.dumps([before[0] - before[2], read(0x04, 3)[0] - before[0]]))
"""
    [[taken, after]] = worn(_light(10)).run(script)
    assert 19 <= taken <= 22
    assert 0 <= after <= 1


def test_reset_restores_the_defaults(worn):
    script = _BUS + """
write(0x0D, 35)
write(0x09, 0x40)
busy = read(0x09)[0] & 0x40
time.sleep_ms(10)
print(json.dumps([busy, read(0x09)[0], read(0x0D)[0], read(0xFF)[0]]))
"""
    assert worn(_light(10)).run(script) == [[0x40, 0, 0, 0x15]]


def test_the_driver_is_made_from_the_configuration(worn):
    light = _light(150)
    script = _OPEN + """
from picket import config
from picket.sensors import max30102

heart = config.check({"device": {"id": "watch"}, "heart": {"driver": "max30102", "led_ma": 20}})["heart"]
sensor = max30102.from_config(heart, 1)
print(list(sensor._i2c.readfrom_mem(87, 0x0D, 1)))
print(collect(sensor, 20))
"""
    led, samples = worn(light).run(script)
    assert led == [100]
    assert_stretch(samples, light)


def test_a_missing_and_a_wrong_chip_are_enodev(worn):
    script = _OPEN + """
for addr in (0x57, 0x58):
    try:
        opened(addr=addr)
    except OSError as error:
        print(json.dumps([error.errno, str(error)]))
"""
    wrong, missing = worn(_light(10), who_am_i=0x11).run(script)
    assert wrong[0] == missing[0] == 19
    assert "part id is 0x11, not 0x15" in wrong[1]
