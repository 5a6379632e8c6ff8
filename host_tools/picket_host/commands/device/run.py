"""``picket device run``."""

from __future__ import annotations

import codecs
import io
import sys
from pathlib import Path

import click

from picket_host import console
from picket_host.board.raw_repl import BoardTraceback
from picket_host.commands.device.shared import board_options, session_with
from picket_host.errors import InputError


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path))
@board_options
@click.option("--refresh", is_flag=True, help="Restart the board without its application first: empty memory.")
def command(file: Path, port: str | None, baud: int, timeout_s: float, refresh: bool) -> None:
    """Run the program FILE on the board and show what it prints; Ctrl-C ends it. Nothing is stored on the board.

    The exit status is 1 when it ends with an exception.

    \b
    Examples:
      picket device run blink.py
      picket device run --refresh measure.py
    """
    try:
        source = file.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file) from error
    with console.progress() as progress, session_with(port, baud, timeout_s, progress) as session:
        if refresh:
            session.refresh()
        screen = _Screen()
        session.repl.start(source)
        try:
            session.repl.follow(None, screen.show)
        except KeyboardInterrupt:
            session.attach_again()  # ends it on the board, too
            raise
        except BoardTraceback as error:
            click.echo(error.traceback, err=True, nl=False)
            sys.exit(1)
        finally:
            screen.show(b"", final=True)


class _Screen:
    """Shows what a program prints as it comes; a character or the end of a line may come in two pieces."""

    def __init__(self) -> None:
        # Keeps back half a character, and a CR until it is known whether an LF follows.
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=False)

    def show(self, data: bytes, final: bool = False) -> None:
        sys.stdout.write(self._decoder.decode(data, final).replace("\r\n", "\n"))
        sys.stdout.flush()
