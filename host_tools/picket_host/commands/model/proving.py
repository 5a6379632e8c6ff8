"""``picket model verify``, ``report``, ``table`` and ``cost``: what a model can do, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from picket_host import console
from picket_host.commands.model import shared
from picket_host.errors import ModelError

if TYPE_CHECKING:
    from picket_host.models.cost import Cost
    from picket_host.models.instruction_fit import FitReport
    from picket_host.models.verify import VerifyReport


@click.command()
@click.argument("source", type=shared.PATH)
@click.option(
    "--samples", type=shared.PATH, help="Inputs for a .tflite file, .npy with float32 [n, ...]; random without it."
)
@click.option("--golden", type=shared.OUT_FILE, help="File to write golden vectors to, once engine and TFLM agree.")
@click.option("--package", type=shared.OUT_FOLDER, help="Folder to write the model package of a proved run to.")
@console.json_option
def verify(source: Path, samples: Path | None, golden: Path | None, package: Path | None, as_json: bool) -> None:
    """Prove that float, int8, the official TFLM runtime and the device's engine agree.

    SOURCE is a quantised run or any int8 or int16 .tflite file. Exits 1 when the engine differs from TFLM in a single
    byte, or the quantised model lies more than one percentage point below float.

    \b
    Examples:
      picket model verify run --package package
      picket model verify person_detect.tflite --golden golden.bin
    """
    from picket_host.models import package as packages
    from picket_host.models import verify as library

    if package is not None:
        packages.check_folder(package)
    with console.progress() as progress:
        if package is None or golden is not None:
            report = library.verify(source, samples, progress, golden)
        if package is not None:
            report = packages.package_run(source, package, progress).proof
    console.emit(report, as_json, _render_proof)
    if report.fault:
        if as_json:  # the document says it
            raise SystemExit(1)
        raise ModelError(report.fault, source)


@click.command()
@click.argument("model", type=shared.PATH)
@click.option("--like", required=True, metavar="RECIPE", help="Recipe whose device pipeline feeds the model.")
@click.option("--labels", required=True, help="Names of the outputs, the healthy one first: calm,loud.")
@click.option("--name", help="Of the package; by default the file's.")
@click.option("--version", default="1.0.0", show_default=True, help="Of the package.")
@click.option("--samples", type=shared.PATH, help="Typical inputs, .npy with float32 [n, ...]; random without them.")
@click.option("--anomaly", type=shared.PATH, help="An anomaly.bin for the same features.")
@click.option("-o", "--out", type=shared.OUT_FOLDER, required=True, help="Folder of the package.")
@console.json_option
def adopt(
    model: Path,
    like: str,
    labels: str,
    name: str | None,
    version: str,
    samples: Path | None,
    anomaly: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Prove a quantised .tflite from outside, and package it for the device pipeline of a recipe.

    \b
    Examples:
      picket model adopt theirs.tflite --like vibration --labels healthy,worn -o package
    """
    from picket_host.models import adopt as library

    names = [label.strip() for label in labels.split(",")]
    with console.progress() as progress:
        report = library.adopt(model, out, like, names, name, version, samples, anomaly, progress)
    text = f"{report.folder}: {report.name} {report.version}, {report.package_bytes:,} bytes"
    console.emit(report, as_json, lambda _: console.out.print(text, soft_wrap=True))


@click.command()
@click.argument("source", type=shared.PATH)
@click.option("--measure", is_flag=True, help="Count instructions on the emulated board instead of estimating them.")
@click.option("-o", "--out", type=shared.OUT_FILE, help="HTML file to write; by default in the run or beside the file.")
@console.json_option
def report(source: Path, measure: bool, out: Path | None, as_json: bool) -> None:
    """Write all there is to know of a model into one HTML file with plots.

    Curves and confusion, size by layer, arena over the operators, quantisation error by layer, instructions, and
    estimates of latency on chips. SOURCE is a quantised run, or any int8 .tflite file, of which less is known.

    \b
    Examples:
      picket model report run
      picket model report run --measure -o report.html
      picket model report person_detect.tflite
    """
    from picket_host.models import report as library
    from picket_host.models import report_page

    out = out or (source / "report.html" if source.is_dir() else source.with_suffix(".html"))
    with console.progress() as progress:
        gathered = library.gather(source, measure, progress)
        progress.step("drawing")
        report_page.write(gathered, out)
    console.emit({"file": out, "report": gathered}, as_json, lambda result: console.out.print(str(result["file"])))


