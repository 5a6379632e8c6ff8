"""The chips of a field, slow recordings, and sleep: time passes, the clock goes on, the watchdog keeps quiet."""

from __future__ import annotations

import numpy as np
import pytest


def _with_chips(scenarios, air, light, **more):
    scenarios.description["i2c"] = {
        "0": {
            "68": {"chip": "sht3x", "timeline": scenarios.record("air.i16", air), **more},
            "35": {"chip": "bh1750", "timeline": scenarios.record("light.i16", light), **more},
        }
    }
    return scenarios


def test_the_drivers_read_what_the_chips_sense(scenarios):
    air = np.array([[-1234, 8765]])
    scenarios = _with_chips(scenarios, air, np.array([[25_000]]))
    found = scenarios.run("""
        import json, time
        from machine import I2C
        from picket.sensors.bh1750 import BH1750
        from picket.sensors.sht3x import SHT3x
        time.sleep_ms(1500)
        bus = I2C(0)
        for chip in (SHT3x(bus), BH1750(bus)):
            chip.begin()
            time.sleep_ms(chip.measure_ms)
            print(json.dumps(chip.read()))
    """)
    assert found[0] == pytest.approx([-1234, 8765], abs=1)
    assert found[1] == pytest.approx(100_000, abs=3)


def test_chips_take_their_time(scenarios):
    found = _with_chips(scenarios, np.array([[2000, 5000]]), np.array([[250]])).run("""
        import json, time
        from machine import I2C
        from picket.sensors.bh1750 import BH1750
        from picket.sensors.sht3x import SHT3x
        time.sleep_ms(1500)
        bus = I2C(0)
        air, light = SHT3x(bus), BH1750(bus)
        air.begin()
        light.begin()
        try:
            air.read()
        except OSError as error:
            print(json.dumps(error.errno))
        print(json.dumps(light.read()))
    """)
    assert found == [19, 0]


def test_full_sun_does_not_end_the_range_and_the_usual_time_would(scenarios):
    found = _with_chips(scenarios, np.array([[2000, 5000]]), np.array([[30_000]])).run("""
        import json, time
        from machine import I2C
        from picket.sensors.bh1750 import BH1750
        time.sleep_ms(1500)
        bus = I2C(0)
        light = BH1750(bus)
        light.begin()
        time.sleep_ms(light.measure_ms)
        print(json.dumps(light.read()))
        for command in (b"\\x01", b"\\x42", b"\\x65", b"\\x20"):
            bus.writeto(35, command)
        time.sleep_ms(180)
        print(json.dumps(list(bus.readfrom(35, 2))))
    """)
    assert found[0] == pytest.approx(120_000, abs=3)
    assert found[1] == [255, 255]


def test_recordings_may_have_one_frame_an_hour(scenarios):
    timeline = scenarios.record("mv.i16", [[111], [222], [333]])
    scenarios.description["adc"] = {"34": {"period_s": 3600, "timeline": timeline}}
    scenarios.description["time"] = {"sleep_speed": 1e6}
    found = scenarios.run("""
        import json, machine
        adc = machine.ADC(machine.Pin(34), atten=machine.ADC.ATTN_11DB)
        for _ in range(4):
            machine.lightsleep(3_599_000)
            machine.lightsleep(2_000)
            print(json.dumps(adc.read_uv()))
    """)
    assert found == [111_000, 222_000, 333_000, 111_000]


def test_deep_sleep_is_longer_than_the_watchdog_and_the_clock_goes_on(scenarios):
    scenarios.description["time"] = {"sleep_speed": 1e5, "unix_s": 1_800_000_000}
    found = scenarios.run("""
        import json, machine, time
        print(json.dumps([machine.reset_cause(), int(time.time())]))
        if machine.reset_cause() == machine.PWRON_RESET:
            machine.WDT(timeout=2000)
            machine.deepsleep(7_200_000)
    """)
    (first, began), (second, woke) = found
    assert (first, second) == (1, 4)
    assert began - 1_800_000_000 <= 5
    assert 7200 <= woke - began <= 7205


def test_light_sleep_leaves_the_speed_as_it_was(scenarios):
    scenarios.description["time"] = {"speed": 50, "sleep_speed": 1e5}
    found = scenarios.run("""
        import json, machine, time
        machine.lightsleep(600_000)
        begin = time.ticks_ms()
        time.sleep_ms(1000)
        print(json.dumps(time.ticks_diff(time.ticks_ms(), begin)))
    """)
    assert 1000 <= found[0] < 1500
