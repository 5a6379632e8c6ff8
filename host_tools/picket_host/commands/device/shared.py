"""What the commands of ``picket device`` share: the options that say which board, and the session with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from picket_host.board.attach import DEFAULT_TIMEOUT_S
from picket_host.board.discover import the_port
from picket_host.board.session import Session, connect
from picket_host.board.transport import BAUD
from picket_host.progress import Progress

port_option = click.option(
    "-p", "--port", help="The board's port, e.g. /dev/ttyUSB0 or COM5; not needed with one board."
)
baud_option = click.option("--baud", type=int, default=BAUD, show_default=True, help="Speed of the line.")
timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(1),
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    help="Seconds to go on trying for; longer than the board sleeps, if it does.",
)


def board_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--port, --baud and --timeout."""
    return port_option(baud_option(timeout_option(function)))


@contextmanager
def session_with(
    port: str | None, baud: int, timeout_s: float, progress: Progress, restart: bool | None = None
) -> Iterator[Session]:
    """A session with the board that was given, or the only one there is."""
    with connect(the_port(port), baud=baud, timeout_s=timeout_s, progress=progress, restart=restart) as session:
        yield session
