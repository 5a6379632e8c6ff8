"""``picket explain``: what the numbers in an error of the native module mean."""

from __future__ import annotations

import click

from picket_host import console


@click.command(context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": True})
@click.argument("numbers", metavar="[fault] NUMBER...", nargs=-1, required=True)
@console.json_option
def command(numbers: tuple[str, ...], as_json: bool) -> None:
    """Say what a fault of a native module means that was built with --short-errors.

    \b
    Examples:
      picket explain fault 41234 0 3 1 1 5 6 0 77     the whole error
      picket explain "fault 41234 0 3 1 1 5 6 0 77"   the same
      picket explain 41234 --json                     what is wrong, without where
    """
    from picket_host.native.faults import explain

    words = [word for word in " ".join(numbers).split() if word != "fault"]
    try:
        fault = [int(word) for word in words]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NUMBER") from error
    result = {"fault": fault, "text": explain(fault)}
    console.emit(result, as_json, lambda shown: console.out.print(shown["text"], soft_wrap=True, highlight=False))
