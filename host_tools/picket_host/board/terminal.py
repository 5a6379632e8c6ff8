"""A terminal to a board: keys go there, what it prints comes here, Ctrl-] leaves."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from picket_host.board.transport import Transport
from picket_host.errors import BoardError

LEAVE = b"\x1d"  # Ctrl-]
_KEY_S = 0.01
_PRINT_S = 0.1


class Keyboard(Protocol):
    """A terminal in raw mode, as mpremote's ``Console`` is."""

    def readchar(self) -> bytes | None:
        """A key, or None when none was pressed."""

    def write(self, data: bytes) -> None:
        """Show what the board says."""


def talk(transport: Transport, keyboard: Keyboard) -> None:
    """Connect a terminal with a board until Ctrl-] is pressed.

    Raises:
        BoardError: the line is lost.
    """
    over = threading.Event()
    lost: list[BoardError] = []

    def show() -> None:
        try:
            while not over.is_set():
                data = transport.read(4096, _PRINT_S)
                if data:
                    keyboard.write(data)
        except BoardError as error:
            lost.append(error)
            over.set()

    printer = threading.Thread(target=show, daemon=True)
    printer.start()
    try:
        while not over.is_set():
            key = keyboard.readchar()
            if key == LEAVE:
                break
            if key:
                transport.write(key)
            else:
                time.sleep(_KEY_S)
    finally:
        over.set()
        printer.join()
    if lost:
        raise lost[0]
