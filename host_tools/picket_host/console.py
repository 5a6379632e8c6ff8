"""What commands share: progress on stderr, one JSON document or a rendering on stdout, errors as one line."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

out = Console()
err = Console(stderr=True)


class TerminalProgress:
    """A ``picket_host.progress.Progress`` drawn by rich on stderr; silent when stderr is not a terminal."""

    def __init__(self, bar: RichProgress):
        self._bar = bar
        self._task: Any = None
        self._text: str | None = None

    def step(self, text: str, done: float | None = None, total: float | None = None) -> None:
        if text != self._text:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(text, total=total)
            self._text = text
        self._bar.update(self._task, total=total, completed=done or 0)


@contextmanager
def progress() -> Iterator[TerminalProgress]:
    """Show progress on stderr while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield TerminalProgress(bar)


@contextmanager
def transfer() -> Iterator[TerminalProgress]:
    """As ``progress``, for work whose ``done`` and ``total`` are bytes: with rate and time left."""
    columns = (
        *(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn()),
        *(TransferSpeedColumn(), TimeRemainingColumn()),
    )
    with RichProgress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield TerminalProgress(bar)


def to_json(value: Any) -> Any:
    """Dataclasses, paths and NumPy values as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def emit(result: Any, as_json: bool, render: Callable[[Any], None]) -> None:
    """Print the result: with ``--json`` as one document on stdout and nothing else, otherwise by ``render(result)``."""
    if as_json:
        sys.stdout.write(json.dumps(to_json(result), indent=2) + "\n")
    else:
        render(result)


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else."
)
