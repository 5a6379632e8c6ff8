"""``picket build``: the simulator, firmware for boards and for the emulated one, and the native module."""

from __future__ import annotations

import dataclasses
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from picket_host import console
from picket_host.errors import InputError

if TYPE_CHECKING:
    from picket_host.firmware.build import Firmware
    from picket_host.firmware.flash import Flash
    from picket_host.firmware.plan import Plan
    from picket_host.native.operator_types import Row
    from picket_host.native.selection import Selection


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Build the simulator, firmware for boards and for the emulated one, and the native module.

    \b
    Examples:
      picket build sim                the simulator; does nothing if it is up to date
      picket build sim --json         the same for scripts: {"path": ...}
      picket build rv32               MicroPython for the RISC-V board of picket emulate
      picket build mpy --arch x64     the native module as a file for stock firmware
      picket build operators          what the engine can run, by type
      picket build firmware --board ESP32_GENERIC_C3 --models model.tflite --dry-run     what would be built
    """


def selection_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of builds that choose the engine's operators."""
    models = click.option(
        "--models",
        multiple=True,
        type=click.Path(exists=True, path_type=Path),
        metavar="PATH",
        help="Only the operators of this .tflite file, or of those in this folder. Give it again for more.",
    )
    ops = click.option(
        "--ops", metavar="A,B,...", help="Operators by name, beside those that the models use; with tflm also: all."
    )
    return models(ops(function))


