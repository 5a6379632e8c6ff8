"""Partition tables: two slots that hold the same, nothing overlaps, everything fits."""

from __future__ import annotations

import itertools

import pytest

from picket_host.errors import InputError
from picket_host.firmware import boards, partitions
from picket_host.firmware.plan import board_of


@pytest.mark.parametrize("flash_bytes", sorted({board.flash_bytes for board in boards.BOARDS}))
def test_the_table_is_one_that_esp_idf_takes(flash_bytes):
    table = partitions.table(flash_bytes)
    assert table[0].offset >= 0x9000  # behind the bootloader and the table itself
    for before, after in itertools.pairwise(table):
        assert before.offset + before.size <= after.offset, f"{after.name} begins inside {before.name}"
    assert table[-1].offset + table[-1].size == flash_bytes
    apps = [partition for partition in table if partition.kind == "app"]
    assert [partition.subtype for partition in apps] == ["ota_0", "ota_1"]
    assert apps[0].size == apps[1].size
    assert all(partition.offset % 0x10000 == 0 and partition.size % 0x1000 == 0 for partition in apps)
    # The pointer to the slot that runs has two sectors, so that one of them is always whole.
    assert next(p.size for p in table if p.subtype == "ota" and p.kind == "data") == 0x2000
    assert table[-1].name == "vfs"
    assert table[-1].size >= 700 << 10


def test_the_csv_is_as_esp_idf_reads_it():
    assert partitions.csv(partitions.table(4 << 20)).splitlines() == [
        "# Name, Type, SubType, Offset, Size, Flags",
        "nvs, data, nvs, 0x9000, 0x4000,",
        "otadata, data, ota, 0xd000, 0x2000,",
        "phy_init, data, phy, 0xf000, 0x1000,",
        "ota_0, app, ota_0, 0x10000, 0x1a0000,",
        "ota_1, app, ota_1, 0x1b0000, 0x1a0000,",
        "vfs, data, fat, 0x350000, 0xb0000,",
    ]


def test_boards_are_found_by_name_and_variant():
    assert board_of("ESP32_GENERIC_C3").target == "esp32c3"
    assert board_of("ESP32_GENERIC_S3", "SPIRAM_OCT") == board_of("ESP32_GENERIC_S3-SPIRAM_OCT")
    assert board_of("ESP32_GENERIC_S3").psram != board_of("ESP32_GENERIC_S3", "SPIRAM_OCT").psram
    assert {board.name for board in boards.BOARDS} == {
        "ESP32_GENERIC", "ESP32_GENERIC_S2", "ESP32_GENERIC_S3", "ESP32_GENERIC_C3", "ESP32_GENERIC_C6",
    }  # fmt: skip


def test_an_unknown_board_names_the_known_ones():
    with pytest.raises(InputError, match="no board ESP32_GENERIC_C3-SPIRAM .*ESP32_GENERIC_S3-SPIRAM_OCT"):
        board_of("ESP32_GENERIC_C3", "SPIRAM")
