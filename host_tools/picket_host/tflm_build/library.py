"""An installed TensorFlow Lite Micro: where its parts are, and how it was compiled.

The engine must be compiled with the same flags as the library, or the two disagree about the layout of TFLM's
structures. An archive doesn't tell its flags, but its symbols do.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.tflm_build import operators

_LAYOUT_HINT = "give a folder with include/ (tensorflow/, flatbuffers/) and lib/libtensorflow-microlite.a"
_RESOLVER = Path("tensorflow/lite/micro/micro_mutable_op_resolver.h")
# What tells that the library was compiled without a flag: symbols that then are defined, or asked for.
_WITHOUT_STATIC_MEMORY = {"TfLiteIntArrayCreate", "TfLiteTensorRealloc"}
_WITHOUT_NDEBUG = {"__assert_fail", "__assert_func", "__assert_no_args", "__assert"}
_THREADSAFE_STATICS = {"__cxa_guard_acquire"}
_PRINTS = "_Z11MicroPrintfPKcz"
_MAGIC = b"!<arch>\n"  # of an archive; each member then has a header of text
_HEADER_BYTES = 60


# What the architectures that TFLM can be built for are called in ELF files.
MACHINES = {"x64": "EM_X86_64", "rv32imc": "EM_RISCV"}


@dataclass(frozen=True)
class Library:
    """A library that was checked.

    Attributes:
        archive: ``libtensorflow-microlite.a``.
        includes: folders for the compiler's search.
        machine: what its code runs on, as ELF names it (``EM_X86_64``).
        stripped: compiled without the texts of its errors (``TF_LITE_STRIP_ERROR_STRINGS``).
    """

    archive: Path
    includes: tuple[Path, ...]
    machine: str
    stripped: bool

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags for compiling the engine: the library's definitions, and where its headers are."""
        stripped = ("-DTF_LITE_STRIP_ERROR_STRINGS",) if self.stripped else ()
        headers = tuple(flag for folder in self.includes for flag in ("-isystem", str(folder)))
        return ("-DTF_LITE_STATIC_MEMORY", "-DNDEBUG", *stripped, *headers)

    @cached_property
    def digest(self) -> str:
        """Changes when the library does."""
        digest = hashlib.sha256(self.archive.read_bytes())
        digest.update(str(self.includes).encode())
        digest.update((self.includes[0] / _RESOLVER).read_bytes())
        return digest.hexdigest()

    def require(self, arch: str, *, module: bool = False) -> None:
        """Check that it fits a build.

        Args:
            arch: MicroPython's name of the architecture.
            module: the build is a dynamic native module.

        Raises:
            InputError: TFLM isn't built for this architecture, or the library is for another machine. BuildError: it
            can't be a part of a module.
        """
        if arch not in MACHINES:
            raise InputError(f"TensorFlow Lite Micro is not built for {arch}", hint=f"one of {', '.join(MACHINES)}")
        if self.machine != MACHINES[arch]:
            raise InputError(f"the library is for {self.machine[3:]}, not for {MACHINES[arch][3:]}", self.archive)
        if module and not self.stripped:
            raise BuildError(
                "a .mpy can't hold a library with the texts of its errors, which it prints",
                self.archive,
                "compile the library with -DTF_LITE_STRIP_ERROR_STRINGS",
            )

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that it has."""
        return operators.available(self.includes[0] / _RESOLVER)


def find(root: Path | None) -> Library:
    """Check the library in a folder (``TFLM_ROOT`` of the environment, when None).

    Raises:
        EnvironmentError_: no folder is given. InputError: it does not hold headers and library. BuildError: the library
        was compiled with other flags than the engine can be.
    """
    if root is None:
        if not os.environ.get("TFLM_ROOT"):
            raise EnvironmentError_("no TensorFlow Lite Micro is given", hint=f"--tflm-root DIR; {_LAYOUT_HINT}")
        root = Path(os.environ["TFLM_ROOT"])
    root = root.resolve()
    archive = root / "lib" / "libtensorflow-microlite.a"
    headers = root / "include" if (root / "include").is_dir() else root
    for needed in (archive, headers / _RESOLVER):
        if not needed.is_file():
            raise InputError("not a TensorFlow Lite Micro: the file is missing", needed, _LAYOUT_HINT)
    third_party = [headers / "third_party" / part for part in ("flatbuffers/include", "gemmlowp", "ruy")]
    includes = (headers, *(folder for folder in third_party if folder.is_dir()))
    defined, asked_for = _symbols(archive)
    _check(archive, defined, asked_for)
    return Library(archive, includes, _machine(archive), _PRINTS not in defined)


def _check(archive: Path, defined: set[str], asked_for: set[str]) -> None:
    complaints = [
        (defined & _WITHOUT_STATIC_MEMORY, "without -DTF_LITE_STATIC_MEMORY"),
        (asked_for & _WITHOUT_NDEBUG, "without -DNDEBUG"),
        (asked_for & _THREADSAFE_STATICS, "without -fno-threadsafe-statics"),
    ]
    for symbols, how in complaints:
        if symbols:
            raise BuildError(
                f"the library was compiled {how} (it has {sorted(symbols)[0]}); library and engine would disagree",
                archive,
                "compile it with -DTF_LITE_STATIC_MEMORY -DNDEBUG -fno-rtti -fno-exceptions -fno-threadsafe-statics",
            )


def _symbols(archive: Path) -> tuple[set[str], set[str]]:
    """Names of the global symbols that the archive defines, and of those that it asks for."""
    done = subprocess.run(["nm", "--format=posix", "--extern-only", str(archive)], capture_output=True, text=True)
    defined, asked_for = set(), set()
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[1]) == 1:
            (asked_for if words[1] == "U" else defined).add(words[0])
    if not defined:
        raise InputError("not a library with symbols", archive, _LAYOUT_HINT)
    return defined, asked_for


def _machine(archive: Path) -> str:
    content = archive.read_bytes()
    at = len(_MAGIC)
    while content.startswith(_MAGIC) and at + _HEADER_BYTES <= len(content):
        header = content[at : at + _HEADER_BYTES]
        at += _HEADER_BYTES
        if header[:16].strip() not in (b"/", b"//", b"/SYM64/"):  # the archive's own tables
            try:
                return ELFFile(io.BytesIO(content[at:]))["e_machine"]
            except ELFError:
                break
        size = int(header[48:58])
        at += size + size % 2
    raise InputError("not a library of ELF objects", archive, _LAYOUT_HINT)
