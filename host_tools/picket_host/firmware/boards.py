"""The boards that firmware is built for: MicroPython's own definitions, by their names."""

from __future__ import annotations

from dataclasses import dataclass

from picket_host.errors import InputError

MIB = 1 << 20


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes:
        name, variant: MicroPython's names of it.
        target: ESP-IDF's name of the chip.
        mcu: what ``sys.implementation`` and releases call it.
        flash_bytes: of the flash that the board's configuration expects.
        psram: which external memory it can have.
    """

    name: str
    variant: str
    target: str
    mcu: str
    flash_bytes: int
    psram: str

    @property
    def label(self) -> str:
        """The name with the variant: ``ESP32_GENERIC_S3-SPIRAM_OCT``."""
        return f"{self.name}-{self.variant}" if self.variant else self.name


BOARDS = (
    Board("ESP32_GENERIC", "", "esp32", "ESP32", 4 * MIB, "none"),
    Board("ESP32_GENERIC", "SPIRAM", "esp32", "ESP32", 4 * MIB, "quad"),
    Board("ESP32_GENERIC_S2", "", "esp32s2", "ESP32-S2", 4 * MIB, "quad, if it is there"),
    Board("ESP32_GENERIC_S3", "", "esp32s3", "ESP32-S3", 8 * MIB, "quad, if it is there"),
    Board("ESP32_GENERIC_S3", "SPIRAM_OCT", "esp32s3", "ESP32-S3", 8 * MIB, "octal"),
    Board("ESP32_GENERIC_C3", "", "esp32c3", "ESP32-C3", 4 * MIB, "none"),
    Board("ESP32_GENERIC_C6", "", "esp32c6", "ESP32-C6", 4 * MIB, "none"),
)


def find(name: str, variant: str = "") -> Board:
    """The board of this name and variant.

    Raises:
        InputError: there is none.
    """
    for board in BOARDS:
        if (board.name, board.variant) == (name, variant):
            return board
    known = ", ".join(board.label for board in BOARDS)
    raise InputError(f"no board {name}{'-' + variant if variant else ''}", hint=f"one of {known}")
