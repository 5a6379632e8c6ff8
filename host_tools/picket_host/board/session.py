"""A board that is attended to: programs run on it, its files are read and written, and it is left as it was found."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host.board.attach import DEFAULT_TIMEOUT_S, attach
from picket_host.board.opening import open_port
from picket_host.board.raw_repl import BoardTraceback, RawRepl
from picket_host.board.transport import BAUD, Transport
from picket_host.errors import BoardError
from picket_host.progress import SILENT, Progress

_PROGRAMS = Path(__file__).with_name("on_board")
_PIECE_BYTES = 1536  # of a file in one program: a small part of the board's heap
_REAPPEAR_S = 10.0  # a chip with USB of its own leaves the bus at a reset
_QUIET_S = 60.0  # the longest silence of a program

# Also where the application was not well before: this start is meant, and no failure of the application.
RESET = """
import machine
try:
    rtc = machine.RTC()
    kept = rtc.memory()
    if kept[:3] == b"PKB":
        rtc.memory(b"PKB\\0" + kept[4:])
except (AttributeError, ValueError):
    pass
machine.reset()
"""
# Only a boot.py that knows of safe mode takes the mark away again.
_ASK_FOR_SAFE_MODE = """
try:
    import machine
    with open("/boot.py") as f:
        known = any("_ON_REQUEST" in line for line in f)
    if known:
        rtc = machine.RTC()
        kept = rtc.memory()
        rtc.memory(b"PKB\\xff" + (kept[4:] if kept[:3] == b"PKB" else kept))
except (ImportError, AttributeError, OSError, ValueError):
    known = False
print(known)
"""
# Ctrl-C may have come before boot.py saw the mark. And a board that the cable is torn from must not wait for ever.
_SETTLE = """
import machine
rtc = machine.RTC()
rtc.memory(b"PKB\\0" + rtc.memory()[4:])
if hasattr(machine, "Timer"):
    machine.Timer(0).init(mode=machine.Timer.ONE_SHOT, period=3600000, callback=lambda _: machine.reset())
