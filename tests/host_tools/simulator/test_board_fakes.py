"""`machine`, `network` and `esp32` on the simulated board behave as the ESP32's documented ones do."""

from __future__ import annotations

import json

import numpy as np
import pytest


def test_reset_causes_are_told_apart(scenarios):
    script = """
    import machine, time
    cause = machine.reset_cause()
    print(cause)
    if cause == machine.PWRON_RESET:
        machine.reset()
    if cause == machine.HARD_RESET:
        machine.soft_reset()
    if cause == machine.SOFT_RESET:
        machine.deepsleep(1000)
    if cause == machine.DEEPSLEEP_RESET:
        machine.WDT(timeout=1000)
        while True:
            time.sleep_ms(10)
    """
    scenarios.start(script)
    lines = scenarios.wait_for("SCENARIO DONE")
    assert [int(line) for line in lines if line.isdigit()] == [1, 2, 5, 4, 3]


def test_a_fed_watchdog_stays_quiet(scenarios):
    script = """
    import machine, time
    wdt = machine.WDT(timeout=1000)
    for _ in range(10):
        time.sleep_ms(500)
        wdt.feed()
    print(machine.reset_cause())
    """
    assert scenarios.run(script) == [1]


def test_light_sleep_takes_simulated_time(scenarios):
    script = """
    import machine, time
    begin = time.ticks_ms()
    machine.lightsleep(3000)
    print(time.ticks_diff(time.ticks_ms(), begin))
    """
    [slept_ms] = scenarios.run(script)
    assert 2990 <= slept_ms <= 3200


def test_rtc_memory_outlives_a_reset_but_not_a_power_cut(scenarios):
    script = """
    import machine, json
    rtc = machine.RTC()
    print(json.dumps(list(rtc.memory())))
    if machine.reset_cause() == machine.PWRON_RESET:
        rtc.memory(b"kept")
        print(json.dumps(list(rtc.memory())))
        machine.reset()
    """
    kept = list(b"kept")
    assert scenarios.run(script) == [[], kept, kept]
    assert scenarios.run(script) == [[], kept, kept]


def test_the_clock_can_be_set(scenarios):
    script = """
    import machine, json
    rtc = machine.RTC()
    rtc.datetime((2026, 11, 22, 0, 13, 5, 7, 0))
    print(json.dumps(rtc.datetime()))
    """
    [shown] = scenarios.run(script)
    assert shown[:3] == [2026, 11, 22]
    assert shown[3] == 6, "a Sunday"
    assert shown[4:6] == [13, 5]


def test_pins_remember_their_level(scenarios):
    script = """
    from machine import Pin
    import json
    pin = Pin(2, Pin.OUT, value=1)
    same = Pin(2)
    shown = [pin(), same.value()]
    pin.off()
    shown.append(same())
    same.on()
    pin(0)
    print(json.dumps(shown + [pin.value(), Pin(3, Pin.IN, Pin.PULL_UP).value(), Pin(4, Pin.IN).value()]))
    for bad in (-1, 99, "x"):
        try:
            Pin(bad)
        except ValueError:
            print(1)
    """
    assert scenarios.run(script) == [[1, 1, 0, 0, 1, 0], 1, 1, 1]


def test_an_analogue_input_reads_the_millivolts_of_its_recording(scenarios):
    timeline = scenarios.record("level.i16", np.array([[1225]]))
    scenarios.description["adc"] = {"34": {"rate_hz": 10, "timeline": timeline}}
    script = """
    from machine import ADC, Pin
    import json
    adc = ADC(Pin(34), atten=ADC.ATTN_11DB)
    print(json.dumps([adc.read_uv(), adc.read(), adc.read_u16()]))
    adc.atten(ADC.ATTN_0DB)
    print(json.dumps([adc.read_uv(), adc.read_u16(), ADC(35).read_u16()]))
    try:
        ADC(5)
    except ValueError:
        print(1)
    """
    (uv, raw, u16), (saturated_uv, saturated_u16, open_u16), refused = scenarios.run(script)
    assert (uv, raw) == (1_225_000, 2047)
    assert u16 == pytest.approx(32768, abs=32)
    assert (saturated_uv, saturated_u16, open_u16) == (950_000, 65535, 0)
    assert refused == 1


