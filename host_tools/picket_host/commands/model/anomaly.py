"""``picket model anomaly``: scores for what no class explains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from picket_host import console
from picket_host.commands.model import shared

if TYPE_CHECKING:
    from picket_host.models.anomaly_fit import FitReport


@click.group()
def anomaly() -> None:
    """Score how far a window lies from all that is known as healthy.

    \b
    Examples:
      picket model anomaly fit run --false-alarm-rate 0.0001
    """


@anomaly.command()
@click.argument("source", type=shared.PATH)
@click.option(
    "--false-alarm-rate", "rate", type=float, help="Share of healthy windows that may exceed the threshold; "
    "by default the recipe's."
)  # fmt: skip
@click.option("--kind", default="kmeans", show_default=True, help="kmeans or gmm (Gaussian mixture).")
@click.option("--components", type=click.IntRange(1, 64), default=4, show_default=True, help="Centroids or Gaussians.")
@click.option("-o", "--out", type=shared.OUT_FILE, help="File to write; by default anomaly.bin in the run or beside.")
@shared.seed_option
@console.json_option
def fit(
    source: Path, rate: float | None, kind: str, components: int, out: Path | None, seed: int, as_json: bool
) -> None:
    """Fit an anomaly score to healthy windows, and export it for the device.

    SOURCE is a run, or .npy with float32 [n, features] of healthy windows in the order of time: the last third sets
    the threshold. A run keeps it for its package.

    \b
    Examples:
      picket model anomaly fit run --kind gmm
      picket model anomaly fit healthy.npy --false-alarm-rate 0.001 -o anomaly.bin
    """
    from picket_host.models import anomaly_fit as library

    with console.progress() as progress:
        report = library.fit(source, rate, kind, components, out, seed, progress)
    console.emit(report, as_json, _render)


def _render(report: FitReport) -> None:
    shown = Table(title=f"{report.file}, {report.bytes:,} bytes", show_header=False)
    shown.add_row("kind", f"{report.kind}, {report.components} components")
    shown.add_row("false alarms wanted", f"{report.wanted_rate:g} of the healthy windows")
    shown.add_row("threshold set on", f"{report.held_back} windows")
    if report.test is not None:
        shown.add_row("false alarms on the test part", f"{report.test.false_alarms} of {report.test.healthy_windows}")
        shown.add_row("healthy score", f"median {report.test.healthy_median}, highest {report.test.healthy_max}")
        for label, share in report.test.detected.items():
            shown.add_row(f"{label} beyond the threshold", f"{share:.1%}")
    console.out.print(shown)
