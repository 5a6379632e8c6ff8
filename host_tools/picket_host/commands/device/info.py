"""``picket device info``."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from picket_host import console
from picket_host.board.info import BoardInfo, read_info
from picket_host.commands.device.shared import board_options, session_with


@click.command("info")
@board_options
@console.json_option
def command(port: str | None, baud: int, timeout_s: float, as_json: bool) -> None:
    """Say what a board is and how it is. Its application is interrupted for a moment and then started again.

    \b
    Examples:
      picket device info
      picket device info --port /dev/ttyACM0 --json
    """
    with console.progress() as progress, session_with(port, baud, timeout_s, progress) as session:
        info = read_info(session)
    console.emit(info, as_json, _show)


def _show(info: BoardInfo) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    model = f"{info.model_name} {info.model_version} (release {info.model})" if info.model_name else "none"
    rows = {
        "Board": info.chip,
        "Firmware": f"MicroPython {info.micropython}, .mpy {info.mpy} for {info.arch}",
        "Device": info.name or "not provisioned",
        "Application": f"release {info.app} {info.version or ''}, {info.state}" if info.app else "from the cable",
        "Model": model,
        "Starts": f"{info.boots}; the last one after: {info.reset or 'unknown'}",
        "Alerts waiting": str(info.outbox),
        "Memory": f"{info.heap_free // 1024} of {info.heap_bytes // 1024} KB free",
        "Flash": f"{info.flash_free // 1024} of {info.flash_bytes // 1024} KB free",
    }
    for name, value in rows.items():
        table.add_row(name, escape(value))
    if info.crash:
        table.add_row("Ended with", escape(info.crash.strip()))
    table.add_row("Health", "[green]good[/green]" if not info.health else "")
    for finding in info.health:
        table.add_row("", f"[red]{escape(finding)}[/red]")
    console.out.print(table)
