"""How much flash the engine takes, and how much of it the choice of operators saves: measured by linking it."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from picket_host.natmod import ARCHITECTURES
from picket_host.paths import NATIVE
from picket_host.progress import SILENT, Progress
from picket_host.tflm_build import operators
from picket_host.tflm_build.compile import compile_all, run
from picket_host.tflm_build.library import MACHINES, Library
from picket_host.tflm_build.selection import TflmSelection

_FLAGS = ("-Os", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables")


@dataclass(frozen=True)
class Flash:
    """Code and constants of the engine with TensorFlow Lite Micro, in bytes.

    Attributes:
        engine_bytes: with the chosen operators.
        everything_bytes: with all of them.
        arch: what it was linked for. Kernels of ESP-NN are not among it.
    """

    engine_bytes: int
    everything_bytes: int
    arch: str

    @property
    def saved_bytes(self) -> int:
        """What the choice saves."""
        return self.everything_bytes - self.engine_bytes


def measure(chosen: tuple[str, ...], library: Library, progress: Progress = SILENT) -> Flash:
    """Link the engine with the chosen operators, and with all.

    Args:
        chosen: names of operators.
        library: an installed TensorFlow Lite Micro; ``rv32imc`` is nearest to an ESP32-C3.

    Raises:
        EnvironmentError_: the compiler for the library's machine isn't there. BuildError: it refuses something.
    """
    arch = next(name for name, machine in MACHINES.items() if machine == library.machine)
    known = library.operators
    selection = TflmSelection(tuple(chosen), listed=tuple(chosen), library=library)
    everything = dataclasses.replace(selection, operators=None, listed=known, unchecked="all operators")
    progress.step("measuring the engine", done=0, total=2)
    engine_bytes = _linked_bytes(selection, arch)
    progress.step("measuring the engine", done=1, total=2)
    return Flash(engine_bytes, _linked_bytes(everything, arch), arch)


def _linked_bytes(selection: TflmSelection, arch: str) -> int:
    """Bytes of code and constants that the functions of ``engine.h`` need, linked relocatably."""
    target = ARCHITECTURES[arch]
    flags = (*_FLAGS, *target.machine, *target.code, *selection.flags)
    compilers = {".c": (target.compiler, "-std=c99", *flags), ".cpp": (*selection.cxx(target.compiler), *flags)}
    header = (NATIVE / "engine" / "engine.h").read_text(encoding="utf-8")
    entries = sorted(set(re.findall(r"\b(picket_\w+)\(", header)))
    with tempfile.TemporaryDirectory(prefix="picket-flash-") as scratch:
        folder = Path(scratch)
        objects = compile_all([(compilers[path.suffix], path) for path in selection.engine_files()], folder)
        kept = ["-Wl,--gc-sections", "-Wl,--force-group-allocation", *(f"-Wl,--undefined={name}" for name in entries)]
        linked = folder / "linked.o"
        inputs = [*map(str, objects), *map(str, selection.libraries), "-lgcc"]
        command = [target.compiler, *target.machine, "-nostdlib", "-r", *kept, "-Wl,--entry=picket_engine_open"]
        run([*command, *inputs, "-o", str(linked)], operators.LIST_NAME)
        with linked.open("rb") as file:
            sections = [section for section in ELFFile(file).iter_sections() if section["sh_type"] == "SHT_PROGBITS"]
            return sum(section.data_size for section in sections if section["sh_flags"] & SH_FLAGS.SHF_ALLOC)
