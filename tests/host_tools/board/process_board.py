"""A board that starts in milliseconds: programs run in processes of real MicroPython, on a folder as their flash."""

from __future__ import annotations

import functools
import os
import select
import subprocess
from pathlib import Path

from picket_host.errors import BoardError
from picket_host.simulator import build

_interpreter = functools.cache(build.build)  # looks at all its sources each time


class ProcessTransport:
    """Standard input and output of the program that runs.

    Attributes:
        left: bytes that still get through before the cable is pulled; None: all.
    """

    name = "process"

    def __init__(self) -> None:
        self.left: int | None = None
        self.sent = 0
        self.process: subprocess.Popen | None = None

    def read(self, n: int, timeout_s: float) -> bytes:
        if self.process is None:
            raise BoardError("the connection to the board is lost", self.name)
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], timeout_s)[0]:
            return b""
        data = os.read(descriptor, n)
        if not data:
            raise BoardError("the connection to the board is lost", self.name)
        return data

    def write(self, data: bytes) -> None:
        if self.process is None:
            raise BoardError("the connection to the board is lost", self.name)
        through = self.count(data)
        self.process.stdin.write(through)
        self.process.stdin.flush()
        if len(through) < len(data):
            self.pull()
            raise BoardError("the connection to the board is lost", self.name)

    def count(self, data: bytes) -> bytes:
        """As much of the data as gets through before the cable is pulled."""
        through = data if self.left is None else data[: self.left]
        self.sent += len(through)
        if self.left is not None:
            self.left -= len(through)
        return through

    @property
    def in_waiting(self) -> int:
        return 0

    def pull(self) -> None:
        """Cable and power go at once."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def close(self) -> None:
        self.pull()


class ProcessRepl:
    """The methods of a ``RawRepl``. Programs count as sent over the line."""

    def __init__(self, transport: ProcessTransport | None = None, heap: str = "400k"):
        self.transport = transport or ProcessTransport()
        self._heap = heap

    def enter(self, soft_reset: bool = False, timeout_s: float = 10.0) -> None:
        self.transport.pull()

    def start(self, source: str) -> None:
        self.transport.pull()
        if len(self.transport.count(source.encode())) < len(source.encode()):
            raise BoardError("the connection to the board is lost", self.transport.name)
        self.transport.process = subprocess.Popen(
            [_interpreter(), "-X", f"heapsize={self._heap}", "-c", source],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )

    def read(self, n: int, timeout_s: float) -> bytes:
        return self.transport.read(n, timeout_s)

    def follow(self, timeout_s: float | None = None) -> bytes:
        process, self.transport.process = self.transport.process, None
        output, errors = process.communicate(timeout=timeout_s)
        if process.returncode:
            raise BoardError(errors.decode(), self.transport.name)
        return output

    def exec(self, source: str, timeout_s: float | None = 10.0) -> bytes:
        self.start(source)
        return self.follow(timeout_s)


def files(flash: Path) -> dict[str, bytes]:
    """Content of every file by its path on the flash."""
    return {f"/{path.relative_to(flash)}": path.read_bytes() for path in sorted(flash.rglob("*")) if path.is_file()}
