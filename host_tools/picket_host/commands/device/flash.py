"""``picket device flash``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from picket_host import console
from picket_host.board.discover import the_port
from picket_host.board.flash import Flashed, flash
from picket_host.commands.device.shared import port_option


@click.command("flash")
@click.argument("image", type=click.Path(path_type=Path))
@port_option
@click.option("--erase", is_flag=True, help="Erase everything first: files and configuration are gone.")
@click.option("--dry-run", is_flag=True, help="Ask the chip and check the image, but write nothing.")
@console.json_option
def command(image: Path, port: str | None, erase: bool, dry_run: bool, as_json: bool) -> None:
    """Write the firmware IMAGE to an ESP32 and compare the flash with it. Files on the board stay.

    The chip is asked what it is, and the image must have been built for it.

    \b
    Examples:
      picket device flash firmware.bin
      picket device flash firmware.bin --dry-run
      picket device flash firmware.bin --erase      a new board
    """
    with console.progress() as progress:
        result = flash(the_port(port), image, erase=erase, dry_run=dry_run, progress=progress)
    console.emit(result, as_json, _show)


def _show(result: Flashed) -> None:
    what = "would be written to" if result.dry_run else "is on"
    image = result.image
    console.out.print(
        f"{escape(image.file.name)} ({image.size} bytes, SHA-256 {image.sha256[:16]}...) {what} the {result.chip} at "
        f"{escape(result.port)}, from {image.offset:#x}"
        + ("" if result.dry_run else "; the flash was compared with it")
    )