def test_buses_that_the_chip_does_not_have_are_refused(scenarios):
    script = """
    from machine import I2C, SPI
    for make in (lambda: I2C(2), lambda: SPI(0), lambda: SPI(1, bits=16)):
        try:
            make()
        except ValueError:
            print(1)
    """
    assert scenarios.run(script) == [1, 1, 1]


def test_i2c_scan_finds_who_is_there(moving):
    script = """
    from machine import I2C
    print(I2C(0).scan())
    print(I2C(1).scan())
    """
    assert moving(np.zeros((4, 7))).run(script) == [[104], []]


def test_plain_i2c_transfers_reach_the_registers(moving):
    script = """
    from machine import I2C
    bus = I2C(0)
    bus.writeto(104, b"\\x1b\\x08")
    bus.writeto(104, b"\\x1b", False)
    print(list(bus.readfrom(104, 1)))
    """
    assert moving(np.zeros((4, 7))).run(script) == [[8]]


def test_board_facts(scenarios):
    scenarios.description["unique_id"] = "24ec4a0000a7"
    script = """
    import machine, json
    print(json.dumps([machine.unique_id().hex(), machine.freq()]))
    machine.freq(80_000_000)
    print(machine.freq())
    try:
        machine.freq(1)
    except ValueError:
        print(1)
    """
    assert scenarios.run(script) == [["24ec4a0000a7", 160_000_000], 80_000_000, 1]


_JOIN = """
import json, network, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
seen = [wlan.status()]
wlan.connect("plant", "secret")
for _ in range(30):
    if wlan.status() != seen[-1]:
        seen.append(wlan.status())
    time.sleep_ms(20)
print(json.dumps([seen, wlan.isconnected(), wlan.ifconfig()[0]]))
"""


@pytest.mark.parametrize(("wifi", "final", "address"), [
    ({"up": True}, 1010, "127.0.0.1"),
    ({"up": True, "ssid": "plant", "password": "secret"}, 1010, "127.0.0.1"),
    ({"up": True, "ssid": "plant", "password": "other"}, 202, "0.0.0.0"),
    ({"up": True, "ssid": "elsewhere"}, 201, "0.0.0.0"),
    ({"up": False}, 201, "0.0.0.0"),
])
def test_joining_a_network(scenarios, wifi, final, address):
    scenarios.description["wifi"] = wifi
    assert scenarios.run(_JOIN) == [[[1000, 1001, final], final == 1010, address]]


def test_the_network_goes_and_comes_back(scenarios):
    scenarios.description["wifi"] = {"up": True}
    scenarios.start(_JOIN + """
print("JOINED")
while wlan.isconnected():
    time.sleep_ms(20)
print("GONE")
while not wlan.isconnected():
    time.sleep_ms(20)
""")
    scenarios.wait_for("JOINED")
    for up, then in ((False, "GONE"), (True, "SCENARIO DONE")):
        scenarios.board.write({**scenarios.description, "wifi": {"up": up}})
        scenarios.board.signal_reload()
        scenarios.wait_for(then)


def test_network_needs_an_active_interface(scenarios):
    script = """
    import network, json
    wlan = network.WLAN()
    try:
        wlan.connect("plant")
    except OSError as error:
        print(json.dumps(str(error)))
    """
    assert scenarios.run(script) == ["Wifi Not Started"]


