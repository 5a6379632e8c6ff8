"""Programs for the ESP32's processor that run here, under ``qemu-xtensa``: compiled as the native module is, with no
operating system but the system calls of ``user_mode/``."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from picket_host.errors import EnvironmentError_, PicketError
from picket_host.made import making
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress
from picket_host.xtensa import toolchain
from picket_host.xtensa.executable import link
from picket_host.xtensa.llvm import Llvm

USER_MODE = Path(__file__).parent / "user_mode"
_QEMU = "qemu-xtensa"
_FLAGS = (
    *("-std=c99", "-Os", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-unused-parameter", "-DNDEBUG"),
    *("-ffp-contract=off", "-fno-common", "-fno-stack-protector"),
)


def build(
    name: str,
    sources: Sequence[tuple[Path, Sequence[str]]],
    include_dirs: Sequence[Path],
    progress: Progress = SILENT,
) -> Path:
    """The path of the program made from the sources, which define ``picket_main`` (``user_mode/user.h``); cached by
    content.

    Args:
        sources: C files, each with flags of its own.
        include_dirs: folders of their headers; every ``*.h`` and ``*.def`` in them is part of the cache's key.

    Raises:
        EnvironmentError_: there is no LLVM and none can be fetched. BuildError: a source is refused.
    """
    llvm = toolchain.llvm(progress)
    includes = [f"-I{folder}" for folder in include_dirs]
    made = CACHE / "xtensa" / f"{name}-{_key(llvm, sources, include_dirs)}" / name
    if not made.is_file():
        make(llvm, [(path, (*includes, *own)) for path, own in sources], (), (), made, progress)
    return made


def command(program: Path) -> list[str]:
    """The command that runs a program.

    Raises:
        EnvironmentError_: QEMU's user mode is not installed.
    """
    if not shutil.which(_QEMU):
        raise EnvironmentError_(f"{_QEMU} is missing", hint="apt-get install qemu-user")
    # The only core of QEMU's that runs programs and has the ESP32's floating-point instructions.
    return [_QEMU, "-cpu", "de233_fpu", str(program)]


def run(program: Path, stdin: bytes = b"", timeout_s: float = 300) -> bytes:
    """What a program writes to its standard output.

    Raises:
        PicketError: it ends with a status other than 0, crashes, or does not end; with its own words.
        EnvironmentError_: as ``command``.
    """
    try:
        done = subprocess.run(command(program), input=stdin, capture_output=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise PicketError(f"it did not end within {timeout_s:g} s", program.name) from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise PicketError(said[-2000:] or f"it ended with status {done.returncode}", program.name)
    return done.stdout


def make(
    llvm: Llvm,
    sources: Sequence[tuple[Path, Sequence[str]]],
    assembly: Sequence[Path],
    keep: Sequence[str],
    made: Path,
    progress: Progress = SILENT,
) -> None:
    """Compile and link a program, and put it, in a folder of its own, where it belongs.

    Args:
        sources: C files, each with its flags beside those of all programs.
        assembly: further files, in assembly language.
        keep: names of functions that only assembly or generated code calls.
    """
    user = [(path, ()) for path in sorted(USER_MODE.glob("*.c"))]
    flagged = [(path, (*_FLAGS, f"-I{USER_MODE}", *own)) for path, own in (*sources, *user)]
    with making(made) as (scratch, folder):
        whole = llvm.compile(flagged, ["picket_user_start", *keep], scratch, progress)
        objects = [llvm.assemble(path, scratch / f"{path.stem}.o") for path in (USER_MODE / "start.s", *assembly)]
        link([whole, *objects], folder / made.name)


def _key(llvm: Llvm, sources: Sequence[tuple[Path, Sequence[str]]], folders: Sequence[Path]) -> str:
    digest = hashlib.sha256("\0".join([llvm.version, *_FLAGS]).encode())
    headers = [path for folder in folders for kind in ("h", "def") for path in sorted(folder.rglob(f"*.{kind}"))]
    own = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".c", ".h", ".s"))
    for path in (*(path for path, _ in sources), *headers, *own):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    for _, flags in sources:
        digest.update("\0".join(flags).encode())
    return digest.hexdigest()[:20]
