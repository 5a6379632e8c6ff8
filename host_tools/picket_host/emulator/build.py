"""Builds the firmware of the emulated board: MicroPython's QEMU port for RISC-V with the board in ``board/``.

``.cache/rv32/`` is its cache folder.
"""

from __future__ import annotations

from pathlib import Path

from picket_host import micropython
from picket_host.micropython import Port
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress

_BOARD = Path(__file__).resolve().parent / "board"
_COMPILER = "riscv64-unknown-elf-gcc"
# GCC 12 knows CSRs as a part of the base instruction set only in version 2.2 of the specification; the port's own
# choice of names is for later compilers.
_INSTRUCTION_SET = (
    "RV32_ARCH=rv32imac",
    "AFLAGS=-mabi=ilp32 -march=rv32imac -misa-spec=2.2",
    "CFLAGS_EXTRA=-misa-spec=2.2",
)


def board_port() -> Port:
    """The emulated board: littlefs at ``/``, a ROMFS at ``/rom``, time, asyncio, select, reset."""
    return _port("rv32", ("BOARD=PICKET", f"BOARD_DIR={_BOARD}"), (_BOARD,))


def stock_port() -> Port:
    """MicroPython's own board VIRT_RV32 as it is, without anything of ours."""
    return _port("stock", ("BOARD=VIRT_RV32", "FROZEN_MANIFEST="), ())


def _port(name: str, variables: tuple[str, ...], inputs: tuple[Path, ...]) -> Port:
    return Port(
        name,
        (*variables, *_INSTRUCTION_SET),
        inputs,
        folder="qemu",
        product="firmware.elf",
        compiler=_COMPILER,
        compiler_package="gcc-riscv64-unknown-elf",
        header_packages=((".h", "picolibc-riscv64-unknown-elf"),),
    )


def build(progress: Progress = SILENT, *, force: bool = False, port: Port | None = None) -> Path:
    """The path of the firmware (the emulated board's when ``port`` is None), built if no earlier build of the same
    content is in the cache. Raises as ``micropython.build`` does."""
    return micropython.build(board_port() if port is None else port, CACHE / "rv32", progress, force=force)