def engine_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of builds that choose the engine and its operators."""
    engine = click.option(
        "--engine",
        type=click.Choice(["portable", "tflm"]),
        default="portable",
        show_default=True,
        help="The project's own engine, or TensorFlow Lite Micro.",
    )
    root = click.option(
        "--tflm-root",
        type=click.Path(path_type=Path),
        metavar="DIR",
        envvar="TFLM_ROOT",
        help="An installed TensorFlow Lite Micro: include/ and lib/libtensorflow-microlite.a.",
    )
    return engine(root(selection_options(function)))


optimise_option = click.option(
    "--optimise",
    type=click.Choice(["speed", "size"]),
    default="speed",
    show_default=True,
    help="size: one small kernel for each layer with weights. Twice the instructions, two thirds of the code.",
)


def _select(
    engine: str,
    tflm_root: Path | None,
    arch: str,
    models: tuple[Path, ...],
    ops: str | None,
    *,
    engine_only: bool = False,
    types: str | None = None,
    short_errors: bool = False,
    compact: bool = False,
    module: bool = False,
) -> Selection:
    if engine == "portable":
        from picket_host.native.selection import select

        return select(
            models, ops, types=types, engine_only=engine_only, short_errors=short_errors, compact=compact
        )
    if short_errors or compact or types:
        raise click.UsageError("--short-errors, --optimise size and --types are for the portable engine")
    from picket_host.tflm_build import library, selection

    tflm = library.find(tflm_root)
    tflm.require(arch, module=module)
    return selection.select(models, ops, library=tflm, engine_only=engine_only)


@command.command()
@engine_options
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def sim(
    engine: str, tflm_root: Path | None, models: tuple[Path, ...], ops: str | None, force: bool, as_json: bool
) -> None:
    """Build the simulator: MicroPython for this machine with the native module and a simulated board.

    \b
    Examples:
      picket build sim
      picket build sim --force --json
      picket build sim --models model.tflite     a simulator that runs this model
      picket build sim --engine tflm --tflm-root DIR     with TensorFlow Lite Micro in it
    """
    from picket_host.simulator.build import build, simulator_port

    with console.progress() as progress:
        path = build(progress, force=force, port=simulator_port(_select(engine, tflm_root, "x64", models, ops)))
    console.emit(
        {"path": path}, as_json, lambda result: console.out.print(f"simulator: {result['path']}", soft_wrap=True)
    )


@command.command()
@click.option("--markdown", is_flag=True, help="As the table in the engine's documentation.")
@click.option("--by-type", is_flag=True, help="With --markdown: the short table, a line for each set of types.")
@console.json_option
def operators(markdown: bool, by_type: bool, as_json: bool) -> None:
    """List the portable engine's operators with the types that each takes.

    \b
    Examples:
      picket build operators
      picket build operators --json
      picket build operators --markdown     for native_module/engine/README.md
      picket build operators --markdown --by-type     for README.md
    """
    from picket_host.native import operator_types

    if by_type and not markdown:
        raise click.UsageError("--by-type goes with --markdown")
    rows = {"operators": [dataclasses.asdict(row) for row in operator_types.ROWS]}
    if markdown and not as_json:
        click.echo(operator_types.markdown_by_type() if by_type else operator_types.markdown(), nl=False)
        return
    console.emit(rows, as_json, lambda _: _show_operators(operator_types.ROWS))


def _show_operators(rows: Sequence[Row]) -> None:
    for row in rows:
        for name in row.operators:
            console.out.print(f"{name:30}{', '.join(row.types)}", highlight=False)


@command.command()
@click.option("--stock", is_flag=True, help="MicroPython's own board VIRT_RV32, without file system, time and asyncio.")
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def rv32(stock: bool, force: bool, as_json: bool) -> None:
    """Build the firmware of the emulated board: MicroPython's QEMU port for RISC-V with littlefs, asyncio and time.

    \b
    Examples:
      picket build rv32
      picket build rv32 --stock --json
    """
    from picket_host.emulator.build import board_port, build, stock_port

    with console.progress() as progress:
        path = build(progress, force=force, port=stock_port() if stock else board_port())
    console.emit(
        {"path": path}, as_json, lambda result: console.out.print(f"firmware: {result['path']}", soft_wrap=True)
    )


@command.command()
@click.option(
    "--arch",
    required=True,
    type=click.Choice(["x64", "rv32imc", "armv7emsp", "xtensawin"]),
    help="MicroPython's name of the architecture.",
)
@engine_options
@click.option(
    "--types", metavar="A,B,...", help="Types beside int8, and those that the models use: int16, int4 (weights)."
)
@click.option("--engine-only", is_flag=True, help="Without signal processing and the check of signatures.")
@click.option("--short-errors", is_flag=True, help="What is wrong with a model is numbers (picket explain).")
@optimise_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Copy the file there (a file or an existing folder)."
)
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def mpy(
    arch: str,
    engine: str,
    tflm_root: Path | None,
    models: tuple[Path, ...],
    ops: str | None,
    types: str | None,
    engine_only: bool,
    short_errors: bool,
    optimise: str,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Build picket_native.mpy, which stock MicroPython 1.25 firmware imports like any module.

    \b
    Architectures: rv32imc (ESP32-C3, C6), xtensawin (ESP32, S2, S3), armv7emsp (Cortex-M4F and up), x64 (this machine)

    \b
    Examples:
      picket build mpy --arch rv32imc
      picket build mpy --arch x64 -o device/native/x64/ --json
      picket build mpy --arch rv32imc --ops CONV_2D,RESHAPE --engine-only --short-errors --optimise size     small
      picket build mpy --arch rv32imc --ops conv_2d,mean --types int16     also for models of int16
      picket build mpy --arch rv32imc --models model.tflite --engine tflm --tflm-root DIR    TensorFlow Lite Micro
    """
    from picket_host.natmod import build

    parts = {
        "types": types, "engine_only": engine_only, "short_errors": short_errors, "compact": optimise == "size",
    }  # fmt: skip
    with console.progress() as progress:
        selection = _select(engine, tflm_root, arch, models, ops, module=True, **parts)
        module = build(arch, progress, force=force, selection=selection)
    path = module.path
    if output is not None:
        path = output / path.name if output.is_dir() else output
        try:
            shutil.copyfile(module.path, path)
        except OSError as error:
            raise InputError(f"can't write the module: {error.strerror}", path) from error
    console.emit({**dataclasses.asdict(module), "path": path}, as_json, _show_module)


def _show_module(result: dict[str, Any]) -> None:
    memory_bytes = result["code_bytes"] + result["zeroed_bytes"]
    text = f"{result['path']}: {result['file_bytes']:,} bytes; its import takes {memory_bytes:,} bytes of memory"
    console.out.print(f"{text}; {len(result['operators'])} operators", soft_wrap=True)


