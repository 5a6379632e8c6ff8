"""``picket model soak``, ``trial`` and ``transfer``: what a model will do out there, and with what it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from picket_host import console
from picket_host.commands.model import shared

if TYPE_CHECKING:
    from picket_host.models.soak import SoakReport
    from picket_host.models.transfer import TransferReport
    from picket_host.models.trial import TrialReport


@click.command()
@click.argument("package", type=shared.PATH)
@click.option(
    "--hours", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True, help="Of calm operation."
)
@click.option("--seed", type=int, default=1001, show_default=True, help="Seed of the operation.")
@console.json_option
def soak(package: Path, hours: float, seed: int, as_json: bool) -> None:
    """Count the alerts that a package raises in calm operation, through the device's own gate.

    The operation is made up by the package's recipe, of machines or people that no model has seen.

    \b
    Examples:
      picket model soak package
      picket model soak package --hours 8 --json
    """
    from picket_host.models import soak as library

    with console.progress() as progress:
        report = library.soak(package, hours, seed, progress)
    console.emit(report, as_json, _render_soak)


@click.command()
@click.argument("package", type=shared.PATH)
@click.option("--seed", type=int, default=1001, show_default=True, help="Seed of the events.")
@console.json_option
def trial(package: Path, seed: int, as_json: bool) -> None:
    """Try a package on whole events that no model has seen: each fall, each wake word in a stretch of talk.

    \b
    Examples:
      picket model trial package
      picket model trial package --seed 7 --json
    """
    from picket_host.models import trial as library

    with console.progress() as progress:
        report = library.trial(package, seed, progress)
    console.emit(report, as_json, _render_trial)


@click.command()
@click.argument("recipe")
@click.option("--data", type=shared.PATH, help="Folder with recordings; without it the recipe synthesises its own.")
@click.option("--variant", help="Variant of the recipe; by default its first.")
@shared.seed_option
@console.json_option
def transfer(recipe: str, data: Path | None, variant: str | None, seed: int, as_json: bool) -> None:
    """Train a recipe on some conditions and test it on others: what the model makes of them, and the anomaly score.

    \b
    Examples:
      picket model transfer vibration
      picket model transfer vibration --data recordings --variant better --json
    """
    from picket_host.models import transfer as library

    with console.progress() as progress:
        report = library.transfer(recipe, data, variant, seed, progress)
    console.emit(report, as_json, _render_transfer)


def _render_soak(report: SoakReport) -> None:
    table = Table(title=f"calm operation, {report.hours:.2f} hours", show_header=False)
    table.add_row("windows", f"{report.windows:,} in {report.stretches} stretches")
    table.add_row("alerts", ", ".join(f"{count} {label}" for label, count in report.alerts.items()) or "none")
    table.add_row("alerts an hour", f"{report.per_hour:.2f}")
    if report.anomaly_max:
        table.add_row("highest anomaly score", f"{report.anomaly_max} thousandths of the threshold")
    console.out.print(table)


def _render_trial(report: TrialReport) -> None:
    table = Table("", *(name.replace("_", " ") for name in report.results), title=report.recipe)
    for name in next(iter(report.results.values())):
        table.add_row(name.replace("_", " "), *(_shown(figures[name]) for figures in report.results.values()))
    console.out.print(table)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{count} {key or '-'}" for key, count in value.items())
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)


def _render_transfer(report: TransferReport) -> None:
    table = Table("condition", "windows", "right", "other", "healthy", "anomalous", "missed")
    table.title = f"trained on {report.trained_on}, tested on {report.tested_on}: {report.accuracy:.1%} right"
    for label, unseen in report.conditions.items():
        shares = (unseen.right, unseen.other, unseen.healthy, unseen.anomalous, unseen.missed)
        table.add_row(label, str(unseen.windows), *(f"{share:.0%}" for share in shares))
    console.out.print(table)
    console.out.print(f"false alarms: {report.healthy_alarms:.1%} of the healthy windows")
