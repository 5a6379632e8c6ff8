"""How fast files get to a board: ``picket sync`` against ``mpremote fs cp -r``, over the same emulated line."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import mpremote

from picket_host import natmod
from picket_host.board.raw_repl import RawRepl
from picket_host.board.transport import SerialTransport
from picket_host.emulator.emulator import Emulator
from picket_host.errors import PicketError
from picket_host.paths import DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release.make import compile_application

_ARCH = "rv32imc"
_LIMIT_S = 900
_HASHES = """
import hashlib, os
from binascii import hexlify
def walk(folder):
    for name, kind, *_ in os.ilistdir(folder or "/"):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path)
        else:
            sha = hashlib.sha256()
            with open(path, "rb") as f:
                while True:
                    part = f.read(1024)
                    if not part:
                        break
                    sha.update(part)
            print(hexlify(sha.digest()).decode(), path)
walk("")
"""


@dataclass(frozen=True)
class Way:
    """One way to bring the files: seconds from the start of its command to its end, and content per second."""

    command: str
    seconds: float
    kib_per_second: float
    arrived: bool


@dataclass(frozen=True)
class SyncReport:
    """Both ways, and how many times as fast the second is.

    Attributes:
        bytes: of all files.
        again_seconds: of a second sync, which finds everything there.
        conditions: of the measurement, in words.
    """

    files: int
    bytes: int
    mpremote: Way
    sync: Way
    again_seconds: float
    ratio: float
    conditions: str

    @property
    def good(self) -> bool:
        """Whether all files arrived as they are, both ways."""
        return self.mpremote.arrived and self.sync.arrived


def measure(folder: Path | None = None, progress: Progress = SILENT) -> SyncReport:
    """Measure on emulated boards with empty flashes, one after the other.

    Args:
        folder: the files; by default the device's code as it lies on a board: compiled, with the native module.

    Raises:
        InputError: no such folder. EnvironmentError_: QEMU or a compiler is missing. PicketError: one way failed.
    """
    with tempfile.TemporaryDirectory(prefix="picket-bench-") as temporary:
        if folder is None:
            folder = Path(temporary) / "device"
            _prepare(folder, progress)
        wanted = {f"/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        size = sum(map(len, wanted.values()))
        progress.step("mpremote fs cp -r")
        copied, _ = _bring(_mpremote, folder, wanted, size)
        progress.step("picket sync")
        synced, again = _bring(_sync, folder, wanted, size, repeat=True)
    conditions = (
        f"emulated RISC-V board (QEMU), littlefs, a new board each, the same pseudo-terminal line; mpremote "
        f"{mpremote.__version__}; wall-clock time of the whole commands on {platform.machine()} with {os.cpu_count()} "
        f"cores, load {os.getloadavg()[0]:.1f}; a sync that finds nothing to do takes {again:.1f} s"
    )
    return SyncReport(len(wanted), size, copied, synced, again, copied.seconds / synced.seconds, conditions)


def _prepare(folder: Path, progress: Progress) -> None:
    folder.mkdir()
    compile_application(DEVICE, folder, progress=progress)
    (folder / "boot.py").write_bytes((DEVICE / "boot.py").read_bytes())
    native = folder / "native" / _ARCH / natmod.FILE_NAME
    native.parent.mkdir(parents=True)
    native.write_bytes(natmod.build(_ARCH, progress).path.read_bytes())


def _mpremote(port: str, folder: Path) -> list[str]:
    places = sorted(str(path) for path in folder.iterdir())
    return [sys.executable, "-m", "mpremote", "connect", port, "fs", "cp", "-r", *places, ":/"]


def _sync(port: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "picket_host", "sync", port, "--from", str(folder), "--no-restart", "--json"]


def _bring(
    command: Callable[[str, Path], list[str]],
    folder: Path,
    wanted: Mapping[str, bytes],
    size: int,
    repeat: bool = False,
) -> tuple[Way, float]:
    """One way on a board of its own, and the seconds of a second run of it (0.0 without ``repeat``)."""
    with Emulator() as board:
        line = command(str(board.pty), folder)
        seconds = _timed(line)
        again = _timed(line) if repeat else 0.0
        whole = arrived(hashes(board), wanted)
    shown = " ".join(["mpremote" if "mpremote" in line else "picket", *line[3:]]).replace(str(folder), "FOLDER")
    return Way(shown, seconds, size / 1024 / seconds, whole), again


def _timed(command: list[str]) -> float:
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    seconds = time.monotonic() - began
    if done.returncode:
        raise PicketError(f"it failed: {(done.stderr or done.stdout).strip()[-300:]}", " ".join(command[2:6]))
    return seconds


def hashes(board: Emulator) -> dict[str, str]:
    """SHA-256 (hexadecimal) of every file on the board's flash, by its path; the board is reset for it."""
    with SerialTransport(board.pty) as transport, RawRepl(transport) as repl:
        repl.enter(soft_reset=True)
        lines = repl.exec(_HASHES, 60).decode().splitlines()
    return {path: digest for digest, path in (line.split(" ", 1) for line in lines)}


def arrived(found: Mapping[str, str], wanted: Mapping[str, bytes]) -> bool:
    """Whether all files lie there as they are, by their hashes."""
    return all(found.get(path) == sha256(data) for path, data in wanted.items())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
