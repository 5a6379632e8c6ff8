"""Builds ``picket_native.mpy``: the native module as a file that stock firmware imports, from the same sources as the
built-in one.

The objects are linked twice. First the compiler's linker joins them relocatably and drops every function that nothing
reaches from the module's entry (MicroPython's own linker keeps all it is given). What is left is checked for what that
linker would take and get wrong; then ``mpy_ld.py`` makes the file.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.made import making
from picket_host.native import function_order, whole_program
from picket_host.native.selection import EVERYTHING, Selection, known_operators
from picket_host.paths import CACHE, NATIVE
from picket_host.progress import SILENT, Progress
from picket_host.vendor import sources, vendor
from picket_host.xtensa import module_file, relocatable
from picket_host.xtensa.espressif import Espressif
from picket_host.xtensa.llvm import Llvm
from picket_host.xtensa.toolchain import compiler as xtensa_compiler

FILE_NAME = "picket_native.mpy"
_FLAGS = (
    *("-Os", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-DNDEBUG", "-U_FORTIFY_SOURCE"),
    *("-ffp-contract=off", "-fno-common", "-fno-stack-protector", "-ffunction-sections", "-fdata-sections"),
    "-DBLAKE2_NO_UNROLLING",  # Monocypher: a loop instead of 16 KB of code
    *("-DNO_QSTR", "-DMICROPY_ENABLE_DYNRUNTIME=1", "-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_FLOAT"),
)
# Where inference spends its time.
_FAST = tuple(
    NATIVE / "engine" / name
    for name in (
        "blocks.c",
        "narrow.c",
        "products.c",
        "kernels/conv_2d_i8_grouped.c",
        "kernels/depthwise_conv_2d_i8_3x3.c",
        "kernels/depthwise_conv_2d_i8_blocked.c",
        "kernels/fully_connected_i8_blocked.c",
    )
)
# Where a compact build does: for speed, but in less code.
_FAIRLY_FAST = (NATIVE / "engine" / "compact_products.c",)
# What others must find by name: the types, which lie where the loader puts them, and what compilers call on their own.
_APART = (NATIVE / "binding" / "module.c", NATIVE / "binding" / "runtime.c")
_ENTRY = "mpy_init"
_LACKING_HEADER = re.compile(r"fatal error: (\w+\.h): No such file")  # of the C library; ours are all there
# What mpy_ld.py puts into the file; it leaves everything else out without a word: initialised, small or thread-local
# data, constructors. Of that, only unwinding tables and notes can be spared.
_TAKEN_SECTIONS = (".text", ".rodata", ".data.rel.ro", ".bss", ".literal")
_SPARED_SECTIONS = (".eh_frame", ".note", ".ARM.", ".xt.")
# Absolute addresses in RISC-V code: mpy_ld.py resolves them as if the code were loaded at 0.
_RISCV_ABSOLUTE = {26: "R_RISCV_HI20", 27: "R_RISCV_LO12_I", 28: "R_RISCV_LO12_S"}
_R_RISCV_PCREL_HI20 = 23  # relative to the code: wrong for variables, which lie elsewhere

# Flags that each make RISC-V code smaller, as measured with GCC 12: what they forbid pays in time, not in space.
_SMALLEST = (
    *("-msave-restore", "-mtune=size", "-fno-caller-saves", "-fno-jump-tables"),
    *("-fno-move-loop-invariants", "-fno-shrink-wrap", "-fno-strict-aliasing", "-fno-thread-jumps", "-fno-tree-fre"),
    *("-fno-tree-loop-im", "-fno-tree-scev-cprop", "-fno-tree-vrp"),
)


@dataclass(frozen=True)
class Architecture:
    """How code for one of MicroPython's native architectures is compiled."""

    name: str
    compiler: str
    machine: tuple[str, ...]  # flags that choose the instruction set, for compiling and linking
    code: tuple[str, ...]  # further flags for compiling
    package: str  # how to get the compiler
    small: tuple[str, ...] = ()  # further flags for all files but those that inference spends its time in
    whole_program: bool = False  # picket_host.native.whole_program joins the files


