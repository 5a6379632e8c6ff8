"""``picket build``: the simulator and the native module."""

from __future__ import annotations

import click

from picket_host import console


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Build the simulator and the native module.

    \b
    Examples:
      picket build sim                the simulator; does nothing if it is up to date
      picket build sim --json         the same for scripts: {"path": ...}
    """


@command.command()
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def sim(force: bool, as_json: bool) -> None:
    """Build the simulator: MicroPython for this machine with the native module and a simulated board.

    \b
    Examples:
      picket build sim
      picket build sim --force --json
    """
    from picket_host.simulator.build import build

    with console.progress() as progress:
        path = build(progress, force=force)
    console.emit({"path": path}, as_json, lambda result: console.out.print(f"simulator: {result['path']}", soft_wrap=True))
