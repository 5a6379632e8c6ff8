"""``picket model quantize``, ``prune``, ``distill`` and ``search``: smaller without being wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from picket_host import console
from picket_host.commands.model import shared

if TYPE_CHECKING:
    from picket_host.models.distill import DistillReport
    from picket_host.models.prune import PruneReport
    from picket_host.models.quantize import QuantizeReport
    from picket_host.models.search import SearchReport


@click.command()
@click.argument("source", type=shared.PATH)
@click.option("--samples", type=shared.PATH, help="Typical inputs, .npy with float32 [n, ...]; a run has its own.")
@click.option("--weights", default="int8", show_default=True, help="int8 or int4.")
@click.option("--activations", default="int8", show_default=True, help="int8 or int16, input and output too.")
@shared.limit_options
@click.option("-o", "--out", type=shared.OUT_FILE, help=".tflite file to write; by default in the run or beside it.")
@console.json_option
def quantize(
    source: Path,
    samples: Path | None,
    weights: str,
    activations: str,
    flash: str | None,
    arena: str | None,
    instructions: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Quantise a run, a .keras file or a SavedModel fully.

    int4 weights are those of convolutions and dense layers; depthwise ones stay int8. A model that exceeds a limit is
    refused.

    \b
    Examples:
      picket model quantize run
      picket model quantize run --weights int4 -o small.tflite
      picket model quantize run --activations int16 -o fine.tflite
      picket model quantize model.keras --samples inputs.npy --arena 60k -o model.tflite
    """
    from picket_host.models import quantize as library
    from picket_host.models.cost import limits_of
    from picket_host.models.precision import Precision

    limits = limits_of(flash, arena, instructions)
    precision = Precision(weights, activations)
    with console.progress() as progress:
        report = library.quantize(source, out, samples, progress, precision, limits)
    console.emit(report, as_json, _render_quantized)


@click.command()
@click.argument("source", type=shared.PATH)
@click.option("--run", type=shared.PATH, help="For a .keras file: the run whose data it is fine-tuned on.")
@click.option(
    "--sparsity", type=float, default=0.7, show_default=True, help="Share of weights to remove from large layers."
)
@click.option("--layer", "layers", multiple=True, metavar="LAYER=SHARE", help="For one layer; 0 spares it.")
@shared.epochs_option
@click.option("-o", "--out", type=shared.OUT_FOLDER, required=True, help="Run folder to write.")
@shared.derived_seed_option
@console.json_option
def prune(
    source: Path,
    run: Path | None,
    sparsity: float,
    layers: tuple[str, ...],
    epochs: int | None,
    out: Path,
    seed: int | None,
    as_json: bool,
) -> None:
    """Set a model's smallest weights to zero and fine-tune the others.

    The file keeps its size and the device its work; what shrinks is the deflated file.

    \b
    Examples:
      picket model prune run -o pruned
      picket model prune run --sparsity 0.8 --layer combine=0.9 --layer edges=0 -o pruned
      picket model prune model.keras --run run -o pruned
    """
    from picket_host.models import prune as library

    shares = shared.shares_of(layers)
    with console.progress() as progress:
        report = library.prune(source, out, sparsity, shares, epochs, run, seed, progress)
    console.emit(report, as_json, _render_pruned)


@click.command()
@click.argument("run", type=shared.PATH)
@click.option("--teacher", type=shared.PATH, required=True, help="A .keras file, or the run of one.")
@click.option("--variant", help="The student: a variant of the run's recipe; by default the run's.")
@shared.with_option
@click.option(
    "--temperature", type=float, default=4.0, show_default=True, help="How much the teacher's answers are softened."
)
@click.option("--alpha", type=float, default=0.3, show_default=True, help="Share of the true classes in the loss.")
@shared.epochs_option
@click.option("-o", "--out", type=shared.OUT_FOLDER, required=True, help="Run folder to write.")
@shared.derived_seed_option
@console.json_option
def distill(
    run: Path,
    teacher: Path,
    variant: str | None,
    settings: tuple[str, ...],
    temperature: float,
    alpha: float,
    epochs: int | None,
    out: Path,
    seed: int | None,
    as_json: bool,
) -> None:
    """Train a small model with what a large one has learnt, on a run's data.

    The same small model is also trained alone, to show the difference.

    \b
    Examples:
      picket model distill run --teacher teacher -o student
      picket model distill run --teacher large.keras --with filters=4 --with hidden=8 -o student
    """
    from picket_host.models import distill as library

    chosen = shared.settings_of(settings) if settings else None
    with console.progress() as progress:
        report = library.distill(run, teacher, out, variant, chosen, temperature, alpha, epochs, seed, progress)
    console.emit(report, as_json, _render_distilled)


