"""``picket device restore``."""

from __future__ import annotations

from pathlib import Path

import click

from picket_host import console
from picket_host.board.backup import Restored, restore
from picket_host.commands.device.backup import data_option
from picket_host.commands.device.shared import board_options, session_with


@click.command("restore")
@click.argument("archive", type=click.Path(path_type=Path))
@board_options
@data_option
@console.json_option
def command(archive: Path, port: str | None, baud: int, timeout_s: float, data_only: bool, as_json: bool) -> None:
    """Write the files of ARCHIVE to a board, each checked there, and start it. Other files on it stay.

    \b
    Examples:
      picket device restore press-1.zip
      picket device restore --data-only press-1.zip
    """
    with console.progress() as progress, session_with(port, baud, timeout_s, progress, restart=True) as session:
        result = restore(session, archive, not data_only, progress)
    console.emit(result, as_json, _show)


def _show(result: Restored) -> None:
    console.out.print(f"{len(result.written)} files written and checked, {result.unchanged} were equal already")
    if result.boot is not None:
        console.out.print(f"The count of starts goes on from {result.boot}, so that no alert is taken for an old one.")
