"""What a board prints, line by line, without disturbing it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from picket_host.board.transport import Transport

_LINE = re.compile(r"\[(\d+)\] (INFO|WARN|ERROR) ([^:]+): (.*)")
_LONGEST = 4096  # bytes of a line
_LISTEN_S = 0.2
_REST_S = 0.5  # a line that takes longer between two bytes has ended


@dataclass(frozen=True)
class LogLine:
    """A line of the console.

    Attributes:
        text: the line, or of a line of Picket's log what follows the tag.
        ticks_ms, level, tag: of a line of Picket's log (``INFO``, ``WARN``, ``ERROR``); else None.
    """

    text: str
    ticks_ms: int | None = None
    level: str | None = None
    tag: str | None = None


def parse(line: str) -> LogLine:
    """A line as `picket.log` prints it, or any other."""
    match = _LINE.fullmatch(line)
    return LogLine(match[4], int(match[1]), match[2], match[3]) if match else LogLine(line)


def follow(transport: Transport, seconds: float | None = None) -> Iterator[LogLine]:
    """The lines that come from now on.

    Args:
        seconds: to listen for; None: without end.

    Raises:
        BoardError: the line is lost.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    rest = b""
    while deadline is None or time.monotonic() < deadline:
        *lines, rest = _split(rest + transport.read(4096, _LISTEN_S))
        for line in lines:
            yield parse(line.decode(errors="replace"))
        if len(rest) > _LONGEST:
            yield parse(rest.decode(errors="replace"))
            rest = b""
    if rest:
        yield _last(transport, rest)


def _split(data: bytes) -> list[bytes]:
    return data.replace(b"\r\n", b"\n").split(b"\n")


def _last(transport: Transport, begun: bytes) -> LogLine:
    """The line that was being printed when the time was up, to its end; what gets none is no line of the log."""
    while len(begun) <= _LONGEST and (more := transport.read(256, _REST_S)):
        begun += more
        line, *ended = _split(begun)
        if ended:
            return parse(line.decode(errors="replace"))
    return LogLine(begun.decode(errors="replace"))
