"""``picket build``: the simulator, the emulated board's firmware and the native module."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from picket_host import console
from picket_host.errors import InputError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Build the simulator, the emulated board's firmware and the native module.

    \b
    Examples:
      picket build sim                the simulator; does nothing if it is up to date
      picket build sim --json         the same for scripts: {"path": ...}
      picket build rv32               MicroPython for the RISC-V board of picket emulate
      picket build mpy --arch x64     the native module as a file for stock firmware
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
    ops = click.option("--ops", metavar="A,B,...", help="Operators by name, beside those that the models use.")
    return models(ops(function))


@command.command()
@selection_options
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def sim(models: tuple[Path, ...], ops: str | None, force: bool, as_json: bool) -> None:
    """Build the simulator: MicroPython for this machine with the native module and a simulated board.

    \b
    Examples:
      picket build sim
      picket build sim --force --json
      picket build sim --models model.tflite     a simulator that runs this model
    """
    from picket_host.native.selection import select
    from picket_host.simulator.build import build, simulator_port

    with console.progress() as progress:
        path = build(progress, force=force, port=simulator_port(select(models, ops)))
    console.emit(
        {"path": path}, as_json, lambda result: console.out.print(f"simulator: {result['path']}", soft_wrap=True)
    )


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
@selection_options
@click.option("--engine-only", is_flag=True, help="Without signal processing and the check of signatures.")
@click.option("--output", type=click.Path(path_type=Path), help="Copy the file there (a file or an existing folder).")
@click.option("--force", is_flag=True, help="Compile everything again.")
@console.json_option
def mpy(
    arch: str,
    models: tuple[Path, ...],
    ops: str | None,
    engine_only: bool,
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
      picket build mpy --arch x64 --output device/native/x64/ --json
      picket build mpy --arch rv32imc --models model.tflite --engine-only     as small as the model allows
    """
    from picket_host.natmod import build
    from picket_host.native.selection import select

    with console.progress() as progress:
        module = build(arch, progress, force=force, selection=select(models, ops, engine_only=engine_only))
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
