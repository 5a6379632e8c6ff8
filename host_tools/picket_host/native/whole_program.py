"""Joins C files into one RISC-V object as small as GCC makes it: compiled as one program, with the shortest calls.

GCC inlines what is called once and drops arguments that are always the same only if it sees the whole program. So the
files are linked as one (the program itself is thrown away) for the sake of the assembly that this leaves behind. In
there each call is made one instruction: of four bytes, which reach 1 MB, or of two where 2 KB are enough. A linker
would do that, but ``mpy_ld.py`` doesn't, and the assembler never takes the shortest by itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError

_R_RISCV_JAL = 17
_RETURN_REGISTER = 1  # ra: jal with another one is not a plain call
# What two bytes reach, less what padding between functions may add while others become shorter.
_SHORT_REACH = 2000
_PROGRAM = ("-flto", "-fvisibility=hidden", "-fno-function-sections", "-fno-data-sections")


@dataclass(frozen=True)
class Source:
    """A C file.

    Attributes:
        flags: for compiling it; how it is optimised is kept when the program is made.
        apart: compiled by itself, because others must find what it defines: variables, which MicroPython's loader
            places, and functions that the compiler calls on its own.
    """

    path: Path
    flags: tuple[str, ...]
    apart: bool = False


def assembly(
    compiler: Sequence[str], sources: Sequence[Source], entry: str, scratch: Path, run: Callable[..., str]
) -> tuple[str, list[Path]]:
    """The assembly of all functions that can be reached, and the objects of files that are compiled apart.

    Args:
        compiler: GCC, with the flags that choose the machine.
        entry: the function that is called from outside.
        scratch: a folder for what is made on the way.
        run: runs a command in a folder; a failure names a file.

    Raises:
        BuildError: from ``run``, or the compiler left no assembly.
    """

    def compile_one(number: int) -> Path:
        source, made = sources[number], scratch / f"{number}.o"
        kind = () if source.apart else _PROGRAM
        run([*compiler, *source.flags, *kind, "-c", str(source.path), "-o", str(made)], scratch, source.path)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, range(len(sources))))
    # Position-independent as in a shared library, but complete: nothing can be put in place of one of its functions.
    kind = ("-flto", "-flto-partition=one", "-flinker-output=dyn", "-Os", "-frandom-seed=picket")
    linked = ("-nostdlib", f"-Wl,--entry={entry},--unresolved-symbols=ignore-all", *map(str, objects), "-lgcc")
    run([*compiler, *kind, "-save-temps", *linked, "-o", "program.elf"], scratch)
    left = sorted(scratch.glob("*.ltrans0.ltrans.s"))
    if len(left) != 1:
        raise BuildError("the compiler left no assembly of the program", compiler[0])
    return left[0].read_text(encoding="utf-8"), [objects[i] for i, source in enumerate(sources) if source.apart]


def with_one_instruction_calls(text: str) -> str:
    """Assembly in which a call is one instruction that reaches 1 MB, more than any module has. The compiler writes two,
    which a linker then shortens, but mpy_ld.py doesn't."""
    text = re.sub(r"^\tcall\t(t0,)?([\w.]+)(?:@plt)?$", r"\tjal\t\1\2", text, flags=re.MULTILINE)
    return re.sub(r"^\ttail\t([\w.]+)(?:@plt)?$", r"\tj\t\1", text, flags=re.MULTILINE)


def assemble_shortest(assembler: Sequence[str], text: str, scratch: Path, run: Callable[..., str]) -> Path:
    """Assemble a program with calls of two bytes wherever they reach. Each round brings functions closer together.

    Args:
        assembler: the command, with the flags that choose the machine, without relaxation by the linker.
        text: what ``assembly`` gave.
    """
    source, made = scratch / "program.s", scratch / "program.o"
    text = with_one_instruction_calls(text)
    while True:
        source.write_text(text, encoding="utf-8")
        run([*assembler, "-c", str(source), "-o", str(made)], scratch)
        near = [distance is not None and abs(distance) < _SHORT_REACH for distance in _calls(made)]
        if not any(near):
            return made
        text = _with_short_calls(text, near)


def _with_short_calls(text: str, near: Sequence[bool]) -> str:
    """Assembly in which those of the calls of four bytes that are near have two."""
    turn = iter(near)
    return re.sub(r"^\tjal\t([\w.]+)$", lambda call: f"\t{'c.' * next(turn)}jal\t{call[1]}", text, flags=re.MULTILINE)


def _calls(made: Path) -> list[int | None]:
    """How far each call of four bytes goes, in the order of the code; None where it leaves the section."""
    with made.open("rb") as file:
        elf = ELFFile(file)
        index = elf.get_section_index(".text")
        code = elf.get_section(index).data()
        symbols = elf.get_section_by_name(".symtab")
        found: list[int | None] = []
        for relocation in elf.get_section_by_name(".rela.text").iter_relocations():
            at = relocation["r_offset"]
            register = int.from_bytes(code[at : at + 4], "little") >> 7 & 31
            if relocation["r_info_type"] == _R_RISCV_JAL and register == _RETURN_REGISTER:
                symbol = symbols.get_symbol(relocation["r_info_sym"])
                inside = symbol["st_shndx"] == index
                found.append(symbol["st_value"] + relocation["r_addend"] - at if inside else None)
        return found
