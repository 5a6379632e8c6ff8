"""Joins C files into one RISC-V object as small as GCC makes it: compiled as one program, with the shortest calls.

GCC inlines what is called once and drops arguments that are always the same only if it sees the whole program. So the
files are linked as one (the program itself is thrown away) for the sake of the assembly that this leaves behind. In
there each call is made one instruction: of four bytes, which reach 1 MB, or of two where 2 KB are enough. A linker
would do that, but ``mpy_ld.py`` doesn't, and the assembler never takes the shortest by itself. Functions are put in an
order in which most calls are short.
"""

from __future__ import annotations

import bisect
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError
from picket_host.native import function_order

_R_RISCV_JAL = 17
_RETURN_REGISTER = 1  # of jal: a call
_NO_REGISTER = 0  # of jal: a jump, which the assembler itself makes as short as can be
# What two bytes reach, less what padding between functions may add while others become shorter.
_SHORT_REACH = 2030
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

    def assemble(text: str) -> _Code:
        source.write_text(text, encoding="utf-8")
        run([*assembler, "-c", str(source), "-o", str(made)], scratch)
        return _read(made)

    others, functions = function_order.split(with_one_instruction_calls(text))
    names = list(functions)
    order = _order(names, assemble(others + "".join(functions.values())))
    text = others + "".join(functions[names[i]] for i in order)
    while True:
        near = [jump.distance is not None and abs(jump.distance) < _SHORT_REACH for jump in assemble(text).calls]
        if not any(near):
            return made
        text = _with_short_calls(text, near)


@dataclass(frozen=True)
class _Jump:
    """A call or jump of four bytes to another function, or out of the section (distance None)."""

    at: int
    distance: int | None


@dataclass(frozen=True)
class _Code:
    """Where functions begin and how long they are, and their calls (which come back) and jumps of four bytes."""

    functions: dict[str, tuple[int, int]]
    calls: list[_Jump]
    jumps: list[_Jump]


def _order(names: Sequence[str], code: _Code) -> list[int]:
    """An order of the functions, by their positions in names, which is the order of the code."""
    starts = [code.functions[name][0] for name in names]
    numbers = {start: number for number, start in enumerate(starts)}
    found = []
    for jump in (*code.calls, *code.jumps):
        callee = numbers.get(jump.at + jump.distance) if jump.distance is not None else None
        if callee is not None:
            caller = bisect.bisect(starts, jump.at) - 1
            found.append(function_order.Call(caller, jump.at - starts[caller], callee))
    return function_order.arrange([code.functions[name][1] for name in names], found, _SHORT_REACH)


def _with_short_calls(text: str, near: Sequence[bool]) -> str:
    """Assembly in which those of the calls of four bytes that are near have two."""
    turn = iter(near)
    return re.sub(r"^\tjal\t([\w.]+)$", lambda call: f"\t{'c.' * next(turn)}jal\t{call[1]}", text, flags=re.MULTILINE)


def _read(made: Path) -> _Code:
    with made.open("rb") as file:
        elf = ELFFile(file)
        index = elf.get_section_index(".text")
        code = elf.get_section(index).data()
        table = elf.get_section_by_name(".symtab")
        symbols = [symbol for symbol in table.iter_symbols() if symbol["st_info"]["type"] == "STT_FUNC"]
        functions = {s.name: (s["st_value"], s["st_size"]) for s in symbols if s["st_shndx"] == index}
        found: dict[int, list[_Jump]] = {_RETURN_REGISTER: [], _NO_REGISTER: []}
        for relocation in elf.get_section_by_name(".rela.text").iter_relocations():
            at = relocation["r_offset"]
            register = int.from_bytes(code[at : at + 4], "little") >> 7 & 31
            if relocation["r_info_type"] == _R_RISCV_JAL and register in found:
                symbol = table.get_symbol(relocation["r_info_sym"])
                inside = symbol["st_shndx"] == index
                distance = symbol["st_value"] + relocation["r_addend"] - at if inside else None
                found[register].append(_Jump(at, distance))
        return _Code(functions, found[_RETURN_REGISTER], found[_NO_REGISTER])
