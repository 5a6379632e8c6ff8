"""``python -m models.irrigation``: what the page of this application reports, worked out anew."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import click
from rich.table import Table

from picket_host import console
from picket_host.cli import main
from picket_host.errors import InputError

from . import compare as comparison
from . import energy as energies
from .compare import Result
from .energy import Budget, Plan
from .recipe import held_back


@click.group()
def command() -> None:
    """Water, stress and energy of the irrigation application.

    \b
    Examples:
      python -m models.irrigation compare package
      python -m models.irrigation energy --set wakes=48 --set contact_s=12
    """


@command.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option("--sure", type=click.IntRange(1, 100), default=50, show_default=True, help="soil.sure_pct of the device.")
@click.option("--every", type=click.IntRange(1), default=1, help="Take only every so many-th field, for a first look.")
@click.option("--seed", type=int, default=1, show_default=True, help="That the model was trained with.")
@console.json_option
def compare(package: Path, sure: int, every: int, seed: int, as_json: bool) -> None:
    """Let a package's model, a threshold and a timer water the held-back fields.

    \b
    Examples:
      python -m models.irrigation compare package
      python -m models.irrigation compare package --every 8 --json
    """
    file = package / "model.tflite"
    if not file.is_file():
        raise InputError("no model.tflite here", package, "picket model verify RUN --package DIR")
    with console.progress() as progress:
        results = comparison.compare(held_back(seed)[::every], file.read_bytes(), sure, progress)
    console.emit(results, as_json, _render_results)


@command.command()
@click.option("--set", "changes", multiple=True, metavar="NAME=NUMBER", help="Change a number of the plan.")
@console.json_option
def energy(changes: tuple[str, ...], as_json: bool) -> None:
    """Work out how long a battery lasts.

    \b
    Examples:
      python -m models.irrigation energy
      python -m models.irrigation energy --set capacity_mah=3000 --set wakes=48
    """
    console.emit(energies.budget(replace(Plan(), **_numbers(changes))), as_json, _render_budget)


def _numbers(changes: tuple[str, ...]) -> dict[str, float]:
    known = [field.name for field in fields(Plan)]
    numbers = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise click.UsageError(f"--set {change}: {name} is none of {', '.join(known)}")
        try:
            numbers[name] = float(text)
        except ValueError:
            raise click.UsageError(f"--set {change}: {text!r} is not a number") from None
    return numbers


def _render_results(results: list[Result]) -> None:
    columns = ("controller", "water given", "drained", "stress days", "lacking", "waterings")
    table = Table(*columns, title="mean of a season")
    for r in results:
        table.add_row(
            r.name,
            f"{r.given_mm:.0f} mm",
            f"{r.drained_mm:.0f} mm",
            f"{r.stress_days:.1f}",
            f"{r.lacking_pct:.1f} %",
            f"{r.waterings:.0f}",
        )
    console.out.print(table)


def _render_budget(found: Budget) -> None:
    table = Table("part", "mAh a day", "current from", title=f"{found.days:.0f} days on a battery")
    for part in found.parts:
        table.add_row(part.name, f"{part.mah:.3f}", part.source)
    table.add_row("sum", f"{found.mah_per_day:.3f}", "")
    console.out.print(table)


if __name__ == "__main__":
    main(command, "python -m models.irrigation")