@click.command()
@click.option("--recipes", "names", multiple=True, metavar="RECIPE[:VARIANT]", help="Only these; by default all.")
@click.option("--quick", is_flag=True, help="Fewer epochs and training samples.")
@click.option("--measure/--estimate", default=True, help="Count instructions on the emulated board, or estimate them.")
@click.option("--markdown", is_flag=True, help="Print the table as the README has it.")
@click.option("--runs", type=shared.OUT_FOLDER, help="Folder for the runs.")
@shared.seed_option
@console.json_option
def table(
    names: tuple[str, ...], quick: bool, measure: bool, markdown: bool, runs: Path | None, seed: int, as_json: bool
) -> None:
    """Train, quantise, prove and measure every recipe on its embedded data.

    Exits 1 when a model must not be deployed.

    \b
    Examples:
      picket model table --markdown
      picket model table --recipes vibration --recipes vibration:better --estimate
    """
    from picket_host.models import table as library

    with console.progress() as progress:
        rows = library.table(runs or shared.RUNS / "table", names, quick, measure, seed, progress)
    console.emit(rows, as_json, lambda rows: _render_table(rows, markdown))
    faults = [f"{row.recipe}: {row.fault}" for row in rows if row.fault]
    if faults:
        if as_json:
            raise SystemExit(1)
        raise ModelError("; ".join(faults))


@click.command()
@click.argument("model", type=shared.PATH, required=False)
@shared.limit_options
@click.option("--fit", is_flag=True, help="Measure sample models on the emulated board and fit the estimate anew.")
@console.json_option
def cost(
    model: Path | None, flash: str | None, arena: str | None, instructions: str | None, fit: bool, as_json: bool
) -> None:
    """Estimate what a .tflite file costs on the device, without running it.

    Exits 1 when it exceeds a limit. With --fit: make the estimate's coefficients, which takes some minutes.

    \b
    Examples:
      picket model cost model.tflite
      picket model cost model.tflite --flash 200k --arena 60k --instructions 5M
      picket model cost --fit
    """
    from picket_host.models import cost as library

    if fit:
        from picket_host.models import instruction_fit

        with console.progress() as progress:
            fitted = instruction_fit.fit(progress=progress)
        console.emit(fitted, as_json, _render_fit)
        return
    if model is None:
        raise click.UsageError("Missing argument 'MODEL'.")
    limits = library.limits_of(flash, arena, instructions)
    estimate = library.cost_of_file(model)
    console.emit(estimate, as_json, _render_cost)
    limits.check(estimate, model)


def _render_proof(report: VerifyReport) -> None:
    if report.scores:
        _render_scores(report)
    shown = Table(title="proof", show_header=False)
    if report.loss_points is not None:
        shown.add_row("quantised below float", f"{report.loss_points:.2f} percentage points")
    agreement = "equal in every byte" if report.bit_exact else "different"
    shown.add_row("engine and TFLM", f"{agreement} on {report.compared} inputs")
    shown.add_row("size", f"{report.model_bytes:,} bytes")
    shown.add_row("arena", f"engine {report.arena_bytes:,} bytes, TFLM {report.tflm_arena_bytes:,} bytes")
    shown.add_row("operators", shared.operators_text(report.operators))
    if report.stream:
        stream = report.stream
        shown.add_row("streaming", f"{stream.runs} runs of {stream.step} steps equal TFLM, {stream.windows} the window")
        shown.add_row("streaming size", f"{stream.model_bytes:,} bytes, arena {stream.arena_bytes:,} bytes")
    console.out.print(shown)


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


def _render_table(rows: tuple, as_markdown: bool) -> None:
    from picket_host.models.table import markdown

    if as_markdown:
        click.echo(markdown(rows))
        return
    headings = ("recipe", "float", "int8", "file", "arena", "instructions", "engine = TFLM")
    shown = Table(*headings)
    for row in rows:
        sizes = (f"{row.flash_bytes:,}", f"{row.arena_bytes:,}")
        instructions = f"{'' if row.measured else 'about '}{row.instructions:,}"
        accuracies = (f"{row.float_accuracy:.2%}", f"{row.accuracy:.2%}")
        exact = "bit for bit" if row.bit_exact else "no"
        shown.add_row(f"{row.recipe} ({row.variant})", *accuracies, *sizes, instructions, exact)
    console.out.print(shown)


def _render_cost(estimate: Cost) -> None:
    counted = estimate.instructions
    shown = Table("operator", "layer", "kernel", "instructions", "at worst off", box=None)
    for operator in counted.operators:
        numbers = (f"{operator.instructions:,}", f"{operator.error_pct:.0f} %")
        shown.add_row(f"{operator.index} {operator.name}", operator.layer, operator.kernel, *numbers)
    console.out.print(shown)
    console.out.print(
        f"{counted.total:,} instructions on rv32imc, at the worst {counted.error_pct:.0f} % off; "
        f"{estimate.macs:,} MACs; {estimate.flash_bytes:,} bytes of flash, {estimate.arena_bytes:,} of arena"
    )
    if not counted.current:
        console.out.print("the engine has changed since the estimate was fitted: picket model cost --fit")


def _render_fit(report: FitReport) -> None:
    shown = Table("kernel", "models", "median error", "worst", "instructions", title=f"{report.measured} models")
    for name, kernel in report.kernels.items():
        terms = ", ".join(f"{value:g} {term}" for term, value in kernel.terms.items())
        errors = (f"{kernel.error_pct[which]:.1f} %" for which in ("median", "worst"))
        shown.add_row(name, str(kernel.samples), *errors, terms)
    console.out.print(shown)
    console.out.print(str(report.file))
