"""``picket bundle``: one file with releases, for a technician without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from picket_host import console

if TYPE_CHECKING:
    from picket_host.board.bundle import Made

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("releases", nargs=-1, required=True, type=_PATH, metavar="RELEASE_FOLDER...")
@click.option("--out", "-o", type=_PATH, required=True, metavar="FILE", help="The bundle, a zip file.")
@click.option("--key", "seed_file", type=_PATH, required=True, help="The seed file that signed the releases.")
@click.option(
    "--arch", "architectures", multiple=True, metavar="ARCH",
    help="Architecture to bring the native module for; may be repeated. All that Picket knows by default.",
)
@console.json_option
def command(
    releases: tuple[Path, ...], out: Path, seed_file: Path, architectures: tuple[str, ...], as_json: bool
) -> None:
    """Pack signed releases into one FILE that `picket sync FILE` takes, without a network or a toolchain.

    It has every architecture's native module, the boards' boot.py and a page of instructions, and is signed as a whole.
    Each board gets the newest release in it that fits.

    \b
    Examples:
      picket bundle releases/7 -o press-line.zip --key plant.key
      picket bundle releases/7 releases/8 -o line.zip --key plant.key --arch xtensawin --arch rv32imc
    """
    from picket_host.board import bundle

    with console.progress() as progress:
        made = bundle.make(out, releases, seed_file, architectures, progress)
    console.emit(made, as_json, _show)


def _show(made: Made) -> None:
    numbers = ", ".join(map(str, made.releases))
    archs = ", ".join(made.architectures) or "no native module"
    text = f"{made.file}: release {numbers}; {archs}; {made.files} files, {made.size / 1024:.0f} KB"
    console.out.print(text, soft_wrap=True, highlight=False)
    console.out.print(f"public key: {made.public_key}", soft_wrap=True, highlight=False)
