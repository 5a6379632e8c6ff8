"""``picket device``: boards at a cable. Each command lives in a module of this package."""

from __future__ import annotations

import importlib

import click

# Name -> one line for the overview. The module of the same name defines ``command``; "list" is in listing.py.
_COMMANDS = {
    "list": "Find the boards at this machine and say how they are.",
    "info": "Say what one board is and how it is.",
    "selftest": "Check sensors, model, flash and link on the board, a green or red line each.",
    "provision": "Give a board its name, network, broker and keys.",
    "logs": "Show what the board prints, without disturbing it.",
    "repl": "Talk to the board's MicroPython; Ctrl-] leaves.",
    "run": "Run a program on the board.",
    "capture": "Record labelled samples from the live sensor, to train with.",
    "backup": "Copy what is on a board into one archive.",
    "restore": "Write such an archive to a board.",
    "flash": "Write a MicroPython firmware to an ESP32.",
}
_MODULES = {"list": "listing"}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        return importlib.import_module(f"{__name__}.{_MODULES.get(name, name)}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Attend to a board at a cable. docs/technician.md is the way through it, step by step.

    Boards are reached whatever they do: a program that prints without end is interrupted, one that restarts in a circle
    or sleeps is caught as it starts. A command that interrupts the application starts it again at its end.

    \b
    Examples:
      picket device list
      picket device selftest
      picket device provision --file press-1.toml --ca ca.pem
      picket device logs --follow
    """