def test_committed_nvs_survives_a_power_cut(scenarios):
    scenarios.run("""
    from esp32 import NVS
    nvs = NVS("picket")
    nvs.set_i32("boots", -7)
    nvs.set_blob("key", b"\\x00\\xff")
    nvs.commit()
    nvs.set_i32("boots", 8)
    """)
    found = scenarios.run("""
    import json
    from esp32 import NVS
    nvs = NVS("picket")
    small, big = bytearray(1), bytearray(4)
    print(json.dumps([nvs.get_i32("boots"), nvs.get_blob("key", big), list(big)]))
    def code(f, *args):
        try:
            f(*args)
        except OSError as error:
            return error.errno
    print(json.dumps([
        code(nvs.get_blob, "key", small), code(nvs.get_i32, "none"), code(nvs.get_i32, "key"),
        code(nvs.erase_key, "none"), code(nvs.set_i32, "sixteen_letters_", 1), code(NVS("other").get_i32, "boots")]))
    nvs.erase_key("boots")
    print(json.dumps(code(nvs.get_i32, "boots")))
    """)
    missing = -0x1102
    assert found == [[-7, 2, [0, 255, 0, 0]], [-0x110C, missing, missing, missing, -0x1109, missing], missing]


def test_partitions_hold_blocks_over_a_power_cut(scenarios):
    scenarios.run("""
    from esp32 import Partition
    part = Partition("ota_1")
    part.writeblocks(2, b"firmware", 4)
    """)
    [info, blocks, before, data, erased] = scenarios.run("""
    import json
    from esp32 import Partition
    part = Partition(Partition.RUNNING).get_next_update()
    print(json.dumps(part.info()))
    print(json.dumps([part.ioctl(4, 0), part.ioctl(5, 0)]))
    data = bytearray(4)
    part.readblocks(2, data)
    print(list(data))
    part.readblocks(2, data, 4)
    print(list(data))
    part.ioctl(6, 2)
    part.readblocks(2, data, 4)
    print(list(data))
    """)
    assert info == [0, 17, 0x190000, 0x180000, "ota_1", False]
    assert blocks == [0x180000 // 4096, 4096]
    assert before == [0xFF] * 4 == erased
    assert data == list(b"firm")


@pytest.mark.parametrize("confirmed", [True, False])
def test_new_firmware_stays_only_when_it_calls_itself_valid(scenarios, confirmed):
    script = f"""
    import json, machine
    from esp32 import Partition
    print(json.dumps(Partition(Partition.RUNNING).info()[4]))
    if machine.reset_cause() == machine.PWRON_RESET:
        Partition("ota_1").set_boot()
        machine.reset()
    if machine.reset_cause() == machine.HARD_RESET:
        if {confirmed}:
            Partition.mark_app_valid_cancel_rollback()
        machine.soft_reset()
    """
    assert scenarios.run(script) == ["ota_0", "ota_1", "ota_1" if confirmed else "ota_0"]


def test_unknown_chips_and_broken_recordings_are_named_at_power_up(scenarios):
    for section, text in (
        ({"cs": 5, "chip": "adxl345", "timeline": []}, "chip: adxl345"),
        ({"cs": 5, "chip": "iis3dwb", "timeline": [{"at_s": 0, "file": "odd.i16"}]}, "odd.i16: 7 bytes are no whole"),
    ):
        (scenarios.board.folder / "odd.i16").write_bytes(bytes(7))
        scenarios.board.write({"spi": {"1": section}})
        scenarios.board.start()
        while scenarios.board.running:
            pass
        assert text in scenarios.board.console()


def test_board_json_is_the_contracts_example(scenarios):
    """The example of docs/contracts.md, with its recordings, powers up."""
    scenarios.record("healthy.i16", np.zeros((8, 3)))
    scenarios.record("inner.i16", np.zeros((8, 3)))
    scenarios.record("attitude.i16", np.zeros((8, 7)))
    scenarios.description = json.loads("""
    {"time":{"speed":1.0},
     "spi":{"1":{"cs":5,"chip":"iis3dwb","rate_hz":26667,"timeline":[{"at_s":0,"file":"healthy.i16"},{"at_s":20,"file":"inner.i16"}]}},
     "i2c":{"0":{"104":{"chip":"mpu6050","rate_hz":100,"timeline":[{"at_s":0,"file":"attitude.i16"}]}}},
     "wifi":{"up":true}}""")
    assert scenarios.run("print(1)") == [1]
