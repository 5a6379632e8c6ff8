"""``picket device selftest``."""

from __future__ import annotations

import sys

import click
from rich.table import Table
from rich.text import Text

from picket_host import console
from picket_host.board.selftest import Check, run_selftest
from picket_host.commands.device.shared import board_options, session_with

_NAME_WIDTH = 18


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
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_NAME_WIDTH)
    table.add_column(overflow="fold")
    table.add_row(Text(f"{mark} {check.name}", colour), Text(check.text, colour))
    if check.remedy:
        table.add_row("", Text(f"→ {check.remedy}"))
    console.out.print(table)
