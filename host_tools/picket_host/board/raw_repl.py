"""MicroPython's raw REPL over any ``Transport``: mpremote's protocol, with waits that block instead of polling."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from types import TracebackType

import mpremote.transport_serial
from mpremote.transport import TransportError

from picket_host.board.transport import Transport
from picket_host.errors import BoardError

_ANSWER_S = 10.0  # within which a board at its prompt answers
_LAST_S = 0.5  # for what has come while this program did not run
_END = b"\x04"


class BoardTraceback(BoardError):
    """A program ended with an exception on the board.

    Attributes:
        output: what it had printed until then.
        traceback: as MicroPython shows it.
    """

    def __init__(self, where: str, output: bytes, traceback: str):
        lines = traceback.strip().splitlines() or ["no traceback"]
        super().__init__(f"the program ended with {lines[-1]}", where)
        self.output = output
        self.traceback = traceback


class RawRepl:
    """The raw REPL at the other end of a transport. As a context manager it leaves the raw REPL at the end.

    Every method raises BoardError when the line is lost or the board does not answer as a raw REPL does.
    """

    def __init__(self, transport: Transport):
        self.transport = transport
        self._line = _Line(transport)
        self._protocol = _Protocol(self._line)

    def enter(self, soft_reset: bool = False, timeout_s: float = 10.0) -> None:
        """Interrupt what runs, once, and enter the raw REPL.

        Args:
            soft_reset: start MicroPython anew, so that the heap is empty; ``boot.py`` runs, ``main.py`` does not.
            timeout_s: for each of the board's answers.
        """
        with self._explained("the board does not answer as MicroPython does", "press its reset button, then once more"):
            self._protocol.enter_raw_repl(soft_reset, timeout_overall=timeout_s)

    def leave(self) -> None:
        """Back to the friendly REPL."""
        self._protocol.exit_raw_repl()

    def start(self, program: str | bytes) -> None:
        """Send a program, in raw-paste mode with flow control where the board has it, and return as it starts."""
        with self._explained("the board did not take the program", "press its reset button, then once more"):
            self._protocol.exec_raw_no_follow(program)

    def follow(self, timeout_s: float | None = None, consumer: Callable[[bytes], None] | None = None) -> bytes:
        """Wait for the end of the program that was started.

        Args:
            timeout_s: the longest silence; None: for ever.
            consumer: called with each piece of output as it comes; then the output is not kept.

        Returns:
            What the program printed; empty with a consumer.

        Raises:
            BoardTraceback: it ended with an exception. BoardError: it was silent for too long.
        """
        output = self._until_end(timeout_s, consumer)
        traceback = self._until_end(_ANSWER_S, None)
        if traceback:
            raise BoardTraceback(self.transport.name, output, traceback.decode(errors="replace").replace("\r\n", "\n"))
        return output

    def exec(self, program: str | bytes, timeout_s: float | None = 10.0) -> bytes:
        """Run a program and return what it printed. Raises as ``start`` and ``follow`` do."""
        self.start(program)
        return self.follow(timeout_s)

    def read(self, n: int, timeout_s: float) -> bytes:
        """As the transport's, for who talks to a program that was started."""
        return self._line.take(n, timeout_s)

    def _until_end(self, timeout_s: float | None, consumer: Callable[[bytes], None] | None) -> bytes:
        kept = bytearray()
        while True:
            piece, ended = self._line.take_until(_END, timeout_s)
            if consumer is None:
                kept += piece
            elif piece:
                consumer(piece)
            if ended:
                return bytes(kept)
            if not piece:
                raise BoardError(f"the program was silent for {timeout_s:g} s", self.transport.name)

    @contextlib.contextmanager
    def _explained(self, what: str, hint: str):
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not expect
                yield
        except (TransportError, _Silence) as error:
            raise BoardError(what, self.transport.name, hint) from error

    def __enter__(self) -> RawRepl:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(BoardError):
            self.leave()


class _Silence(Exception):
    """The board said nothing where its protocol demands an answer."""


class _Line:
    """A transport in the shape of the pyserial port that mpremote works on, with what it has read ahead."""

    def __init__(self, transport: Transport):
        self._transport = transport
        self._ahead = bytearray()

    def take(self, n: int, timeout_s: float) -> bytes:
        """1 to n bytes; empty after the time."""
        if not self._ahead:
            return self._transport.read(n, timeout_s)
        data = bytes(self._ahead[:n])
        del self._ahead[:n]
        return data

    def take_until(self, mark: bytes, timeout_s: float | None) -> tuple[bytes, bool]:
        """What there is up to a mark of one byte (without it), and whether the mark came; empty after the silence."""
        if not self._ahead:
            self._ahead += self._wait(timeout_s)
        at = self._ahead.find(mark)
        piece = bytes(self._ahead if at < 0 else self._ahead[:at])
        del self._ahead[: len(piece) + (at >= 0)]
        return piece, at >= 0

    def _wait(self, timeout_s: float | None) -> bytes:
        if timeout_s is not None:
            return self._transport.read(4096, timeout_s)
        while True:  # Ctrl-C gets through between two reads on every system
            data = self._transport.read(4096, 1.0)
            if data:
                return data

    def read(self, n: int) -> bytes:
        data = bytearray()
        while len(data) < n:
            more = self.take(n - len(data), _ANSWER_S)
            if not more:
                raise _Silence
            data += more
        return bytes(data)

    def write(self, data: bytes) -> int:
        self._transport.write(data)
        return len(data)

    def inWaiting(self) -> int:  # noqa: N802, pyserial's name
        return len(self._ahead) + self._transport.in_waiting

    def read_until(self, ending: bytes, silence_s: float | None, overall_s: float | None) -> bytes:
        """What there is up to and with the ending, or what came until one of the times was over."""
        data = bytearray()
        deadline = None if overall_s is None else time.monotonic() + overall_s
        over = False
        while not data.endswith(ending) and not over:
            wait = silence_s
            if deadline is not None:
                left = deadline - time.monotonic()
                over = left <= 0
                left = max(left, _LAST_S)
                wait = left if wait is None else min(wait, left)
            piece, found = self.take_until(ending[-1:], wait)
            if not piece and not found:
                break
            data += piece
            if found:
                data += ending[-1:]
        return bytes(data)


class _Protocol(mpremote.transport_serial.SerialTransport):
    """mpremote's raw REPL protocol on a line that is open already."""

    def __init__(self, line: _Line):
        # Not the base's: that opens a port. These are the attributes that its protocol uses.
        self.in_raw_repl = False
        self.use_raw_paste = True
        self.mounted = False
        self.serial = line

    def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None, timeout_overall=None):
        """As the base's, which looks for a byte every 10 ms."""
        return self.serial.read_until(ending, timeout, timeout_overall)
