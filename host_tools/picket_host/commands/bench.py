"""``picket bench``: what models cost on the device, and what the cable does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from picket_host import console

if TYPE_CHECKING:
    from picket_host.bench.rv32 import Report
    from picket_host.bench.sync import SyncReport


class _ModelsByDefault(click.Group):
    """A group that takes what names none of its commands for models: ``picket bench model.tflite``."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["models", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["models", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ModelsByDefault, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Measure: what models cost on the device, or how fast files get to a board.

    \b
    Examples:
      picket bench model.tflite               the same as: picket bench models model.tflite
      picket bench --operators model.tflite
      picket bench sync --json
    """


@command.command("models")
@click.argument("models", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="MODEL.tflite...")
@click.option(
    "--target",
    type=click.Choice(["rv32"]),
    default="rv32",
    show_default=True,
    help="rv32: real MicroPython on an emulated RISC-V board, what an ESP32-C3 or C6 executes.",
)
@click.option(
    "--vectors", type=click.IntRange(1, 1000), default=8, show_default=True, help="Random inputs to run each model on."
)
@click.option("--selected", is_flag=True, help="With these models' operators alone, without the rest of Picket.")
@click.option(
    "--optimise",
    type=click.Choice(["speed", "size"]),
    default="speed",
    show_default=True,
    help="How the module is built, as in picket build mpy.",
)
@click.option("--operators", is_flag=True, help="Show what each operator costs, too (JSON always has it).")
@console.json_option
def models_command(
    models: tuple[Path, ...],
    target: str,
    vectors: int,
    selected: bool,
    optimise: str,
    operators: bool,
    as_json: bool,
) -> None:
    """Measure models: instructions of one inference, memory, and whether every output is the official runtime's.

    The exit status is 1 when a model gives other outputs or can't be measured.

    \b
    Examples:
      picket bench model.tflite
      picket bench --operators model.tflite
      picket bench --target rv32 --json *.tflite
      picket bench --selected --optimise size model.tflite     the smallest module that runs it
    """
    from picket_host.bench.rv32 import measure
    from picket_host.native.selection import select

    chosen = select(
        models if selected else (), engine_only=selected, short_errors=selected, compact=optimise == "size"
    )
    with console.progress() as progress:
        report = measure(models, vectors, progress, selection=chosen)
    console.emit(report, as_json, lambda result: _show(result, operators))
    if not report.good:
        sys.exit(1)


@command.command("sync")
@click.option(
    "--from", "folder", type=click.Path(path_type=Path), help="Files to bring; those of the device by default."
)
@console.json_option
def sync_command(folder: Path | None, as_json: bool) -> None:
    """Bring the same files to two new emulated boards: by `mpremote fs cp -r` and by `picket sync`.

    Both over the same emulated line, in one run, each as a command from its start to its end. The exit status is 1 when
    a file does not arrive as it is.

    \b
    Examples:
      picket bench sync
      picket bench sync --json
    """
    from picket_host.bench.sync import measure

    with console.progress() as progress:
        report = measure(folder, progress)
    console.emit(report, as_json, _show_sync)
    if not report.good:
        sys.exit(1)


def _show_sync(report: SyncReport) -> None:
    text = f"{report.files} files, {report.bytes / 1024:.0f} KB: mpremote {report.mpremote.seconds:.1f} s "
    text += f"({report.mpremote.kib_per_second:.1f} KB/s), picket sync {report.sync.seconds:.1f} s "
    text += f"({report.sync.kib_per_second:.1f} KB/s), {report.ratio:.1f} times as fast"
    console.out.print(text, soft_wrap=True, highlight=False)
    console.out.print(report.conditions, soft_wrap=True, highlight=False)


def _show(report: Report, operators: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from picket_host.bench.rv32 import ModelCost

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("model", no_wrap=True, overflow="ellipsis", max_width=24)
    headings = {"as TFLM": 7, "instructions": 12, "MACs": 10, "per MAC": 7, "arena": 7, "TFLM's": 7}
    for heading, width in headings.items():
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    for model in report.models:
        if isinstance(model, ModelCost):
            name = escape(Path(model.model).name)
            matches = "yes" if model.matches_tflm else "[red]NO[/red]"
            per_mac = "" if model.instructions_per_mac is None else f"{model.instructions_per_mac:.2f}"
            numbers = (model.instructions, model.macs, model.arena_bytes, model.tflm_arena_bytes)
            count, macs, arena, tflm_arena = (f"{number:,}" for number in numbers)
            table.add_row(name, matches, count, macs, per_mac, arena, tflm_arena)
            for operator in model.operators if operators else ():
                table.add_row(f"  {operator.name}", "", f"{operator.instructions:,}")
    console.out.print(table)
    for model in report.models:
        if not isinstance(model, ModelCost):
            console.out.print(f"[red]{escape(model.model)}: {escape(model.error)}[/red]", soft_wrap=True)
    module = f"module {report.module_bytes:,} bytes, takes {report.module_heap_bytes:,} of the heap"
    text = f"target {report.target}, engine {report.engine}, {module}; TFLM's arena is that of this 64-bit machine"
    console.out.print(text, soft_wrap=True)
