"""Brings a board to its prompt, whatever it is doing: printing without end, restarting in a circle, or asleep.

Ctrl-C is sent again and again, because it is heard only while MicroPython runs a program: a board in a crash loop hears
it in the application or in the window that ``boot.py`` leaves, one that sleeps when it wakes. Where the cable has
control lines, the board is reset by them when that alone does not help.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from picket_host.board.diagnosis import explain
from picket_host.board.raw_repl import RawRepl
from picket_host.board.transport import Transport
from picket_host.errors import BoardError
from picket_host.progress import SILENT, Progress

DEFAULT_TIMEOUT_S = 15.0

_CTRL_A, _CTRL_C = b"\x01", b"\x03"
_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_BURST = 12  # Ctrl-Cs before the prompt is asked for
_BURST_PAUSE_S = 0.02  # shorter than the shortest window of boot.py
_ANSWER_S = 0.4
_QUIET_S = 0.08
_FLOOD_S = 1.5  # what a program has printed before it was interrupted is let through for so long
_KEPT = 16_384
_RESET_AFTER_S = 3.0  # of vain attempts; then the control lines are used, again and again after as long
_RESET_PULSE_S = 0.1
_SAYS = "picket-was-heard"


@dataclass(frozen=True)
class Attachment:
    """A board at its raw REPL.

    Attributes:
        repl: ready for programs.
        interrupted: a program ran there, which this has ended.
    """

    repl: RawRepl
    interrupted: bool


def attach(transport: Transport, timeout_s: float = DEFAULT_TIMEOUT_S, progress: Progress = SILENT) -> Attachment:
    """Interrupt what the board does and enter its raw REPL.

    Args:
        transport: the line to the board.
        timeout_s: to go on trying for; as long as a board sleeps at most, if it does.

    Raises:
        BoardError: it did not come to the prompt; says what it does instead, and what to try. The line is lost.
    """
    attempt = _Attempt(transport)
    start = time.monotonic()
    deadline = start + timeout_s
    next_reset = start + _RESET_AFTER_S
    soft_reset = False
    while True:
        last = time.monotonic() >= deadline  # one attempt begins after it, should this program not have run meanwhile
        if attempt.interrupt():
            # What a program has left behind (a timer that prints, a full heap) ends with a soft reset.
            repl = attempt.enter(soft_reset)
            if repl is not None:
                return Attachment(repl, attempt.interrupted)
            soft_reset = True
        if last:
            raise explain(attempt.heard, transport.name)
        now = time.monotonic()
        progress.step("waiting for the board; its reset button helps", done=now - start, total=timeout_s)
        if now >= next_reset:
            reset_by_lines(transport)
            next_reset = now + _RESET_AFTER_S


def reset_by_lines(transport: Transport) -> None:
    """Reset an ESP32 by RTS, which pulls EN, with DTR so that it starts its firmware; nothing without such lines."""
    set_lines = getattr(transport, "set_lines", None)
    if set_lines is not None:
        set_lines(dtr=False, rts=True)
        time.sleep(_RESET_PULSE_S)
        set_lines(dtr=False, rts=False)


class _Attempt:
    """heard: what the board has sent, the newest of it. interrupted: a program's end was among it."""

    def __init__(self, transport: Transport):
        self.heard = b""
        self.interrupted = False
        self._transport = transport

    def interrupt(self) -> bool:
        """Send Ctrl-C for a while, then ask for the raw REPL: whether it answered."""
        for _ in range(_BURST):
            self._transport.write(_CTRL_C)
            self._listen(_BURST_PAUSE_S, _BURST_PAUSE_S)
        self._transport.write(_CTRL_A)
        if _BANNER not in self._listen(_ANSWER_S, _FLOOD_S, until=_BANNER):
            return False
        self._listen(_QUIET_S, _FLOOD_S)  # answers to what lay waiting while the board slept
        return True

    def enter(self, soft_reset: bool) -> RawRepl | None:
        """The raw REPL, when a first program runs there as it should."""
        repl = RawRepl(self._transport)
        try:
            repl.enter(soft_reset)
            return repl if _SAYS.encode() in repl.exec(f"print('{_SAYS}')", timeout_s=3) else None
        except BoardError:
            self._listen(0, 0)  # raises when it is the line that is lost
            return None

    def _listen(self, silence_s: float, limit_s: float, until: bytes | None = None) -> bytes:
        """What comes until it has been silent for so long, or the limit is over, or the text has come."""
        said = b""
        deadline = time.monotonic() + limit_s
        while until is None or until not in said:
            data = self._transport.read(4096, max(0.0, min(silence_s, deadline - time.monotonic())))
            said += data
            if not data or time.monotonic() >= deadline:
                break
        self.heard = (self.heard + said)[-_KEPT:]
        self.interrupted = self.interrupted or b"KeyboardInterrupt" in self.heard
        return said
