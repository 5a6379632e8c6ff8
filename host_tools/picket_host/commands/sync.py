"""``picket sync``: bring files to a board over the cable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from picket_host import console
from picket_host.commands.device.shared import board_options, session_with
from picket_host.paths import DEVICE

if TYPE_CHECKING:
    from picket_host.board.sync import SyncResult
    from picket_host.progress import Progress

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("places", nargs=-1, metavar="[PORT] [FOLDER|RELEASE|BUNDLE]")
@click.option(
    "--from", "source", type=_PATH, metavar="FOLDER|RELEASE|BUNDLE",
    help="What to bring; the device's code in this checkout by default.",
)
@click.option(
    "--public-key", "key", metavar="FILE|HEX", help="Whose releases to take, for a board that has no key yet."
)
@click.option("--older", is_flag=True, help="Take a release even if the board has had a newer one.")
@click.option("--source", "keep_source", is_flag=True, help="Leave modules as .py instead of compiling them.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; nothing is written.")
@click.option("--no-restart", is_flag=True, help="Leave the board at its prompt instead of starting the application.")
@board_options
@console.json_option
def command(
    places: tuple[str, ...], source: Path | None, key: str | None, older: bool, keep_source: bool, dry_run: bool,
    no_restart: bool, port: str | None, baud: int, timeout_s: float, as_json: bool,
) -> None:
    """Make the files of a board equal to a folder, a release or a bundle.

    Only what differs travels. The cable may be pulled at any moment: the board goes on with its old version, whole, and
    the same command goes on where it was. Configuration, certificates and stored alerts are never touched; files are
    deleted only if an earlier sync brought them.

    \b
    Examples:
      picket sync                                   the device's code to the only board there is
      picket sync /dev/ttyUSB0 --dry-run            what would be done
      picket sync /dev/ttyUSB0 --from my-device     another folder, laid out as on the board
      picket sync press-line.zip                    a bundle, checked by the board's key
      picket sync press-line.zip --port COM5        the same as: picket sync COM5 press-line.zip
      picket sync COM5 press-line.zip --public-key plant.key.pub
    """
    from picket_host.board.sync import Options, sync

    place, given = _places(places)
    if given and source:
        raise click.UsageError("what to bring is given twice")
    if place and port:
        raise click.UsageError(f"the port is given twice: {place}, and --port {port}")
    options = Options(
        compiled=not keep_source, dry_run=dry_run, older=older, public_key=_key(key), restart=not no_restart
    )
    with (
        console.transfer() as progress,
        session_with(place or port, baud, timeout_s, _Texts(progress), restart=False) as session,
    ):
        if no_restart:
            session.refresh()  # no watchdog of the application's may run on
        result = sync(session.repl, given or source or DEVICE, options, progress)
    console.emit(result, as_json, _show)


class _Texts:
    """A ``Progress`` that hands on texts alone: what it counts are not bytes."""

    def __init__(self, progress: Progress):
        self._progress = progress

    def step(self, text: str, done: float | None = None, total: float | None = None) -> None:
        self._progress.step(text)


def _places(places: tuple[str, ...]) -> tuple[str | None, Path | None]:
    """(port, what to bring): the latter is a folder or a plain file, which no port is."""
    port: str | None = None
    source: Path | None = None
    for place in places:
        path = Path(place)
        if source is None and (path.is_dir() or path.is_file()):
            source = path
        elif port is None:
            port = place
        else:
            raise click.UsageError(f"{place} is neither a port, a folder nor a bundle")
    return port, source


def _key(given: str | None) -> bytes | None:
    from picket_host.release import keys

    return None if given is None else keys.given_public_key(given)


def _show(result: SyncResult) -> None:
    from rich.markup import escape

    paths = (("+", "green", result.sent), ("=", "cyan", result.copied), ("-", "red", result.deleted))
    for mark, style, names in paths:
        for name in names:
            console.out.print(f"[{style}]{mark}[/] {escape(name)}", highlight=False)
    for name in result.kept:
        console.out.print(f"[yellow]?[/] {escape(name)}  stays: somebody has changed it", highlight=False)
    for name in result.protected:
        console.out.print(f"[yellow]![/] {escape(name)}  is left out: a board keeps its own", highlight=False)
    console.out.print(_summary(result), soft_wrap=True, highlight=False)


def _summary(result: SyncResult) -> str:
    what = f"release {result.sequence}" if result.sequence is not None else "the folder"
    if not result.changed:
        return f"[green]✓[/] {result.port} has {what} already, {result.unchanged} files"
    counts = f"{len(result.sent)} to send ({result.content_bytes / 1024:.0f} KB), {len(result.copied)} to copy there, "
    counts += f"{len(result.deleted)} to delete, {result.unchanged} right already"
    if result.staged:
        counts += f", {result.staged} there from an earlier attempt"
    if result.dry_run:
        room = f"{result.needed_bytes / 1024:.0f} KB of {result.free_bytes / 1024:.0f} KB free"
        return f"would bring {what}: {counts}; takes {room}; nothing was written"
    checked = ""
    if result.signed_by:
        key = "its own key" if result.key_from == "board" else "the given key"
        checked = f"; signature checked on the board by {key}"
    if result.proven_vectors:
        checked += f", model proven by {result.proven_vectors} golden vectors"
    rate = f"{result.bytes_per_second / 1024:.0f} KB/s"
    return f"[green]✓[/] {result.port} has {what} now, in {result.seconds:.1f} s: {counts}; {rate}{checked}"
