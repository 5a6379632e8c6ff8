"""The table of all recipes: trained, quantised, proved and measured by one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from picket_host.bench import rv32
from picket_host.models import recipes
from picket_host.models.cost import cost_of
from picket_host.models.keras_bench import KerasBench
from picket_host.models.quantize import to_int8
from picket_host.models.recipes import DEFAULT_SEED
from picket_host.models.tflm import Judge
from picket_host.models.train import RunFolder, train_variants
from picket_host.models.verify import verify_on
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class Row:
    """One recipe's model.

    Attributes:
        recipe, variant, weights: what it is.
        float_accuracy, accuracy: of the Keras model and of int8 on the device's engine, held-back data.
        flash_bytes, arena_bytes: the file, and the arena on the 32-bit board (this machine's, when not measured).
        instructions: of one inference on rv32imc.
        measured: whether they were counted on the emulated board; else estimated.
        bit_exact: engine and TFLM agree in every byte, here on held-back data and on the board on random inputs.
        fault: why it must not be deployed; None when it may.
    """

    recipe: str
    variant: str
    weights: int
    float_accuracy: float
    accuracy: float
    flash_bytes: int
    arena_bytes: int
    instructions: int
    measured: bool
    bit_exact: bool
    fault: str | None


def table(
    folder: Path,
    names: Sequence[str] = (),
    quick: bool = False,
    measure: bool = True,
    seed: int = DEFAULT_SEED,
    progress: Progress = SILENT,
) -> tuple[Row, ...]:
    """Train, quantise, prove and measure recipes on their embedded data.

    Args:
        folder: for the runs, ``<folder>/<recipe>-<variant>``.
        names: recipes; all for none. ``recipe:variant`` takes another variant than the first.
        quick: fewer epochs and training samples.
        measure: count instructions on the emulated board.

    Raises:
        InputError: no such recipe or variant. ModelError: a model can't be quantised or run.
    """
    chosen = [_chosen(name) for name in names or recipes.names()]
    folders = {}
    with KerasBench(progress) as bench, Judge() as judge:
        rows = [_row(bench, judge, folder, *pair, folders, quick, seed, progress) for pair in chosen]
    return tuple(_measured(rows, folders, progress)) if measure else tuple(rows)


def markdown(rows: Sequence[Row]) -> str:
    """The table as a README shows it."""
    lines = [
        "| recipe | float | int8 | file | arena | instructions | engine = TFLM |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = (
            f"`{row.recipe}` ({row.variant})",
            f"{row.float_accuracy:.2%}",
            f"{row.accuracy:.2%}",
            f"{row.flash_bytes:,} B",
            f"{row.arena_bytes:,} B",
            f"{'' if row.measured else 'about '}{row.instructions:,}",
            "bit for bit" if row.bit_exact else "no",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _chosen(name: str) -> tuple[str, str]:
    recipe, _, variant = name.partition(":")
    return recipe, recipes.variant_of(recipes.find(recipe), variant or None)[0]


def _row(
    bench: KerasBench,
    judge: Judge,
    folder: Path,
    recipe: str,
    variant: str,
    folders: dict[tuple[str, str], RunFolder],
    quick: bool,
    seed: int,
    progress: Progress,
) -> Row:
    run_folder = folders[recipe, variant] = RunFolder(folder / f"{recipe}-{variant}")
    (run,) = train_variants(bench, recipe, {variant: run_folder.path}, None, quick, seed, progress)
    dataset = run_folder.dataset()
    model = to_int8(bench, run_folder.keras_file, dataset.representative())
    run_folder.tflite_file.write_bytes(model)
    step = recipes.stream_step(recipes.find(recipe))
    proof = verify_on(bench, judge, run_folder.keras_file, model, dataset, progress, step)
    return Row(
        recipe=recipe,
        variant=variant,
        weights=run.weights,
        float_accuracy=proof.scores["float"].accuracy,
        accuracy=proof.scores["engine"].accuracy,
        flash_bytes=proof.model_bytes,
        arena_bytes=proof.arena_bytes,
        instructions=cost_of(model).instructions.total,
        measured=False,
        bit_exact=proof.bit_exact,
        fault=proof.fault,
    )


def _measured(rows: Sequence[Row], folders: dict[tuple[str, str], RunFolder], progress: Progress) -> list[Row]:
    """The rows with what the emulated board counted."""
    files = [folders[row.recipe, row.variant].tflite_file for row in rows]
    counted = []
    for row, cost in zip(rows, rv32.measure(files, vectors=4, progress=progress).models, strict=True):
        if isinstance(cost, rv32.Refused):
            counted.append(replace(row, fault=row.fault or cost.error))
            continue
        counted.append(
            replace(
                row,
                arena_bytes=cost.arena_bytes,
                instructions=cost.instructions,
                measured=True,
                bit_exact=row.bit_exact and cost.matches_tflm,
            )
        )
    return counted
