"""``picket model``: train, quantise and prove models."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.table import Table

from picket_host import console
from picket_host.errors import ModelError
from picket_host.models.quantize import QuantizeReport
from picket_host.models.train import Run
from picket_host.models.verify import VerifyReport
from picket_host.paths import CACHE

_PATH = click.Path(path_type=Path)
_RUNS = CACHE / "runs"


@click.group(name="model")
def command() -> None:
    """Train, quantise and prove models.

    \b
    Examples:
      picket model train vibration -o run
      picket model quantize run
      picket model verify run --package package
    """


@command.command()
@click.argument("recipe")
@click.option("--data", type=_PATH, help="Folder with recordings; without it the recipe synthesises its own.")
@click.option("--variant", help="Variant of the recipe; by default its first.")
@click.option("-o", "--out", type=_PATH, help="Run folder to write; by default one named after recipe and variant.")
@click.option("--quick", is_flag=True, help="Fewer epochs and training samples, for a first look.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of everything random.")
@console.json_option
def train(
    recipe: str, data: Path | None, variant: str | None, out: Path | None, quick: bool, seed: int, as_json: bool
) -> None:
    """Train the model of a recipe into a run folder.

    \b
    Examples:
      picket model train vibration
      picket model train vibration --data recordings --variant better -o run
    """
    from picket_host.models import train as library

    out = out or _RUNS / "-".join(filter(None, (recipe, variant)))
    with console.progress() as progress:
        run = library.train(recipe, out, data, variant, quick, seed, progress)
    console.emit({"folder": out, "run": run} if as_json else run, as_json, lambda run: _render_run(run, out))


@command.command()
@click.argument("source", type=_PATH)
@click.option("--samples", type=_PATH, help="Typical inputs, .npy with float32 [n, ...]; a run has its own.")
@click.option("-o", "--out", type=_PATH, help=".tflite file to write; by default in the run or beside the source.")
@console.json_option
def quantize(source: Path, samples: Path | None, out: Path | None, as_json: bool) -> None:
    """Quantise a run, a .keras file or a SavedModel fully to int8.

    \b
    Examples:
      picket model quantize run
      picket model quantize model.keras --samples inputs.npy -o model.tflite
    """
    from picket_host.models import quantize as library

    with console.progress() as progress:
        report = library.quantize(source, out, samples, progress)
    console.emit(report, as_json, _render_quantized)


@command.command()
@click.argument("source", type=_PATH)
@click.option("--samples", type=_PATH, help="Inputs for a .tflite file, .npy with float32 [n, ...]; random without it.")
@click.option("--package", type=_PATH, help="Folder to write the model package to, for a run that has been proved.")
@console.json_option
def verify(source: Path, samples: Path | None, package: Path | None, as_json: bool) -> None:
    """Prove that float, int8, the official TFLM runtime and the device's engine agree.

    SOURCE is a quantised run or any int8 .tflite file. Exits 1 when the engine differs from TFLM in a single byte, or
    int8 lies more than one percentage point below float.

    \b
    Examples:
      picket model verify run --package package
      picket model verify person_detect.tflite
    """
    from picket_host.models import package as packages
    from picket_host.models import verify as library

    with console.progress() as progress:
        if package is None:
            report = library.verify(source, samples, progress)
        else:
            report = packages.package_run(source, package, progress).proof
    console.emit(report, as_json, _render_proof)
    if report.fault:
        if as_json:  # the document says it
            raise SystemExit(1)
        raise ModelError(report.fault, source)


def _render_run(run: Run, folder: Path) -> None:
    table = Table(title=f"{run.recipe} {run.version} ({run.variant})", show_header=False)
    table.add_row("data", run.source)
    table.add_row("windows", ", ".join(f"{count} {part}" for part, count in run.samples.items()))
    table.add_row("weights", f"{run.weights:,}")
    table.add_row("accuracy while training", f"{run.curves['accuracy'][-1]:.2%}")
    table.add_row("accuracy on the validation part", f"{run.curves['val_accuracy'][-1]:.2%}")
    table.add_row("run folder", str(folder))
    console.out.print(table)


def _render_quantized(report: QuantizeReport) -> None:
    table = Table(title=str(report.file), show_header=False)
    table.add_row("size", f"{report.bytes:,} bytes")
    table.add_row("arena", f"{report.arena_bytes:,} bytes")
    table.add_row("input", _tensor(report.input_shape, report.input_scale, report.input_zero_point))
    table.add_row("output", _tensor(report.output_shape, report.output_scale, report.output_zero_point))
    table.add_row("operators", _operators(report.operators))
    console.out.print(table)


def _render_proof(report: VerifyReport) -> None:
    if report.scores:
        _render_scores(report)
    table = Table(title="proof", show_header=False)
    if report.loss_points is not None:
        table.add_row("int8 below float", f"{report.loss_points:.2f} percentage points")
    agreement = "equal in every byte" if report.bit_exact else "different"
    table.add_row("engine and TFLM", f"{agreement} on {report.compared} inputs")
    table.add_row("size", f"{report.model_bytes:,} bytes")
    table.add_row("arena", f"engine {report.arena_bytes:,} bytes, TFLM {report.tflm_arena_bytes:,} bytes")
    table.add_row("operators", _operators(report.operators))
    if report.stream:
        stream = report.stream
        table.add_row("streaming", f"{stream.runs} runs of {stream.step} steps equal TFLM, {stream.windows} the window")
        table.add_row("streaming size", f"{stream.model_bytes:,} bytes, arena {stream.arena_bytes:,} bytes")
    console.out.print(table)


def _render_scores(report: VerifyReport) -> None:
    accuracy = Table("runtime", "accuracy", "with noise", title="held-back data")
    for name, score in report.scores.items():
        noisy = report.noisy_scores.get(name)
        accuracy.add_row(name, f"{score.accuracy:.2%}", f"{noisy.accuracy:.2%}" if noisy else "")
    console.out.print(accuracy)
    confusion = Table("is / taken for", *report.labels, title="confusion of the engine, windows")
    for label, row in zip(report.labels, report.scores["engine"].confusion, strict=True):
        confusion.add_row(label, *(str(count) for count in row))
    console.out.print(confusion)


def _tensor(shape: tuple[int, ...], scale: float, zero_point: int) -> str:
    return f"int8 {list(shape)}, value = {scale:.6g} x (q {-zero_point:+d})"


def _operators(names: tuple[str, ...]) -> str:
    return ", ".join(f"{count} {name}" for name, count in Counter(names).items())