ARCHITECTURES = {
    arch.name: arch
    for arch in (
        Architecture("x64", "gcc", (), ("-fpic",), "apt-get install gcc"),
        Architecture(
            "rv32imc",
            "riscv64-unknown-elf-gcc",
            ("-march=rv32imac", "-mabi=ilp32"),
            ("-fpic", "-mno-relax", "-msmall-data-limit=0", "-malign-data=natural", "-specs=picolibc.specs"),
            "apt-get install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
            small=_SMALLEST,
            whole_program=True,
        ),
        Architecture(
            "armv7emsp",
            "arm-none-eabi-gcc",
            ("-mthumb", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
            ("-fpic",),
            "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
        ),
        Architecture("xtensawin", "", (), (), ""),  # picket_host.xtensa finds one of several compilers, or fetches it
    )
}


@dataclass(frozen=True)
class NativeModule:
    """A built module. Sizes in bytes: of the file, and of what it occupies in the board's memory.

    Attributes:
        code_bytes: of code and constants, which the import reads into the board's memory.
        zeroed_bytes: of variables.
        operators: what the engine in it runs.
    """

    arch: str
    path: Path
    file_bytes: int
    code_bytes: int
    zeroed_bytes: int
    operators: tuple[str, ...]


def build(
    arch: str, progress: Progress = SILENT, *, force: bool = False, selection: Selection = EVERYTHING
) -> NativeModule:
    """Build the module for one architecture, unless the same content is in the cache.

    Args:
        arch: MicroPython's name of it, one of ``ARCHITECTURES``.
        progress: told which file is compiled.
        force: compile everything again.
        selection: what goes in.

    Raises:
        InputError: an architecture that isn't known. EnvironmentError_: its compiler isn't installed; the hint says how
        to get it. BuildError: the compiler or linker refused the sources, or the result is something that MicroPython
        would load and run wrongly.
    """
    if arch not in ARCHITECTURES:
        raise InputError(f"unknown architecture {arch!r}", hint=f"one of {', '.join(ARCHITECTURES)}")
    target = ARCHITECTURES[arch]
    xtensa = xtensa_compiler(progress) if arch == "xtensawin" else None
    if xtensa is None and not shutil.which(target.compiler):
        raise EnvironmentError_(f"the compiler {target.compiler} is missing", f"architecture {arch}", target.package)
    folders = vendor(["micropython", "monocypher"], progress)
    files = selection.files()
    if selection.signature:
        files.append(folders["monocypher"] / "monocypher.c")
    target = replace(target, code=(*target.code, *selection.flags))
    path = CACHE / "mpy" / f"{arch}-{_key(target, xtensa, files, selection.content)}" / FILE_NAME
    if force or not path.is_file():
        trees = (folders["micropython"], folders["monocypher"])
        try:
            with making(path, anew=force) as (scratch, built):
                _build(target, xtensa, selection, files, trees, scratch, built, progress)
        except BuildError as error:
            header = _LACKING_HEADER.search(error.what)
            if header is None or xtensa:
                raise
            what = f"the compiler {target.compiler} has no {header[1]}"
            raise EnvironmentError_(what, f"architecture {arch}", target.package) from error
    report = (path.parent / "link.log").read_text(encoding="utf-8")
    code_bytes = _reported(report, "text") + _reported(report, "rodata")
    operators = selection.operators if selection.operators is not None else tuple(sorted(known_operators()))
    return NativeModule(arch, path, path.stat().st_size, code_bytes, _reported(report, "bss"), operators)


def _reported(report: str, section: str) -> int:
    found = re.search(rf"^{section} size: +(\d+)", report, flags=re.MULTILINE)
    return int(found[1]) if found else 0


def _key(target: Architecture, xtensa: Espressif | Llvm | None, files: list[Path], content: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    pins = sources()
    version = xtensa.description if xtensa else _run([target.compiler, "--version"], NATIVE)
    compiler = (target.compiler, version, *target.machine, *target.code)
    for text in (*_FLAGS, *compiler, *content, pins["micropython"].digest, pins["monocypher"].digest):
        digest.update(f"{text}\0".encode())
    folder = Path(__file__).parent / "xtensa"
    xtensas = sorted([*folder.glob("*.py"), *folder.glob("runtime/*.c")]) if xtensa else ()
    own = [*(Path(module.__file__) for module in (whole_program, function_order)), Path(__file__), *xtensas]
    for path in (*files, *sorted(NATIVE.rglob("*.h")), *sorted(NATIVE.rglob("*.def")), *own):
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _build(
    target: Architecture,
    xtensa: Espressif | Llvm | None,
    selection: Selection,
    files: list[Path],
    trees: tuple[Path, Path],
    scratch: Path,
    made: Path,
    progress: Progress,
) -> None:
    linker = [sys.executable, str(trees[0] / "tools" / "mpy_ld.py"), "--arch", target.name]
    config = scratch / "config.h"
    binding = [str(path) for path in files if path.parent.name == "binding"]
    _run([*linker, "--preprocess", "-o", str(config), *binding], scratch)
    includes = [f"-I{folder}" for folder in (scratch, *trees)]
    flags = [*_FLAGS, *target.machine, *target.code, *includes, f"-DMP_CONFIGFILE=<{config.name}>"]
    if xtensa:
        joined = _join_xtensa(xtensa, files, flags, scratch, progress)
    else:
        joined = _join(target, selection, files, flags, scratch, progress)
    _check(joined)
    # mpy_ld.py writes the name that it is given into the file: a bare one, so that the file is the same wherever it is
    # made.
    report = _run([*linker, "--qstrs", str(config), "-o", FILE_NAME, str(joined)], made)
    if xtensa:
        module_file.check(made / FILE_NAME)
    (made / "link.log").write_text(report, encoding="utf-8")


def _join_xtensa(
    xtensa: Espressif | Llvm, files: list[Path], flags: list[str], scratch: Path, progress: Progress
) -> Path:
    for path in files:
        if path.suffix != ".c":
            raise InputError("only C can be compiled for xtensawin", path.name, "the portable engine")
    sources = [(path, ["-std=c99", *flags, *_tuning(ARCHITECTURES["xtensawin"], path)]) for path in files]
    joined = xtensa.native_object(sources, scratch, progress)
    relocatable.normalize(joined)
    relocatable.check(joined)
    return joined


def _join(
    target: Architecture, selection: Selection, files: list[Path], flags: list[str], scratch: Path, progress: Progress
) -> Path:
    text = f"compiling {FILE_NAME} ({target.name})"
    if target.whole_program and not selection.libraries:
        progress.step(text)
        objects = _whole_program(target, files, flags, scratch)
    else:
        objects = _one_by_one(target, selection, files, flags, scratch, progress, text)
    joined = scratch / "joined.o"
    # Sections of C++ come in groups, of which one of each is taken now.
    keep = ["-Wl,--gc-sections", f"-Wl,--entry={_ENTRY}", "-Wl,--force-group-allocation"]
    linked = [*objects, *map(str, selection.libraries), "-lgcc"]
    _run([target.compiler, *target.machine, "-nostdlib", "-r", *keep, *linked, "-o", str(joined)], scratch)
    return joined


def _whole_program(target: Architecture, files: list[Path], flags: list[str], scratch: Path) -> list[str]:
    sources = [
        whole_program.Source(path, ("-std=c99", *flags, *_tuning(target, path)), apart=path in _APART) for path in files
    ]
    machine = [target.compiler, *target.machine]
    text, apart = whole_program.assembly(machine, sources, _ENTRY, scratch, _run)
    made = whole_program.assemble_shortest([*machine, "-mno-relax"], text, scratch, _run)
    return [str(made), *map(str, apart)]


def _one_by_one(
    target: Architecture,
    selection: Selection,
    files: list[Path],
    flags: list[str],
    scratch: Path,
    progress: Progress,
    text: str,
) -> list[str]:
    compilers = {".c": [target.compiler, "-std=c99", *flags], ".cpp": [*selection.cxx(target.compiler), *flags]}
    objects = [str(scratch / f"{i}.o") for i in range(len(files))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(_compile, target, [*compilers[path.suffix], *_tuning(target, path)], path, made_object, scratch)
            for path, made_object in zip(files, objects, strict=True)
        ]
        for i, job in enumerate(jobs):
            progress.step(text, done=i, total=len(files))
            job.result()
    return objects


def _tuning(target: Architecture, path: Path) -> tuple[str, ...]:
    """Inner loops are compiled for speed, everything else for size."""
    if path in _FAIRLY_FAST:
        return ("-O2", *(flag for flag in target.small if flag.startswith("-m") or "wrap" in flag))
    return ("-O2",) if path in _FAST else target.small


def _compile(target: Architecture, compiler: list[str], source: Path, made: str, scratch: Path) -> None:
    if not target.whole_program:
        _run([*compiler, "-c", str(source), "-o", made], scratch, source)
        return
    assembly = Path(made).with_suffix(".s")
    _run([*compiler, "-S", str(source), "-o", str(assembly)], scratch, source)
    text = whole_program.with_one_instruction_calls(assembly.read_text(encoding="utf-8"))
    assembly.write_text(text, encoding="utf-8")
    _run([target.compiler, *target.machine, "-mno-relax", "-c", str(assembly), "-o", made], scratch, source)


def _check(joined: Path) -> None:
    """Refuse what mpy_ld.py accepts and MicroPython would then run wrongly."""
    with joined.open("rb") as file:
        elf = ELFFile(file)
        names = {}
        xtensa = elf["e_machine"] == "EM_XTENSA"
        for index, section in enumerate(elf.iter_sections()):
            names[index] = section.name
            loaded = section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section.data_size
            if loaded and not section.name.startswith((*_TAKEN_SECTIONS, *_SPARED_SECTIONS)):
                raise BuildError("the module has data that a .mpy can't hold", section.name)
        symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        for symbol in symbols:
            info = symbol["st_info"]
            # On Xtensa, mpy_ld.py reaches every variable through the table that the loader fills in.
            static_variable = info["bind"] == "STB_LOCAL" and info["type"] == "STT_OBJECT" and not xtensa
            if static_variable and names.get(symbol["st_shndx"], "").startswith(".bss"):
                raise BuildError("the module has a static variable that is written to", symbol.name)
        if elf["e_machine"] == "EM_RISCV":
            for section in elf.iter_sections():
                if section["sh_type"] == "SHT_RELA" and names[section["sh_info"]].startswith((".text", ".rodata")):
                    for relocation in section.iter_relocations():
                        kind = _RISCV_ABSOLUTE.get(relocation["r_info_type"])
                        if kind:
                            raise BuildError(f"code with an absolute address ({kind})", names[section["sh_info"]])
                        symbol = symbols[relocation["r_info_sym"]]
                        relative = relocation["r_info_type"] == _R_RISCV_PCREL_HI20
                        if relative and names.get(symbol["st_shndx"], "").startswith(".bss"):
                            raise BuildError("code that expects a variable beside it (compile it -fPIC)", symbol.name)


def _run(command: list[str], folder: Path, where: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode:
        lines = (done.stderr + done.stdout).splitlines()
        said = [line for line in lines if re.search(r"error: (?!ld returned)|LinkError|Error:", line)] or lines[:3]
        raise BuildError("\n".join(said[:3]) or f"{command[0]} failed", where or FILE_NAME)
    return done.stdout
