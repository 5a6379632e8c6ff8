"""Firmware images are told by their headers, and nothing is written that does not fit. esptool makes the images."""

from __future__ import annotations

import io

import pytest
from esptool.bin_image import ESP32C3FirmwareImage, ESP32FirmwareImage, ESP32S3FirmwareImage, ImageSegment

from picket_host.board import flash as flash_module
from picket_host.board.flash import read_image, write
from picket_host.errors import BoardError, InputError

_PARTITION_TABLE = b"\xaa\x50\x01\x02" + bytes(28)
_RAM = {"ESP32": 0x3FFB0000, "ESP32-C3": 0x3FC90000, "ESP32-S3": 0x3FC90000}


def _boot_loader(tmp_path, kind, chip):
    image = kind()
    image.entrypoint = 0x40080000
    segment = ImageSegment(_RAM[chip], b"boot loader " * 8, None)
    segment.name = ".data"
    image.segments = [segment]
    path = tmp_path / "loader.bin"
    image.save(str(path))
    return path.read_bytes()


def _firmware(tmp_path, kind=ESP32C3FirmwareImage, chip="ESP32-C3", offset=0):
    """A whole flash's image: boot loader, partition table at 0x8000 of the flash, something behind it."""
    loader = _boot_loader(tmp_path, kind, chip)
    file = tmp_path / "firmware.bin"
    file.write_bytes(loader.ljust(0x8000 - offset, b"\xff") + _PARTITION_TABLE.ljust(0x1000, b"\xff") + b"application")
    return file


class _FakeLoader:
    """A chip's boot loader in memory."""

    def __init__(self, chip="ESP32-C3", flash_bytes=4 << 20, damages=False):
        self.chip = chip
        self.flash_bytes = flash_bytes
        self.flash = bytearray(b"\x00" * (1 << 17))
        self.done = []
        self._damages = damages

    def erase(self):
        self.flash[:] = b"\xff" * len(self.flash)
        self.done.append("erase")

    def write(self, offset, data, progress):
        self.flash[offset : offset + len(data)] = data
        self.done.append("write")
        if self._damages:
            raise BoardError("the flash does not hold what was written")

    def start(self):
        self.done.append("start")


@pytest.mark.parametrize(
    ("kind", "chip", "offset"),
    [
        (ESP32FirmwareImage, "ESP32", 0x1000),
        (ESP32C3FirmwareImage, "ESP32-C3", 0),
        (ESP32S3FirmwareImage, "ESP32-S3", 0),
    ],
)
def test_an_image_tells_its_chip_and_where_it_belongs(tmp_path, kind, chip, offset):
    image = read_image(_firmware(tmp_path, kind, chip, offset))
    assert (image.chip, image.offset) == (chip, offset)


def test_chips_and_offsets_are_those_that_esptool_knows():
    from esptool.targets import CHIP_DEFS

    known = {
        c.IMAGE_CHIP_ID: (c.CHIP_NAME, c.BOOTLOADER_FLASH_OFFSET)
        for c in CHIP_DEFS.values()
        if c.CHIP_NAME != "ESP8266"
    }
    assert {number: known[number] for number in flash_module._CHIPS} == flash_module._CHIPS


def test_an_application_alone_is_refused(tmp_path):
    (tmp_path / "application.bin").write_bytes(
        _boot_loader(tmp_path, ESP32C3FirmwareImage, "ESP32-C3").ljust(0x9000, b"\0")
    )
    with pytest.raises(InputError, match="application alone"):
        read_image(tmp_path / "application.bin")


@pytest.mark.parametrize("content", [b"", b"\xe9", b"MZ" + bytes(100), bytes(100)])
def test_what_is_no_firmware_is_refused(tmp_path, content):
    (tmp_path / "file.bin").write_bytes(content)
    with pytest.raises(InputError, match="no firmware"):
        read_image(tmp_path / "file.bin")


def test_an_image_of_another_chip_is_never_written(tmp_path):
    loader = _FakeLoader("ESP32-S3")
    with pytest.raises(InputError, match="is for ESP32-C3, the board has ESP32-S3"):
        write(loader, "port", read_image(_firmware(tmp_path)), erase=True, dry_run=False)
    assert loader.done == []


def test_an_image_that_is_larger_than_the_flash_is_never_written(tmp_path):
    loader = _FakeLoader(flash_bytes=1 << 15)
    with pytest.raises(InputError, match="the flash has 32768"):
        write(loader, "port", read_image(_firmware(tmp_path)), erase=False, dry_run=False)
    assert loader.done == []


def test_the_whole_image_is_written_and_the_board_started(tmp_path):
    loader = _FakeLoader("ESP32")
    file = _firmware(tmp_path, ESP32FirmwareImage, "ESP32", 0x1000)
    done = write(loader, "port", read_image(file), erase=False, dry_run=False)
    content = file.read_bytes()
    assert loader.flash[0x1000 : 0x1000 + len(content)] == content
    assert loader.flash[:0x1000] == bytes(0x1000)
    assert loader.done == ["write", "start"] and not done.erased


def test_a_dry_run_writes_nothing(tmp_path):
    loader = _FakeLoader()
    done = write(loader, "port", read_image(_firmware(tmp_path)), erase=True, dry_run=True)
    assert loader.done == ["start"]
    assert done.dry_run and not done.erased


def test_a_flash_that_does_not_hold_its_content_is_an_error(tmp_path):
    with pytest.raises(BoardError, match="does not hold"):
        write(_FakeLoader(damages=True), "port", read_image(_firmware(tmp_path)), erase=False, dry_run=False)


def test_without_a_boot_loader_the_error_says_how_to_start_it(tmp_path, monkeypatch):
    import esptool

    def refuse(port):
        raise esptool.FatalError("Failed to connect to Espressif device: No serial data received.\nmore")

    monkeypatch.setattr("esptool.cmds.detect_chip", refuse)
    monkeypatch.setattr(flash_module, "open_port", lambda port: io.BytesIO())
    with pytest.raises(BoardError, match="No serial data received.$|No serial data received. \\(") as raised:
        flash_module.flash("/dev/ttyUSB0", _firmware(tmp_path))
    assert "hold BOOT" in raised.value.hint
