"""``native_module/engine_tflm`` compiled for this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from picket_host.errors import EnvironmentError_
from picket_host.native.build import FLAGS, compiler
from picket_host.paths import CACHE, NATIVE
from picket_host.tflm_build import operators
from picket_host.tflm_build.compile import compile_all, run
from picket_host.tflm_build.library import COMPILER_FLAGS, Library

FOLDER = NATIVE / "engine_tflm"
_REPLACED = ("engine.c",)  # what of the portable engine this one has in another form


def sources() -> list[Path]:
    """The engine's files: its own, and the portable engine's checks of a model."""
    shared = [path for path in (NATIVE / "engine").glob("*.c") if path.name not in _REPLACED]
    return sorted([*shared, *(NATIVE / "engine" / "operators").glob("*.c"), *FOLDER.glob("*.c"), *FOLDER.glob("*.cpp")])


def program(library: Library, main: Path, flags: Sequence[str] = (), chosen: Sequence[str] | None = None) -> Path:
    """The path of a program made of the engine and a C file with ``main``, cached by content.

    Args:
        library: one for this machine.
        main: finds ``engine.h`` by that name.
        flags: compiler flags for all sources (the library stays as it is), for example sanitizers.
        chosen: the operators; all that the library has, when None.

    Raises:
        BuildError: the compiler refused a source. EnvironmentError_: there is no C++ compiler.
    """
    library.require("EM_X86_64")
    cxx = cxx_compiler()
    files = [*sources(), main]
    listed = operators.list_text(library.operators if chosen is None else chosen)
    c = [*compiler(), *FLAGS, *flags, f"-I{NATIVE / 'engine'}"]
    cpp = [cxx, *COMPILER_FLAGS, "-O2", *flags, *library.flags]
    digest = hashlib.sha256("\0".join([*c, *cpp, library.digest, listed]).encode())
    for path in (*files, *(path for kind in ("h", "def") for path in sorted(NATIVE.rglob(f"*.{kind}")))):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    made = CACHE / "native" / f"engine-tflm-{digest.hexdigest()[:20]}" / main.stem
    if not made.exists():
        made.parent.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent.parent, prefix="engine-tflm-") as scratch:
            folder = Path(scratch)
            (folder / operators.LIST_NAME).write_text(listed, encoding="utf-8")
            commands = [((*cpp, f"-I{folder}") if path.suffix == ".cpp" else c, path) for path in files]
            objects = compile_all(commands, folder)
            (folder / "made").mkdir()
            run([cxx, *flags, *map(str, objects), str(library.archive), "-o", str(folder / "made" / made.name)], main)
            try:
                (folder / "made").rename(made.parent)
            except OSError:
                if not made.exists():  # otherwise another process was quicker
                    raise
    return made


def cxx_compiler() -> str:
    """This machine's C++ compiler (``$CXX``, else ``g++`` or ``c++``).

    Raises:
        EnvironmentError_: there is none.
    """
    found = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if not found:
        raise EnvironmentError_("no C++ compiler found", hint="apt-get install g++")
    return found
