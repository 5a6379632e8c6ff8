"""``picket model train``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from picket_host import console
from picket_host.commands.model import shared
from picket_host.models.train import Run


@click.command()
@click.argument("recipe")
@click.option("--data", type=shared.PATH, help="Folder with recordings; without it the recipe synthesises its own.")
@click.option("--variant", help="Variant of the recipe; by default its first.")
@shared.with_option
@click.option(
    "-o", "--out", type=shared.OUT_FOLDER, help="Run folder to write; by default one named after recipe and variant."
)
@click.option("--quick", is_flag=True, help="Fewer epochs and training samples, for a first look.")
@shared.seed_option
@console.json_option
def train(
    recipe: str,
    data: Path | None,
    variant: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    quick: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Train the model of a recipe into a run folder.

    \b
    Examples:
      picket model train vibration
      picket model train vibration --data recordings --variant better -o run
      picket model train vibration --with filters=32 --with hidden=64 -o teacher
    """
    from picket_host.models import train as library

    out = out or shared.RUNS / "-".join(filter(None, (recipe, variant)))
    with console.progress() as progress:
        run = library.train(recipe, out, data, variant, quick, seed, progress, shared.settings_of(settings))
    console.emit({"folder": out, "run": run} if as_json else run, as_json, lambda run: _render(run, out))


def _render(run: Run, folder: Path) -> None:
    table = Table(title=f"{run.recipe} {run.version} ({run.variant})", show_header=False)
    table.add_row("data", run.source)
    table.add_row("windows", ", ".join(f"{count} {part}" for part, count in run.samples.items()))
    table.add_row("weights", f"{run.weights:,}")
    table.add_row("accuracy while training", f"{run.curves['accuracy'][-1]:.2%}")
    table.add_row("accuracy on the validation part", f"{run.curves['val_accuracy'][-1]:.2%}")
    table.add_row("run folder", str(folder))
    console.out.print(table)
