"""What ``picket gateway`` and ``picket release`` share: where the gateway keeps its state, and how far updates are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from picket_host import console
from picket_host.gateway import releases

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=Path("gateway"),
    show_default=True,
    help="The gateway's state folder, with the database and the releases.",
)


@click.command("status")
@state_option
@console.json_option
def status_command(state: Path, as_json: bool) -> None:
    """Show what each device runs, what is offered to it, and how far its update is.

    \b
    Examples:
      picket gateway status
      picket release status                                     the same
      picket gateway status --state /var/lib/picket --json
    """
    console.emit(releases.status(state), as_json, _render_status)


def _render_status(found: list[releases.DeviceStatus]) -> None:
    rows = [
        (
            f"{device.group}/{device.device}",
            "yes" if device.online else "no",
            *(plain(value) for value in (device.app, device.model, device.offered)),
            f"{device.sequence} {device.state}" if device.state else "-",
            f"{100 * device.done // device.size} %" if device.size and device.done is not None else "-",
            clock(device.updated) if device.updated else "-",
            device.reason,
        )
        for device in found
    ]
    print_aligned(("DEVICE", "ONLINE", "APP", "MODEL", "OFFERED", "UPDATE", "DONE", "WHEN", "REASON"), rows)


def print_aligned(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print columns of whole cells, one device a line, so that a long name or reason is never cut and grep finds it."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def plain(value: Any) -> str:
    """The value as text; a dash where there is none."""
    return "-" if value is None else str(value)


def clock(at: float) -> str:
    """Unix time as local date and time."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")
