"""``picket explain``: what a number in an error of the native module means."""

from __future__ import annotations

import click

from picket_host import console


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("fault", type=int)
@console.json_option
def command(fault: int, as_json: bool) -> None:
    """Say what a fault of a native module means that was built with --short-errors.

    \b
    Examples:
      picket explain 41234
      picket explain 41234 --json
    """
    from picket_host.native.faults import explain

    console.emit({"fault": fault, "text": explain(fault)}, as_json, lambda result: console.out.print(result["text"]))
