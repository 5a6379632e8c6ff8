"""What a board that could not be attached to has said, and what that means."""

from __future__ import annotations

import re

from picket_host.errors import BoardError

_QUOTED = 60  # characters of what the board said
_MOSTLY = 0.7

_PORT_CHECK = "is it the right port? picket device list"


def explain(heard: bytes, port: str) -> BoardError:
    """The error for a board that did not come to its prompt.

    Args:
        heard: what it has sent, the newest at the end.
        port: its name.
    """
    if not heard:
        return BoardError(
            "nothing answers",
            port,
            f"{_PORT_CHECK}; press the board's reset button; if it sleeps, wait longer: --timeout 600",
        )
    if b"waiting for download" in heard:
        return BoardError(
            "the chip is in its boot loader, waiting for firmware", port, "let go of BOOT, then press the reset button"
        )
    if b"invalid header" in heard or b"No bootable app" in heard or b"no bootable app" in heard:
        return BoardError("there is no firmware on the board that starts", port, "picket device flash IMAGE")
    if len(re.findall(rb"rst:0x[0-9a-f]", heard)) > 1 and b"Brownout" in heard:
        return BoardError("the board's supply breaks down at each start", port, "another cable, or a powered USB hub")
    if not _is_text(heard):
        return BoardError(
            "what comes is not text: another speed is set", port, "--baud 115200, or 74880, 460800, 921600"
        )
    said = _last_line(heard)
    if _is_micropython(heard):
        return BoardError(
            f"MicroPython runs a program that can't be interrupted; it said {said!r}",
            port,
            "press the reset button, or take the power away for a moment, while this command waits",
        )
    if len(re.findall(rb"rst:0x[0-9a-f]", heard)) > 1:
        return BoardError(f"the firmware starts over and over; it said {said!r}", port, "picket device flash IMAGE")
    return BoardError(
        f"it does not speak MicroPython; it said {said!r}", port, f"{_PORT_CHECK}; picket device flash IMAGE"
    )


def _is_text(heard: bytes) -> bool:
    readable = sum(byte in b"\t\r\n\x1b" or 32 <= byte < 127 for byte in heard)
    return readable >= _MOSTLY * len(heard)


def _is_micropython(heard: bytes) -> bool:
    marks = (b"Traceback (most recent call last)", b"MicroPython", b"MPY: ", b"KeyboardInterrupt", b"SafeMode")
    # Picket's own log looks like "[1234] INFO app: ..."
    return any(mark in heard for mark in marks) or re.search(rb"\[\d+\] (INFO|WARN|ERROR) \w+:", heard) is not None


def _last_line(heard: bytes) -> str:
    lines = [line.strip() for line in heard.decode("ascii", errors="replace").splitlines() if line.strip()]
    # The very last one is cut wherever listening ended.
    line = (lines[-2] if len(lines) > 1 else lines[-1]) if lines else ""
    return line if len(line) <= _QUOTED else line[: _QUOTED - 3] + "..."