@click.command()
@click.argument("recipe")
@shared.limit_options
@click.option("--trials", type=click.IntRange(min=1), default=20, show_default=True, help="How many, in all.")
@click.option("--data", type=shared.PATH, help="Folder with recordings; without it the recipe synthesises its own.")
@click.option("--variant", help="Whose training is used; by default the recipe's first.")
@click.option("-o", "--out", type=shared.OUT_FOLDER, help="Folder to write; one that is there is gone on with.")
@click.option("--quick", is_flag=True, help="Fewer epochs and training samples.")
@shared.seed_option
@console.json_option
def search(
    recipe: str,
    flash: str | None,
    arena: str | None,
    instructions: str | None,
    trials: int,
    data: Path | None,
    variant: str | None,
    out: Path | None,
    quick: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Search a recipe's architectures for the best within the device's limits.

    Bytes of a model's file and arena, and instructions of an inference on rv32imc; k is 1024 of bytes and 1000 of
    instructions. The folder gets the best model as a run, and a plot of the Pareto front.

    \b
    Examples:
      picket model search vibration --flash 200k --arena 60k --instructions 5M
      picket model search vibration --instructions 50k --trials 40 --seed 2 -o found
    """
    from picket_host.models import search as library
    from picket_host.models import search_plot
    from picket_host.models.cost import limits_of

    limits = limits_of(flash, arena, instructions)
    out = out or shared.RUNS / f"search-{recipe}"
    with console.progress() as progress:
        report = library.search(recipe, out, limits, trials, data, variant, quick, seed, progress)
        search_plot.write(report, out / "pareto.svg")
    console.emit(report, as_json, _render_search)


def _render_quantized(report: QuantizeReport) -> None:
    kind = f"{report.precision.weights} weights, {report.precision.activations} activations"
    table = Table(title=f"{report.file}, {kind}", show_header=False)
    table.add_row("size", f"{report.bytes:,} bytes, {report.packed_bytes:,} in a package")
    table.add_row("arena", f"{report.arena_bytes:,} bytes")
    for name in ("input", "output"):
        shape, scale, zero = (getattr(report, f"{name}_{part}") for part in ("shape", "scale", "zero_point"))
        text = f"{report.precision.activations} {list(shape)}, value = {scale:.6g} x (q {-zero:+d})"
        table.add_row(name, text)
    table.add_row("operators", shared.operators_text(report.operators))
    console.out.print(table)


def _render_pruned(report: PruneReport) -> None:
    shared.show_standings(str(report.folder), {"before": report.before, "pruned": report.after})
    table = Table("layer", "weights that are zero", title="sparsity")
    for name, share in report.sparsity.items():
        table.add_row(name, f"{share:.1%}")
    console.out.print(table)


def _render_distilled(report: DistillReport) -> None:
    standings = {"teacher": report.teacher, "student alone": report.alone, "student, taught": report.student}
    shared.show_standings(str(report.folder), standings)


def _render_search(report: SearchReport) -> None:
    states = [trial.state for trial in report.trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    headings = ("trial", "accuracy", "with noise", "file", "arena", "instructions")
    shown = Table(*headings, title=f"Pareto front of {len(states)} trials: {counts}", box=None)
    for candidate in report.front:
        trial, stands = candidate.trial, candidate.standing
        settings = " ".join(f"{name}={value}" for name, value in trial.hyperparameters.items())
        accuracies = (f"{stands.accuracy:.2%}", f"{stands.noisy_accuracy:.2%}")
        sizes = (f"{value:,}" for value in (stands.bytes, stands.arena_bytes, stands.instructions))
        mark = "*" if trial.number == report.best else ""
        shown.add_row(f"{trial.number}{mark} {settings}", *accuracies, *sizes)
    console.out.print(shown)
    console.out.print(f"* is the run {report.folder / 'best'}; plot: {report.folder / 'pareto.svg'}", soft_wrap=True)
