"""``native_module/engine_tflm`` compiled for this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from picket_host.made import making
from picket_host.native.build import FLAGS, compiler
from picket_host.paths import CACHE, NATIVE
from picket_host.tflm_build.compile import compile_all, run
from picket_host.tflm_build.cxx import host_cxx
from picket_host.tflm_build.selection import CXX_FLAGS, TflmSelection


def program(selection: TflmSelection, main: Path, flags: Sequence[str] = ()) -> Path:
    """The path of a program made of the engine and a C file with ``main``, cached by content.

    Args:
        selection: with a library for this machine.
        main: finds ``engine.h`` by that name.
        flags: compiler flags for all sources (the library stays as it is), for example sanitizers.

    Raises:
        BuildError: the compiler refused a source. EnvironmentError_: there is no C++ compiler. InputError: the library
        is for another machine.
    """
    selection.library.require("x64")
    cxx = host_cxx()
    files = [*selection.engine_files(), main]
    own = (*selection.flags, *flags)
    c = [*compiler(), *FLAGS, *own, f"-I{NATIVE / 'engine'}"]
    cpp = [cxx, *CXX_FLAGS, "-O2", "-Wall", "-Wextra", "-Werror", *own]
    digest = hashlib.sha256("\0".join([*c, *cpp, *selection.content]).encode())
    for path in (*files, *(path for kind in ("h", "def") for path in sorted(NATIVE.rglob(f"*.{kind}")))):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    made = CACHE / "native" / f"engine-tflm-{digest.hexdigest()[:20]}" / main.stem
    if not made.exists():
        with making(made) as (scratch, folder):
            objects = compile_all([(cpp if path.suffix == ".cpp" else c, path) for path in files], scratch)
            linked = [*map(str, objects), *map(str, selection.libraries)]
            run([cxx, *flags, *linked, "-o", str(folder / made.name)], main)
    return made
