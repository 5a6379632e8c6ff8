"""C++ compilers, for this machine and for others, with headers of the standard library."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from picket_host.errors import EnvironmentError_

_PROBE = "#include <algorithm>\n#include <cmath>\n#include <limits>\n#include <type_traits>\n"
# Debian's compiler for bare RISC-V has no C++ headers, but those that go with Debian's compiler for bare ARM are made
# for the same C library, and TFLM needs nothing but templates of them. The newest version comes first.
_FOREIGN_HEADERS = Path("/usr/include/newlib/c++")
_FOREIGN_PACKAGE = "libstdc++-arm-none-eabi-dev"


def host_cxx() -> str:
    """This machine's C++ compiler (``$CXX``, else ``g++`` or ``c++``).

    Raises:
        EnvironmentError_: there is none.
    """
    found = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if not found:
        raise EnvironmentError_("no C++ compiler found", hint="apt-get install g++")
    return found


def cxx_of(c_compiler: str, foreign_headers: Path = _FOREIGN_HEADERS) -> tuple[str, ...]:
    """The C++ compiler that belongs to a C compiler (``g++`` to ``gcc``), with flags that make it find C++ headers.

    Raises:
        EnvironmentError_: it isn't installed, or there are no headers.
    """
    compiler = c_compiler.removesuffix("gcc") + "g++"
    if not shutil.which(compiler):
        raise EnvironmentError_(f"the compiler {compiler} is missing", hint=f"install what brings {c_compiler}'s C++")
    if _compiles([compiler]):
        return (compiler,)
    for folder in sorted(foreign_headers.glob("*"), reverse=True):
        command = (compiler, "-isystem", str(folder), "-isystem", str(folder / "arm-none-eabi"))
        if _compiles([*command, "-specs=picolibc.specs"]):
            return command
    raise EnvironmentError_(
        f"{compiler} has no headers of the C++ standard library", hint=f"apt-get install {_FOREIGN_PACKAGE}"
    )


def _compiles(command: list[str]) -> bool:
    probe = [*command, "-fsyntax-only", "-x", "c++", "-"]
    return subprocess.run(probe, input=_PROBE, capture_output=True, text=True).returncode == 0
