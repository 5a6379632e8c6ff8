"""How the library reports progress without printing: it calls a ``Progress``; the command decides what that does."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the steps of long work."""

    def step(self, text: str, done: float | None = None, total: float | None = None) -> None:
        """Say what is going on now; ``done`` of ``total`` where that is known (any unit)."""


class Silent:
    """A ``Progress`` that says nothing: the default of every library function."""

    def step(self, text: str, done: float | None = None, total: float | None = None) -> None:
        pass


SILENT = Silent()
