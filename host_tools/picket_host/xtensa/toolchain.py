"""Finds a compiler for the ESP32: Espressif's GCC on the PATH, else its container, else LLVM."""

from __future__ import annotations

import shutil
import subprocess

from picket_host.errors import EnvironmentError_
from picket_host.progress import SILENT, Progress
from picket_host.xtensa import debian
from picket_host.xtensa.espressif import COMPILER, Espressif, container
from picket_host.xtensa.llvm import OLDEST, TOOLS, Llvm, version_of

_NEWEST = 40  # LLVM releases are looked for by their number up to this one


def compiler(progress: Progress = SILENT) -> Espressif | Llvm:
    """The first compiler there is.

    Raises:
        EnvironmentError_: there is none, and LLVM can't be fetched. BuildError: what was fetched can't be unpacked.
    """
    if shutil.which(COMPILER):
        return Espressif()
    if _docker_answers():
        return container()
    return llvm(progress)


def llvm(progress: Progress = SILENT) -> Llvm:
    """LLVM from the PATH, from an earlier call, or fetched from Debian now.

    Raises: as ``compiler``.
    """
    return _on_path() or debian.unpacked() or debian.fetch(progress)


def _on_path() -> Llvm | None:
    for ending in ("", *(f"-{release}" for release in range(_NEWEST, OLDEST - 1, -1))):
        tools = {tool: shutil.which(f"{tool}{ending}") for tool in TOOLS}
        if all(tools.values()):
            try:
                version = version_of([str(tools["llc"])])
            except EnvironmentError_:  # one that was built without Xtensa
                continue
            if int(version.split(".")[0]) >= OLDEST:
                return Llvm(version, {tool: (str(path),) for tool, path in tools.items()})
    return None


def _docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10).returncode == 0
    except subprocess.TimeoutExpired:
        return False
