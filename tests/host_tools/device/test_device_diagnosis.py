"""What a board has said is taken for what it is. The texts are those of Espressif's ROMs and of MicroPython."""

from __future__ import annotations

import pytest

from picket_host.board.diagnosis import explain

_ROM = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x%d\r\n"
_CASES = {
    "silence": (b"", "nothing answers", "reset button"),
    "boot loader": (
        _ROM % 3 + b"waiting for download\r\n",
        "waiting for firmware",
        "let go of BOOT",
    ),
    "boot loader of newer chips": (
        b"ESP-ROM:esp32c3-api1\r\nrst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download\r\n",
        "waiting for firmware",
        "let go of BOOT",
    ),
    "empty flash": (
        b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\ninvalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n",
        "no firmware",
        "picket device flash",
    ),
    "weak supply": (
        2 * (b"\r\nBrownout detector was triggered\r\n\r\n" + _ROM % 13),
        "supply breaks down",
        "USB hub",
    ),
    "wrong speed": (bytes((17 * i + 128) % 256 for i in range(300)), "another speed", "--baud"),
    "another firmware": (b"AT+RST\r\n\r\nready\r\nWIFI DISCONNECT\r\n", "does not speak MicroPython", "right port"),
    "firmware in a circle": (
        2 * (_ROM % 13 + b"Guru Meditation Error: Core 0 panic'ed\r\n"),
        "starts over and over",
        "picket device flash",
    ),
    "a deaf program": (
        b"[1200] INFO app: boot 7\r\n[2200] INFO wifi: connecting\r\n[",
        "can't be interrupted",
        "reset",
    ),
    "a deaf program that failed": (
        b"Traceback (most recent call last):\r\n  File\r\n",
        "can't be interrupted",
        "reset",
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_what_is_heard_is_explained(name):
    heard, what, hint = _CASES[name]
    error = explain(heard, "/dev/ttyUSB0")
    assert what in error.what
    assert hint in error.hint
    assert error.where == "/dev/ttyUSB0"


def test_long_lines_are_cut():
    error = explain(b"x" * 500 + b"\r\n", "/dev/ttyUSB0")
    assert "xxx..." in error.what
    assert len(error.what) < 150
