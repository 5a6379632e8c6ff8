"""``picket device backup``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from picket_host import console
from picket_host.board.backup import Backup, backup
from picket_host.commands.device.shared import board_options, session_with

data_option = click.option(
    "--data-only", is_flag=True, help="Configuration, certificates, state and waiting alerts, not the application."
)


@click.command("backup")
@click.argument("archive", type=click.Path(path_type=Path))
@board_options
@data_option
@console.json_option
def command(archive: Path, port: str | None, baud: int, timeout_s: float, data_only: bool, as_json: bool) -> None:
    """Copy a board's files into ARCHIVE (a .zip file), with their hashes. Only this user can read it.

    \b
    Examples:
      picket device backup press-1.zip
      picket device backup --data-only press-1.zip
    """
    with console.progress() as progress, session_with(port, baud, timeout_s, progress) as session:
        result = backup(session, archive, not data_only, progress)
    console.emit(result, as_json, _show)


def _show(result: Backup) -> None:
    console.out.print(f"{escape(str(result.archive))}: {result.files} files, {result.size} bytes, of {result.device}")
    if result.secrets:
        console.out.print(
            f"[yellow]It holds passwords and keys ({', '.join(result.secrets)}): keep it locked away.[/yellow]"
        )
