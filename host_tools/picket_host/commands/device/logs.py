"""``picket device logs``."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress

import click
from rich.text import Text

from picket_host import console
from picket_host.board.discover import the_port
from picket_host.board.logs import LogLine
from picket_host.board.logs import follow as follow_lines
from picket_host.board.opening import open_port
from picket_host.commands.device.shared import baud_option, port_option

_COLOURS = {"WARN": "yellow", "ERROR": "red"}


@click.command("logs")
@port_option
@baud_option
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="How long to listen for.")
@click.option("--errors", is_flag=True, help="Warnings and errors alone.")
@console.json_option
def command(port: str | None, baud: int, follow: bool, seconds: float, errors: bool, as_json: bool) -> None:
    """Show what the board prints from now on. It is not interrupted; some boards restart when their port is opened.

    \b
    Examples:
      picket device logs --follow
      picket device logs --seconds 30 --errors
      picket device logs --json                one document for each line
    """
    with open_port(the_port(port), baud) as transport, suppress(KeyboardInterrupt):
        for line in follow_lines(transport, None if follow else seconds):
            if errors and line.level not in _COLOURS:
                continue
            if as_json:
                click.echo(json.dumps(dataclasses.asdict(line)))
            else:
                console.out.print(_styled(line), soft_wrap=True)


def _styled(line: LogLine) -> Text:
    if line.ticks_ms is None:
        return Text(line.text)
    text = Text(f"{line.ticks_ms / 1000:10.3f} s  ", style="dim")
    return text.append(f"{line.level:<5} {line.tag}: {line.text}", _COLOURS.get(line.level or "", ""))
