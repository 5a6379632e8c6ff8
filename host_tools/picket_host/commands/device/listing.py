"""``picket device list``."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from picket_host import console
from picket_host.board.discover import Found, survey
from picket_host.commands.device.shared import baud_option


@click.command("list")
@click.option(
    "-p", "--port", "ports", multiple=True, help="Another port to ask, e.g. of an emulated board; repeatable."
)
@baud_option
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(1), default=6.0, show_default=True, help="Seconds a board."
)
@console.json_option
def command(ports: tuple[str, ...], baud: int, timeout_s: float, as_json: bool) -> None:
    """Find the boards at this machine: chip, firmware, Picket's version and health; those that don't answer, with why.

    Each board's application is interrupted for a moment and then started again.

    \b
    Examples:
      picket device list
      picket device list --port /tmp/emulated
      picket device list --json
    """
    with console.progress() as progress:
        found = survey(ports, baud=baud, timeout_s=timeout_s, progress=progress)
    console.emit(found, as_json, _show)


def _show(found: list[Found]) -> None:
    if not found:
        console.out.print("No board is plugged in. Its cable must carry data, not only power.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("Port", "Board", "Firmware", "Picket", "Device", "Health"):
        table.add_column(column, overflow="fold")
    for entry in found:
        board = entry.board
        if board is None:
            text = f"[red]{escape(entry.error or '')}[/red]" + (f"\n{escape(entry.hint)}" if entry.hint else "")
            table.add_row(escape(entry.port.name), escape(entry.port.adapter), "", "", "", text)
            continue
        health = (
            "[green]good[/green]" if not board.health else "\n".join(f"[red]{escape(h)}[/red]" for h in board.health)
        )
        picket = (board.version or "from the cable") if board.application else "-"
        firmware = f"MicroPython {board.micropython}"
        table.add_row(escape(entry.port.name), escape(board.chip), firmware, picket, escape(board.name or "-"), health)
    console.out.print(table)
