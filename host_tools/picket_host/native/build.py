"""Compile C sources of the native module for this machine, once per content, and open them through cffi.

The sources are compiled by the C compiler alone, with the flags that the project asks of its C code, into a shared
library that cffi opens; so neither Python's headers nor a C extension are needed. Declarations are taken from the
headers themselves (``declarations``), so that they can't disagree.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cffi

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.made import making
from picket_host.paths import CACHE

# -ffp-contract=off: a fused multiply-add rounds once where the device rounds twice, and features must be the same bits
# on both.
FLAGS = ("-std=c99", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-pedantic", "-Werror")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")


@dataclass(frozen=True)
class Native:
    """A loaded library: ``lib`` has its functions and constants, ``ffi`` makes and reads C data."""

    ffi: Any
    lib: Any
    path: Path


def compiler() -> list[str]:
    """The C compiler's command (``$CC``, else ``cc`` or ``gcc``).

    Raises:
        EnvironmentError_: there is none.
    """
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [path]
    raise EnvironmentError_("no C compiler found", hint="apt-get install gcc libc6-dev")


def declarations(*headers: Path) -> str:
    """What the headers declare, as cffi reads it: without comments, directives and ``extern "C"``.

    Constants, ``#define NAME number``, stay.
    """
    text = "\n".join(header.read_text(encoding="utf-8") for header in headers)
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL).replace("\\\n", " ")
    text = re.sub(r"^\s*#ifdef __cplusplus.*?^\s*#endif", "", text, flags=re.DOTALL | re.MULTILINE)
    constant = re.compile(r"\s*#define\s+\w+\s+(0[xX][0-9a-fA-F]+|[0-9]+)\s*")
    return "\n".join(
        line for line in text.splitlines() if not line.lstrip().startswith("#") or constant.fullmatch(line)
    )


def build(
    name: str, cdef: str, sources: Sequence[Path], include_dirs: Sequence[Path], flags: Sequence[str] = ()
) -> Native:
    """Compile the sources into a shared library in the cache, unless it is there, and open it.

    Args:
        name: what the library is called in the cache.
        cdef: declarations of what is used from it (see ``declarations``).
        sources: C files.
        include_dirs: folders of their headers; every ``*.h`` and ``*.def`` in them is part of the cache's key.
        flags: compiler flags in addition to ``FLAGS``.

    Raises:
        BuildError: the compiler refused a source; its words are in the error.
        EnvironmentError_: there is no C compiler.
    """
    return _open(name, cdef, library(name, sources, include_dirs, flags))


@functools.cache
def _open(name: str, cdef: str, path: Path) -> Native:
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    return Native(ffi, ffi.dlopen(str(path)), path)


def library(name: str, sources: Sequence[Path], include_dirs: Sequence[Path], flags: Sequence[str] = ()) -> Path:
    """The path of the shared library made from the sources; errors as in ``build``."""
    return _artifact(name, f"lib{name}.so", sources, include_dirs, (*FLAGS, "-fPIC", *flags), ("-shared",))


def program(
    name: str,
    sources: Sequence[Path],
    include_dirs: Sequence[Path],
    flags: Sequence[str] = (),
    command: Sequence[str] = (),
) -> Path:
    """The path of the program made from the sources, one of which has ``main``; by another compiler if its command is
    given. Errors as in ``build``."""
    return _artifact(name, name, sources, include_dirs, (*FLAGS, *flags), (), list(command))


def _artifact(
    name: str,
    file_name: str,
    sources: Sequence[Path],
    include_dirs: Sequence[Path],
    compile_flags: Sequence[str],
    link_flags: Sequence[str],
    command: list[str] | None = None,
) -> Path:
    command = command or compiler()
    key = _key(command, sources, include_dirs, (*compile_flags, *link_flags))
    product = CACHE / "native" / f"{name}-{key}" / file_name
    if product.exists():
        return product
    with making(product) as (scratch, made):
        includes = [f"-I{path}" for path in include_dirs]
        objects = [scratch / f"{i}-{source.stem}.o" for i, source in enumerate(sources)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            jobs = [
                pool.submit(_run, [*command, *compile_flags, *includes, "-c", str(source), "-o", str(target)], source)
                for source, target in zip(sources, objects, strict=True)
            ]
            for job in jobs:
                job.result()
        linked = [*map(str, objects), "-o", str(made / file_name)]
        _run([*command, *compile_flags, *link_flags, *linked], product.parent.name)
    return product


def _run(arguments: list[str], where: object) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(done.stderr.strip() or f"{arguments[0]} failed with status {done.returncode}", where)


def _key(command: list[str], sources: Iterable[Path], include_dirs: Iterable[Path], flags: Iterable[str]) -> str:
    digest = hashlib.sha256()
    digest.update("\0".join([*command, _compiler_version(tuple(command)), *flags]).encode())
    headers = sorted(path for folder in include_dirs for end in ("h", "def") for path in Path(folder).rglob(f"*.{end}"))
    for path in (*sources, *headers):
        digest.update(f"\0{Path(path).name}\0".encode())
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:20]


@functools.cache
def _compiler_version(command: tuple[str, ...]) -> str:
    done = subprocess.run([*command, "--version"], capture_output=True, text=True)
    if done.returncode:
        raise EnvironmentError_("the C compiler does not run", command[0], "apt-get install gcc libc6-dev")
    return done.stdout
