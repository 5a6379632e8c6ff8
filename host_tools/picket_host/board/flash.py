"""Writes firmware to an ESP32 by its ROM boot loader: the image is checked against the chip before, the flash after."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from picket_host.board.opening import open_port
from picket_host.errors import BoardError, InputError
from picket_host.progress import SILENT, Progress

# Numbers of ESP-IDF's image headers (esp_chip_id_t): the chip, and where its boot loader stands, with which an image of
# a whole flash begins.
_CHIPS = {
    0: ("ESP32", 0x1000),
    2: ("ESP32-S2", 0x1000),
    5: ("ESP32-C3", 0),
    9: ("ESP32-S3", 0),
    12: ("ESP32-C2", 0),
    13: ("ESP32-C6", 0),
    16: ("ESP32-H2", 0),
    18: ("ESP32-P4", 0x2000),
    23: ("ESP32-C5", 0x2000),
}
_IMAGE_MAGIC = 0xE9
_HEADER = struct.Struct("<BBBBIBBBBHBHH4xB")  # esp_image_header_t, 24 bytes
_CHIP_FIELD = 9
_PARTITION_TABLE_AT = 0x8000  # of the flash
_PARTITION_MAGIC = b"\xaa\x50"
_FAST_BAUD = 460_800


@dataclass(frozen=True)
class FirmwareImage:
    """A firmware file: boot loader, partition table and application in one.

    Attributes:
        chip: what it was built for, as ``ESP32-C3``.
        offset: where in the flash it begins.
        sha256: of the file, hexadecimal.
    """

    file: Path
    chip: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Flashed:
    """What was done, or would be: with ``dry_run`` only the chip was asked.

    Attributes:
        chip: what the chip says it is.
        erased: the whole flash was erased, file system and all.
    """

    port: str
    chip: str
    image: FirmwareImage
    erased: bool
    dry_run: bool


class Loader(Protocol):
    """A chip's boot loader.

    Attributes:
        chip: what it says it is, as ``ESP32-C3``.
        flash_bytes: the size of its flash; None when it does not tell.
    """

    chip: str
    flash_bytes: int | None

    def erase(self) -> None:
        """Erase the whole flash."""

    def write(self, offset: int, data: bytes, progress: Progress) -> None:
        """Write and check. BoardError: the flash does not hold what was written."""

    def start(self) -> None:
        """Leave the boot loader: the firmware starts."""


def read_image(file: Path) -> FirmwareImage:
    """What a firmware file is, by its own headers.

    Raises:
        InputError: it can't be read, is no image of Espressif's chips, or an application without boot loader.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file) from error
    if len(data) < _HEADER.size or data[0] != _IMAGE_MAGIC:
        raise InputError(
            "is no firmware for these chips", file, "a .bin file that picket build firmware or MicroPython made"
        )
    number = _HEADER.unpack_from(data)[_CHIP_FIELD]
    if number not in _CHIPS:
        raise InputError(f"is for a chip that is not known here (number {number})", file)
    chip, offset = _CHIPS[number]
    table = _PARTITION_TABLE_AT - offset
    if data[table : table + len(_PARTITION_MAGIC)] != _PARTITION_MAGIC:
        hint = "firmware.bin instead: boot loader, partition table and application in one file"
        raise InputError("is an application alone: written to the beginning it would not start", file, hint)
    return FirmwareImage(file, chip, offset, len(data), hashlib.sha256(data).hexdigest())


def flash(port: str, file: Path, *, erase: bool = False, dry_run: bool = False, progress: Progress = SILENT) -> Flashed:
    """Write a firmware to the chip at a port. The files stay, unless the partitions differ or ``erase`` is given.

    Raises:
        InputError: the file is no firmware for this chip, or too large. BoardError: the port can't be used, no boot
            loader answers, or the flash does not hold what was written.
    """
    image = read_image(file)
    open_port(port).close()  # says better than the loader why it can't be used
    progress.step("looking for the chip's boot loader")
    with _esptool(port) as loader:
        return write(loader, port, image, erase=erase, dry_run=dry_run, progress=progress)


def write(
    loader: Loader, port: str, image: FirmwareImage, *, erase: bool, dry_run: bool, progress: Progress = SILENT
) -> Flashed:
    """As `flash`, by a boot loader that answers already."""
    if loader.chip != image.chip:
        raise InputError(
            f"is for {image.chip}, the board has {loader.chip}", image.file, f"the firmware for {loader.chip}"
        )
    if loader.flash_bytes is not None and image.offset + image.size > loader.flash_bytes:
        raise InputError(f"needs {image.offset + image.size} bytes, the flash has {loader.flash_bytes}", image.file)
    data = image.file.read_bytes()
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise InputError("has changed meanwhile", image.file, "the same command once more")
    if not dry_run:
        if erase:
            progress.step("erasing the whole flash")
            loader.erase()
        loader.write(image.offset, data, progress)
    loader.start()
    return Flashed(port, loader.chip, image, erase and not dry_run, dry_run)


@contextmanager
def _esptool(port: str) -> Iterator[Loader]:
    """The boot loader at a port by esptool. Its own output is dropped, its errors become BoardErrors."""
    import esptool
    from esptool import cmds
    from serial import SerialException

    esptool.log.set_verbosity("silent")
    try:
        chip = cmds.detect_chip(port)
        try:
            yield _Esptool(cmds, chip)
        finally:
            chip._port.close()
    except (esptool.FatalError, SerialException, OSError) as error:
        hint = "hold BOOT while you press the reset button, let go of it, then run the same command again"
        raise BoardError(f"the chip's boot loader: {str(error).splitlines()[0]}", port, hint) from error


class _Esptool:
    """See `Loader`."""

    def __init__(self, cmds, chip):
        self.chip = chip.CHIP_NAME
        self._cmds = cmds
        self._esp = cmds.run_stub(chip)
        self._esp.change_baud(_FAST_BAUD)
        cmds.attach_flash(self._esp)
        self.flash_bytes = _bytes_of(cmds.detect_flash_size(self._esp))

    def erase(self) -> None:
        self._cmds.erase_flash(self._esp)

    def write(self, offset: int, data: bytes, progress: Progress) -> None:
        progress.step("writing; don't unplug")
        self._cmds.write_flash(self._esp, [(offset, data)], no_progress=True)
        progress.step("comparing the flash with the image")
        self._cmds.verify_flash(self._esp, [(offset, data)])  # raises FatalError at the first difference

    def start(self) -> None:
        self._cmds.reset_chip(self._esp, "hard-reset")


def _bytes_of(size: str | None) -> int | None:
    """``4MB`` as esptool writes it."""
    units = {"KB": 1 << 10, "MB": 1 << 20}
    return int(size[:-2]) * units[size[-2:]] if size and size[-2:] in units else None
