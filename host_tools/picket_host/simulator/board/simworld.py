"""The simulated board's surroundings: reads board.json and holds the chips, for the fakes of `machine` and `network`.

A reset of the board builds the chips anew (on a real board they would keep their registers; drivers must not count on
either), while the surroundings' clock goes on: a machine does not heal because its monitor restarted.
"""

import errno
import json
import time

import _sim
from chips.track import Track
from micropython import const

_PINS = const(50)

files = None  # BOARD_DIR, out of the device's sight
levels = bytearray(_PINS)
spi = {}  # bus -> the chip on it
i2c = {}  # bus -> {address -> chip}
select_pins = {}  # pin -> the chip whose CS it drives
interrupt_pins = {}  # pin -> the chip whose INT1 drives it
adc = {}  # pin -> Track of millivolts
i2s = {}  # bus -> Track of a microphone's samples
camera = None  # ImageSensor
wifi = {"up": True}
speed = sleep_speed = 1.0  # simulated seconds in one of the host, awake and asleep
unique_id = b"\x02\x00\x00\x00\x00\x01"

_CHIP_OPTIONS = ("who_am_i", "accel_g", "gyro_dps")

_reload_pending = False


def attach(board_dir):
    """Take the open folder of the board (a HostFolder that is not mounted) and build what its board.json describes."""
    global files, speed, sleep_speed
    files = board_dir
    settings = _load().get("time", {})
    speed = settings.get("speed", 1.0)
    sleep_speed = settings.get("sleep_speed", speed)
    _sim.speed(speed)
    if "unix_s" in settings:
        _sim.clock_at_power_on(settings["unix_s"])


def poll():
    """Read board.json again when that was asked for. Cheap otherwise: the fakes call it on every transfer.

    A chip takes its new timeline whole or keeps the old one; the first error ends the reading.
    """
    global _reload_pending
    if _sim.reload_requested():
        _reload_pending = True
    if _reload_pending:
        try:
            _load()
        except MemoryError:
            return  # the device has locked its heap: at the next transfer
        except (OSError, ValueError, KeyError) as error:
            print("simworld: board.json is left as it was:", error)
        else:
            print("SURROUNDINGS changed at", time.ticks_ms(), "ms")
        _reload_pending = False


def _load():
    global wifi, unique_id, camera
    with files.open("board.json", "r") as f:
        board = json.load(f)
    now_us = _sim.world_us()
    new_spi, new_i2c, new_adc, new_i2s, new_select, new_interrupt = {}, {}, {}, {}, {}, {}
    for bus, section in board.get("spi", {}).items():
        bus = int(bus)
        chip = _chip(section, spi.get(bus), now_us)
        new_spi[bus] = chip
        new_select[section["cs"]] = chip
        if "int1" in section:
            new_interrupt[section["int1"]] = chip
    for bus, sections in board.get("i2c", {}).items():
        bus = int(bus)
        old = i2c.get(bus, {})
        new_i2c[bus] = {int(addr): _chip(section, old.get(int(addr)), now_us) for addr, section in sections.items()}
    for pin, section in board.get("adc", {}).items():
        pin = int(pin)
        new_adc[pin] = adc.get(pin) or Track(files, 2, section.get("rate_hz", 1), section.get("period_s", 1))
        new_adc[pin].load(section["timeline"], now_us)
    for bus, section in board.get("i2s", {}).items():
        bus = int(bus)
        new_i2s[bus] = i2s.get(bus) or Track(files, 2, section["rate_hz"])
        new_i2s[bus].load(section["timeline"], now_us)
    # In place, because the fakes hold these objects.
    news = (new_spi, new_i2c, new_adc, new_i2s, new_select, new_interrupt)
    for old, new in zip((spi, i2c, adc, i2s, select_pins, interrupt_pins), news):  # noqa: B905 - zip() has no strict here
        old.clear()
        old.update(new)
    camera = _camera(board["camera"], now_us) if "camera" in board else None
    wifi = board.get("wifi", wifi)
    unique_id = bytes.fromhex(board["unique_id"]) if "unique_id" in board else unique_id
    return board


def _chip(section, present, now_us):
    """The chip of a section of board.json: the present one, if it is of that kind, with the new timeline."""
    kind = _kind(section["chip"])
    if present is None or type(present) is not kind:
        options = {name: section[name] for name in _CHIP_OPTIONS if name in section}
        track = Track(files, kind.FRAME_BYTES, section.get("rate_hz", kind.RATE_HZ), section.get("period_s", 1))
        present = kind(track, _sim.world_us, **options)
    present.track.load(section["timeline"], now_us)
    return present


def _camera(section, now_us):
    """The camera's sensor: the present one, if it has that size, with the new timeline."""
    from chips.image_sensor import ImageSensor

    width, height = section["width"], section["height"]
    present = camera
    if present is None or present.size != (width, height):
        present = ImageSensor((width, height), Track(files, width * height, section.get("rate_hz", 10)), _sim.world_us)
    present.track.load(section["timeline"], now_us)
    return present


def _kind(name):
    if name == "iis3dwb":
        from chips.iis3dwb import IIS3DWB

        return IIS3DWB
    if name == "mpu6050":
        from chips.mpu6050 import MPU6050

        return MPU6050
    if name == "max30102":
        from chips.max30102 import MAX30102

        return MAX30102
    if name == "sht3x":
        from chips.sht3x import SHT3x

        return SHT3x
    if name == "bh1750":
        from chips.bh1750 import BH1750

        return BH1750
    raise ValueError(f"chip: {name} is none that the simulator has")


def i2c_chip(bus, addr):
    """The chip that answers at the address, or ENODEV as when nobody acknowledges."""
    poll()
    chips = i2c.get(bus)
    chip = chips.get(addr) if chips is not None else None
    if chip is None:
        raise OSError(errno.ENODEV)
    return chip
