"""``picket device repl``."""

from __future__ import annotations

import sys

import click
from mpremote.console import Console as Terminal

from picket_host import console
from picket_host.board.discover import the_port
from picket_host.board.opening import open_port
from picket_host.board.session import Session
from picket_host.board.terminal import talk
from picket_host.commands.device.shared import board_options
from picket_host.errors import InputError


@click.command("repl")
@board_options
@click.option("--interrupt/--listen", default=True, help="Stop the application, or only listen at first.")
def command(port: str | None, baud: int, timeout_s: float, interrupt: bool) -> None:
    """Talk to the board's MicroPython. Ctrl-] leaves; Ctrl-D starts the application again.

    \b
    Examples:
      picket device repl
      picket device repl --listen
    """
    if not sys.stdin.isatty():
        raise InputError("a REPL needs a terminal", hint="picket device run FILE")
    with open_port(the_port(port), baud) as transport:
        stopped = False
        if interrupt:
            with console.progress() as progress:
                session = Session(transport, timeout_s, progress)
            session.repl.leave()
            stopped = session.interrupted
        console.err.print(f"Connected to {transport.name}. Ctrl-] leaves, Ctrl-C interrupts, Ctrl-D starts anew.")
        terminal = Terminal()
        terminal.enter()
        try:
            talk(transport, terminal)
        finally:
            terminal.exit()
        if stopped:
            console.err.print("The application was stopped: it runs again after Ctrl-D in the REPL, or a reset.")
