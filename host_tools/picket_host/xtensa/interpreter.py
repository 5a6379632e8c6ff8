"""MicroPython's core for the ESP32's processor, as a program for ``qemu-xtensa``: it loads a native ``.mpy`` with the
loader of stock firmware and runs a script with it."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from picket_host.errors import BuildError
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress
from picket_host.vendor import sources, vendor
from picket_host.xtensa import program, toolchain

_HERE = Path(__file__).parent / "interpreter"
_HEADERS = ("moduledefs.h", "mpversion.h", "qstrdefs.generated.h", "root_pointers.h")
_FLOAT_FUNCTIONS = ("ef_sqrt.c", "fmodf.c", "math.c", "nearbyintf.c")
# Reached from assembly, or called by code that is generated last.
_KEEP = (
    *("picket_spill_windows", "memcmp", "strcmp", "strncmp", "strlen", "strchr", "fabsf", "copysignf"),
    *("__extendsfdf2", "__floatsidf", "__truncdfsf2"),
)


def build(progress: Progress = SILENT) -> Path:
    """The path of the program, built unless the same content is in the cache.

    Raises:
        EnvironmentError_: there is no LLVM and none can be fetched, or MicroPython's source can't be.
        BuildError: a step failed.
    """
    llvm = toolchain.llvm(progress)
    tree = vendor(["micropython"], progress)["micropython"]
    digest = hashlib.sha256(f"{llvm.version}\0{sources()['micropython'].digest}".encode())
    for path in sorted(path for path in Path(__file__).parent.rglob("*.[chps]*") if path.suffix != ".pyc"):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    made = CACHE / "xtensa" / f"interpreter-{digest.hexdigest()[:20]}" / "micropython"
    if not made.is_file():
        with tempfile.TemporaryDirectory(prefix="picket-interpreter-") as scratch:
            generated = _generate(tree, Path(scratch))
            # Their own warnings are their own; ours are ours.
            includes = (f"-I{_HERE}", "-isystem", str(tree), "-isystem", str(generated))
            theirs = [*sorted((tree / "py").glob("*.c")), *(tree / "lib/libm" / name for name in _FLOAT_FUNCTIONS)]
            ours = [(path, includes) for path in sorted(_HERE.glob("*.c"))]
            program.make(
                llvm,
                [*((path, (*includes, "-w")) for path in theirs), *ours],
                [_HERE / "setjmp.s"],
                _KEEP,
                made,
                progress,
            )
    return made


def run(module: Path, script: str, blobs: Sequence[bytes] = (), timeout_s: float = 300) -> str:
    """What a script prints that may import ``picket_native`` from a ``.mpy`` file.

    Args:
        module: the ``.mpy`` file.
        script: Python source.
        blobs: what the script finds in the tuple ``blobs``, as memoryviews aligned to 16 bytes; at most 14.

    Raises:
        PicketError: the module or the script raised; the traceback is in the error's text.
    """
    parts = (module.read_bytes(), script.encode(), *blobs)
    stdin = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    return program.run(build(), stdin, timeout_s).decode()


def _generate(tree: Path, scratch: Path) -> Path:
    """MicroPython's generated headers, by the rules of its port for embedding; their folder."""
    generated = scratch / "generated"
    command = [
        *("make", "-s", "-f", str(tree / "ports/embed/embed.mk")),
        *(f"MICROPYTHON_TOP={tree}", f"PYTHON={sys.executable}", f"BUILD={generated}"),
        *(f"{generated}/genhdr/{name}" for name in _HEADERS),
    ]
    version = sources()["micropython"].version
    known = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": "release", "SOURCE_DATE_EPOCH": "0"}
    environment = {**os.environ, **known, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, env=environment)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "rror" in line] or done.stderr.splitlines()
        raise BuildError("\n".join(errors[:3]) or "make failed", "MicroPython for Xtensa")
    return generated
