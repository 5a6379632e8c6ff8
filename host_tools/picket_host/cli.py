"""The click command ``picket``. Each command lives in ``picket_host/commands`` and is imported when it is called."""

from __future__ import annotations

import importlib
import json
import os
import sys

import click

from picket_host import __version__
from picket_host.errors import InputError, PicketError

# Name -> one line for the overview. The module commands/<name>.py defines ``command``.
COMMANDS = {
    "demo": "Run the whole loop on this machine: train, deploy, break, update, and count what was lost.",
    "test": "Run every test that can run here.",
    "model": "Train, compress and prove models.",
    "build": "Build the simulator, the emulated board's firmware and the native module.",
    "release": "Make, sign and publish releases for over-the-air updates.",
    "sync": "Bring files, a release or a bundle to a board over the cable.",
    "bundle": "Pack signed releases into one file for a technician without a network.",
    "gateway": "Run the gateway, its embedded broker, and look at what it stored.",
    "device": "Attend to boards at a cable: list, self-test, provision, record, back up, flash.",
    "emulate": "Run MicroPython on an emulated RISC-V board behind a serial port.",
    "bench": "Measure what models cost on the device, and that they give the official runtime's outputs.",
    "explain": "Say what the number of a fault means that a small native module gives.",
    "doctor": "Say what is missing on this machine and how to get it.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"picket_host.commands.{name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="picket")
def picket() -> None:
    """Machine learning on microcontrollers under MicroPython.

    \b
    Examples:
      picket demo                 the whole loop, on recordings made here
      picket test                 every test that can run here
      picket COMMAND --help       what a command does, with examples
    """


def main(command: click.Command = picket, name: str = "picket") -> None:
    """Entry point: a PicketError, or an OSError that names a path, becomes one line on stderr (or JSON, where --json
    was asked for) and exit status 1."""
    try:
        command.main(prog_name=name, standalone_mode=False)
    except PicketError as error:
        _fail(error)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(_unusable(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)


def _fail(error: PicketError) -> None:
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps(error.as_dict()) + "\n")
    click.secho(f"error: {error}", fg="red", err=True)
    sys.exit(1)


def _unusable(error: OSError) -> InputError:
    """A path that the system refuses, of a file to read or to write."""
    where = error.filename2 or error.filename
    where = os.fsdecode(where) if isinstance(where, (str, bytes, os.PathLike)) else where
    hint = "another path, in a folder that is there and that you may write to"
    return InputError(f"can't be used: {error.strerror or error}", where, hint)