@command.command()
@click.option("--board", help="MicroPython's name of the board: ESP32_GENERIC, _S2, _S3, _C3 or _C6.")
@click.option("--all-boards", is_flag=True, help="With --dry-run: each board, with and without its variants.")
@click.option("--variant", default="", help="SPIRAM for ESP32_GENERIC, SPIRAM_OCT for ESP32_GENERIC_S3.")
@selection_options
@click.option(
    "--micropython",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A checkout of MicroPython 1.25 with its submodules.",
)
@click.option(
    "--tflm-root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="An installed TensorFlow Lite Micro to measure with how much flash the choice of operators saves.",
)
@click.option("--dry-run", is_flag=True, help="Write the project's files and say what would be done.")
@click.option("--markdown", is_flag=True, help="With --dry-run: as the table in the documentation.")
@console.json_option
def firmware(
    board: str | None,
    all_boards: bool,
    variant: str,
    models: tuple[Path, ...],
    ops: str | None,
    micropython: Path | None,
    tflm_root: Path | None,
    dry_run: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Build ESP32 firmware in Espressif's container: MicroPython with TensorFlow Lite Micro and ESP-NN built in.

    \b
    Examples:
      picket build firmware --board ESP32_GENERIC_C3 --models model.tflite --dry-run
      picket build firmware --board ESP32_GENERIC_S3 --variant SPIRAM_OCT --ops all --micropython DIR
      picket build firmware --all-boards --models model.tflite --dry-run --markdown     a table of all boards
    """
    from picket_host.firmware import boards, flash, plan, report
    from picket_host.firmware.build import build
    from picket_host.tflm_build import library

    if bool(board) == all_boards:
        raise click.UsageError("one board (--board), or all of them (--all-boards)")
    if (all_boards or markdown) and not dry_run:
        raise click.UsageError("--all-boards and --markdown go with --dry-run")
    if all_boards and variant:
        raise click.UsageError("--all-boards has every variant")
    wanted = boards.BOARDS if board is None else (plan.board_of(board, variant),)
    with console.progress() as progress:
        plans = [plan.make(each, models, ops, micropython, progress) for each in wanted]
        measured = flash.measure(plans[0].operators, library.find(tflm_root), progress) if tflm_root else None
        built = None if dry_run else build(plans[0], progress)
    if markdown and not as_json:
        click.echo(report.markdown(plans, measured), nl=False)
    elif all_boards:
        result = {"plans": plans, "flash": measured}
        console.emit(result, as_json, lambda _: [_show_firmware(planned, measured, None) for planned in plans])
    else:
        result = {"plan": plans[0], "flash": measured, "firmware": built}
        console.emit(result, as_json, lambda _: _show_firmware(plans[0], measured, built))


def _show_firmware(plan: Plan, flash: Flash | None, built: Firmware | None) -> None:
    from picket_host.firmware.report import saved_text

    rows = [
        ("board", f"{plan.board.label}: {plan.board.mcu}, {plan.board.flash_bytes >> 20} MiB flash, "
                  f"PSRAM {plan.board.psram}"),
        ("container", plan.image),
        ("operators", f"{len(plan.operators)}, {plan.left_out} left out: {', '.join(plan.operators)}"),
        ("models are checked", plan.unchecked and f"in part: {plan.unchecked}" or "whole, before they run"),
        ("partitions", ", ".join(f"{p.name} {p.size >> 10} KiB" for p in plan.partitions)),
        ("slot", f"{plan.slot_bytes:,} bytes for one application, twice"),
        ("project", str(plan.project)),
        ("files", f"{len(plan.files)}"),
        ("command", shlex.join(plan.command)),
    ]
    if flash is not None:
        text = f"{flash.engine_bytes:,} bytes, with all operators {flash.everything_bytes:,}"
        rows.append(("engine's flash", text))
    rows.append(("flash saved", saved_text(flash)))
    if built is not None:
        sizes = f"application {built.application_bytes:,} of {built.slot_bytes:,} bytes"
        rows.append(("firmware", f"{built.image}; {sizes}"))
    rows += [("missing here", text) for text in plan.missing]
    for name, text in rows:
        console.out.print(f"{name + ':':20}{text}", soft_wrap=True, highlight=False)
