"""``picket model``: train, compress and prove models. Each module here holds the commands of one kind of work."""

from __future__ import annotations

import click

from picket_host.commands.model import anomaly, compressing, field, proving, training


@click.group(name="model")
def command() -> None:
    """Train, compress and prove models.

    \b
    Examples:
      picket model train vibration -o run
      picket model quantize run
      picket model verify run --package package
      picket model report run
    """


for subcommand in (
    training.train,
    compressing.quantize,
    compressing.prune,
    compressing.distill,
    compressing.search,
    proving.verify,
    proving.adopt,
    proving.report,
    proving.table,
    proving.cost,
    anomaly.anomaly,
    field.soak,
    field.transfer,
    field.trial,
):
    command.add_command(subcommand)