"""


def program(name: str) -> str:
    """The source of a program for the board, from the folder ``on_board``."""
    return (_PROGRAMS / f"{name}.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class FileInfo:
    """A file on the board: absolute path, bytes."""

    path: str
    size: int


class Session:
    """A board at its raw REPL. `connect` makes one.

    Attributes:
        port: the line's name.
        interrupted: the board ran a program, which this ended.
    """

    def __init__(
        self,
        transport: Transport,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        progress: Progress = SILENT,
        reopen: Callable[[], Transport] | None = None,
    ):
        self.port = transport.name
        self._transport = transport
        self._timeout_s = timeout_s
        self._progress = progress
        self._reopen = reopen
        attachment = attach(transport, timeout_s, progress)
        self.interrupted = attachment.interrupted
        self._repl = attachment.repl

    @property
    def repl(self) -> RawRepl:
        """For programs that are talked to; another one after `refresh`."""
        return self._repl

    def run(self, source: str, timeout_s: float | None = _QUIET_S) -> bytes:
        """Run a program and return what it printed. BoardTraceback: how it ended; BoardError: it was silent."""
        return self._repl.exec(source, timeout_s)

    def ask(self, source: str, timeout_s: float = _QUIET_S) -> Any:
        """Run a program whose last line is JSON, and return that."""
        output = self.run(source, timeout_s).decode(errors="replace")
        lines = [line for line in output.splitlines() if line.strip()]
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError) as error:
            said = lines[-1] if lines else "nothing"
            raise BoardError(f"the board answered {said[:60]!r}", self.port, "the same command once more") from error

    def refresh(self) -> None:
        """Restart the board without its application: nothing of it is left in memory, and no watchdog runs.

        Without Picket's boot.py on it, it is a soft reset, which stops no watchdog.
        """
        try:
            known = self._is_true(_ASK_FOR_SAFE_MODE)
        except BoardTraceback:  # no memory is left even for that
            self.soft_reset()
            known = self._is_true(_ASK_FOR_SAFE_MODE)
        except BoardError:  # its watchdog was faster
            self.attach_again()
            known = self._is_true(_ASK_FOR_SAFE_MODE)
        if known:
            with contextlib.suppress(BoardError):  # with USB of its own, the line is lost here
                self._repl.start("import machine\nmachine.reset()")
            self.attach_again()
            self.run(_SETTLE)
        else:
            self.soft_reset()

    def soft_reset(self) -> None:
        """Start MicroPython anew without the application: an empty heap. A watchdog goes on running."""
        self._repl.enter(soft_reset=True)

    def _is_true(self, source: str) -> bool:
        """Whether a program printed True."""
        return self.run(source).strip() == b"True"

    def attach_again(self) -> None:
        """Bring the board to its prompt once more, after it was reset. BoardError: it does not come."""
        deadline = time.monotonic() + _REAPPEAR_S
        while True:
            try:
                self._repl = attach(self._transport, self._timeout_s, self._progress).repl
                return
            except BoardError:
                if self._reopen is None or time.monotonic() > deadline:
                    raise
            self._transport.close()
            with contextlib.suppress(BoardError):
                self._transport = self._reopen()
            time.sleep(0.2)

    def files(self, folder: str = "/") -> list[FileInfo]:
        """All files below a folder, by their paths; none when there is no such folder."""
        found = self.ask(program("files") + f"\nlist_files({folder!r})")
        return [FileInfo(path, size) for path, size in found]

    def read_file(self, path: str) -> bytes:
        """The content of a file. BoardError: there is none, or what came is not what the board sent."""
        try:
            lines = self.run(program("files") + f"\nsend({path!r})").split()
        except BoardTraceback as error:
            raise BoardError(f"{path} can't be read: {_last_line(error)}", self.port) from error
        data = b"".join(base64.b64decode(line) for line in lines[:-1])
        self._check(path, data, lines[-1] if lines else b"")
        return data

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file: beside the old one, checked there, then in its place. BoardError: it could not be written."""
        try:
            self.run(program("files") + f"\nbegin({path!r})")
            for start in range(0, len(data), _PIECE_BYTES):
                self.run(f"append({base64.b64encode(data[start : start + _PIECE_BYTES])!r})")
            self._check(path, data, self.run("digest()").strip())
            self.run("finish()")
        except BoardTraceback as error:
            raise BoardError(f"{path} can't be written: {_last_line(error)}", self.port, _hint(error)) from error

    def remove_file(self, path: str) -> None:
        """Remove a file that may be absent."""
        self.run(f"import os\ntry:\n os.remove({path!r})\nexcept OSError:\n pass")

    def restart(self) -> None:
        """Start the board anew, application and all; the session is over then."""
        with contextlib.suppress(BoardError):
            self._repl.start(RESET)

    def close(self, restart: bool | None = None) -> None:
        """Leave the board, as a rule as it was found: its application starts again if it ran, else it has its prompt.

        Args:
            restart: True: it starts in any case; False: not.
        """
        try:
            if self.interrupted if restart is None else restart:
                self.restart()
            else:
                with contextlib.suppress(BoardError):
                    self._repl.leave()
        finally:
            self._transport.close()

    def _check(self, path: str, data: bytes, digest: bytes) -> None:
        if hashlib.sha256(data).hexdigest().encode() != digest:
            raise BoardError(f"{path} was changed on the way", self.port, "another cable, then once more")


@contextlib.contextmanager
def connect(
    port: str | Path,
    *,
    baud: int = BAUD,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Progress = SILENT,
    restart: bool | None = None,
) -> Iterator[Session]:
    """A session with the board at a port; see `Session.close` for how it is left.

    Raises:
        BoardError: the port can't be used, or the board did not come to its prompt; says why and what to try.
    """
    progress.step(f"opening {port}")
    transport = open_port(port, baud)
    try:
        session = Session(transport, timeout_s, progress, reopen=lambda: open_port(port, baud))
    except BaseException:
        transport.close()
        raise
    try:
        yield session
    finally:
        session.close(restart)


def _last_line(error: BoardTraceback) -> str:
    return (error.traceback.strip().splitlines() or ["no reason given"])[-1]


def _hint(error: BoardTraceback) -> str | None:
    return "remove files from the board: its flash is full" if "28" in _last_line(error) else None
