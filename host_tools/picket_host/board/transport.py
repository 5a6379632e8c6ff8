"""The line to a board: a byte stream in both directions. ``SerialTransport`` is a cable or a pty, ``LoopbackTransport``
one end of a line inside this process."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Protocol

import serial

from picket_host.errors import BoardError

BAUD = 115_200
_WRITE_TIMEOUT_S = 30.0  # longer than any board works without reading
_EVER = 3600.0
_SLICE_S = 0.5  # a wait consists of such: a host that stood still has lost one of them, not the whole


class Transport(Protocol):
    """A line to a board.

    Attributes:
        name: for messages: the port, or what stands for it.
    """

    name: str

    def read(self, n: int, timeout_s: float) -> bytes:
        """1 to ``n`` bytes as soon as there are any; none when the time is over. BoardError: the line is lost."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of the bytes. BoardError: the line is lost, or the board has not taken them for half a minute."""
        ...

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        ...

    def close(self) -> None:
        """Let go of the line; harmless when that has been done."""
        ...


class SerialTransport:
    """A serial port: of a USB cable, or the pty of an emulated board. Nobody else can open it meanwhile.

    Args:
        port: as the operating system names it: ``/dev/ttyUSB0``, ``COM5``, ``/dev/pts/3``, or a link to one.
        baud: means nothing for a pty and for a chip with USB of its own.

    Raises:
        BoardError: the port can't be opened; ``__cause__`` is what the operating system said.
    """

    def __init__(self, port: str | Path, baud: int = BAUD):
        self.name = str(port)
        self._port = serial.Serial(baudrate=baud, timeout=0, write_timeout=_WRITE_TIMEOUT_S, exclusive=True)
        self._port.port = self.name
        if os.name == "nt":
            # There, DTR and RTS as they are by default hold an ESP32 in reset, or make it start its boot loader.
            self._port.dtr = False
            self._port.rts = False
        try:
            self._port.open()
        except OSError as error:
            raise _not_opened(self.name, error) from error

    def read(self, n: int, timeout_s: float) -> bytes:
        try:
            waiting = self._port.in_waiting
            if not waiting:
                first = self._first(timeout_s)
                waiting = self._port.in_waiting if first and n > 1 else 0
                return first + self._port.read(min(n - 1, waiting)) if waiting else first
            return self._port.read(min(n, waiting))
        except (OSError, TypeError) as error:  # TypeError: pyserial's, when the port was closed meanwhile
            raise _lost(self.name) from error

    def _first(self, timeout_s: float) -> bytes:
        """The next byte, none when the time is over."""
        while True:
            self._port.timeout = min(timeout_s, _SLICE_S)
            first = self._port.read(1)
            timeout_s -= _SLICE_S
            if first or timeout_s <= 0:
                return first

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            hint = "reset the board, then once more"
            raise BoardError("the board does not take what is sent to it", self.name, hint) from error
        except (OSError, TypeError) as error:
            raise _lost(self.name) from error

    @property
    def in_waiting(self) -> int:
        try:
            return self._port.in_waiting
        except (OSError, TypeError) as error:
            raise _lost(self.name) from error

    def set_lines(self, *, dtr: bool, rts: bool) -> None:
        """Drive the control lines, by which the usual circuits reset an ESP32; a pty has none and ignores it.

        Raises:
            BoardError: the line is lost.
        """
        try:
            self._port.dtr = dtr
            self._port.rts = rts
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):
                raise _lost(self.name) from error

    def close(self) -> None:
        self._port.close()

    def __enter__(self) -> SerialTransport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class LoopbackTransport:
    """One end of a line inside this process; ``pair`` makes both. What one end writes, the other reads.

    The ends may be used from two threads. Once an end is closed, the other reads what is under way and then finds the
    line lost.
    """

    def __init__(self, name: str):
        self.name = name
        self._received = bytearray()
        self._change = threading.Condition()
        self._open = True
        self._peer: LoopbackTransport | None = None

    @classmethod
    def pair(cls, name: str = "loopback") -> tuple[LoopbackTransport, LoopbackTransport]:
        """The host's end and the board's."""
        host, board = cls(name), cls(f"{name} (board's end)")
        host._peer, board._peer = board, host
        board._change = host._change
        return host, board

    def read(self, n: int, timeout_s: float) -> bytes:
        with self._change:
            self._change.wait_for(lambda: self._received or not self._whole, min(timeout_s, _EVER))
            if not self._received and not self._whole:
                raise _lost(self.name)
            data = bytes(self._received[:n])
            del self._received[:n]
            return data

    def write(self, data: bytes) -> None:
        with self._change:
            if not self._whole:
                raise _lost(self.name)
            assert self._peer is not None
            self._peer._received += data
            self._change.notify_all()

    @property
    def in_waiting(self) -> int:
        with self._change:
            return len(self._received)

    def close(self) -> None:
        with self._change:
            self._open = False
            self._change.notify_all()

    @property
    def _whole(self) -> bool:
        return self._open and self._peer is not None and self._peer._open


def _not_opened(name: str, error: OSError) -> BoardError:
    number = error.errno
    if number == errno.ENOENT:
        return BoardError("there is no such port", name, "plug the board in, then: picket device list")
    if number == errno.EACCES:
        return BoardError("no permission to use the port", name, "sudo usermod -a -G dialout $USER, then log in again")
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "lock" in str(error):
        return BoardError("another program uses the port", name, "end it: a terminal, an IDE, mpremote, another picket")
    return BoardError(f"the port can't be opened: {error}", name, "picket device list")


def _lost(name: str) -> BoardError:
    return BoardError("the connection to the board is lost", name, "look at the cable, then run the same command again")
