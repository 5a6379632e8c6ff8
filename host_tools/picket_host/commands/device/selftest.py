"""``picket device selftest``."""

from __future__ import annotations

import sys

import click
from rich.markup import escape

from picket_host import console
from picket_host.board.selftest import Check, run_selftest
from picket_host.commands.device.shared import board_options, session_with


@click.command("selftest")
@board_options
@console.json_option
def command(port: str | None, baud: int, timeout_s: float, as_json: bool) -> None:
    """Check a board part by part: a green or red line each, and what to do about the red ones.

    The model proves itself with its golden vectors, bit for bit. The application stands still meanwhile. The exit
    status is 1 when a line is red.

    \b
    Examples:
      picket device selftest
      picket device selftest --port /dev/ttyUSB0 --json
    """
    with console.progress() as progress, session_with(port, baud, timeout_s, progress) as session:
        result = run_selftest(session, progress, on_check=(lambda check: None) if as_json else _show)
    console.emit(result, as_json, lambda result: None)
    if not result.ok:
        sys.exit(1)


def _show(check: Check) -> None:
    mark, colour = ("✓", "green") if check.ok else ("✗", "red")
    console.out.print(f"[{colour}]{mark} {check.name:<17} {escape(check.text)}[/{colour}]")
    if check.remedy:
        console.out.print(f"  {'':<17} → {escape(check.remedy)}")
