"""The partition table: two slots for the application, so that a new one is tried beside the old, and the file system.

The bootloader starts the slot that ``otadata`` names, and goes back to the other one unless the application confirms
itself (``esp32.Partition.mark_app_valid_cancel_rollback``).
"""

from __future__ import annotations

from dataclasses import dataclass

_SECTOR = 0x1000
_APP_ALIGN = 0x10000
_TABLE_END = 0x9000  # the bootloader and the table itself lie below
# Room for one application by the size of the flash.
_APP_BYTES = {4 << 20: 0x1A0000, 8 << 20: 0x270000}


@dataclass(frozen=True)
class Partition:
    """One entry of the table; offset and size in bytes."""

    name: str
    kind: str
    subtype: str
    offset: int
    size: int


def table(flash_bytes: int) -> tuple[Partition, ...]:
    """The table for a flash of this size (4 or 8 MiB)."""
    app = _APP_BYTES[flash_bytes]
    first = _APP_ALIGN
    files = first + 2 * app
    return (
        Partition("nvs", "data", "nvs", _TABLE_END, 4 * _SECTOR),
        Partition("otadata", "data", "ota", 0xD000, 2 * _SECTOR),
        Partition("phy_init", "data", "phy", 0xF000, _SECTOR),
        Partition("ota_0", "app", "ota_0", first, app),
        Partition("ota_1", "app", "ota_1", first + app, app),
        # MicroPython looks for this name and puts littlefs into it, whatever the subtype says.
        Partition("vfs", "data", "fat", files, flash_bytes - files),
    )


def csv(partitions: tuple[Partition, ...]) -> str:
    """The table as ESP-IDF reads it."""
    lines = [f"{p.name}, {p.kind}, {p.subtype}, {p.offset:#x}, {p.size:#x}," for p in partitions]
    return "\n".join(["# Name, Type, SubType, Offset, Size, Flags", *lines, ""])
