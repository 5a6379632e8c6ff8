"""Set a fresh checkout up: system packages, ``.venv`` with the locked dependencies; then ``picket_host.cli`` goes on.

Standard library only. Everything is said on stderr, so that ``--json`` keeps stdout to itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from picket_host import system
from picket_host.paths import ROOT

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
_STAMP = VENV / ".picket-lock"
# These commands compile something; the others work without system packages: what `sync` compiles of a folder it asks
# for itself, and a technician's bundle takes no compiler.
_COMPILING = {"demo", "test", "build", "model", "release", "bundle", "emulate", "bench"}


def main(arguments: list[str]) -> NoReturn:
    """Bring the environment up to date, then become ``picket ARGUMENTS``."""
    try:
        with _one_at_a_time():
            helping = "--help" in arguments or "-h" in arguments
            # A new environment compiles too: some locked packages come as C sources.
            if not _is_current() or (not helping and any(a in _COMPILING for a in arguments[:1])):
                _system_packages()
            if arguments and not helping:
                _optional_packages(arguments[0])
            _environment()
    except _SetupError as error:
        sys.exit(f"picket: {error}")
    except subprocess.CalledProcessError as error:
        output = error.output if isinstance(error.output, str) else (error.output or b"").decode(errors="replace")
        tail = "\n".join(output.strip().splitlines()[-15:])
        sys.exit(f"picket: set-up failed: {' '.join(map(str, error.cmd[:6]))} ...\n{tail}")
    except KeyboardInterrupt:
        sys.exit(130)
    python = VENV / "bin" / "python"
    os.execv(python, [str(python), "-m", "picket_host", *arguments])


class _SetupError(Exception):
    pass


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two first runs at once would spoil each other's environment."""
    with open(ROOT / "requirements.lock", "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _step("another picket is setting this checkout up; waiting for it"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _step(text: str) -> Iterator[Callable[[str], None]]:
    """One line on stderr for the block, which is given a function to say how far it is, at a terminal."""
    started = time.monotonic()
    print(f"· {text} ...", end="", file=sys.stderr, flush=True)

    def tell(how_far: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K· {text} ... {how_far}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    except BaseException:
        print(" failed", file=sys.stderr)
        raise
    tell("")
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)


def _system_packages() -> None:
    # Checked one after the other, because pkg-config and the compiler themselves may be among the missing.
    lacking = system.missing()
    if not lacking:
        return
    if not system.can_install():
        raise _SetupError(
            "system packages are missing: "
            + ", ".join(r.package for r in lacking)
            + f"\n  type: sudo {system.install_command(lacking)}"
        )
    _install(lacking)
    still = system.missing()
    if still:
        raise _SetupError("installed, but still not usable: " + ", ".join(r.package for r in still))


def _optional_packages(command: str) -> None:
    lacking = system.missing_for(command)
    if lacking and system.can_install():
        with suppress(subprocess.CalledProcessError):  # the command does without, and says so where it matters
            _install(lacking)


def _install(requirements: list[system.Requirement]) -> None:
    with _step("system packages: " + ", ".join(r.package for r in requirements)):
        system.install(requirements)


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()


def _is_current() -> bool:
    return _STAMP.is_file() and _STAMP.read_text() == _wanted()


def _environment() -> None:
    if _is_current():
        return
    uv = shutil.which("uv")
    python = VENV / "bin" / "python"
    with _step(f"Python environment in .venv, with {'uv' if uv else 'pip'} (2 GB)") as tell:
        if uv and _works([uv, "--version"]):
            _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV])
            _run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, LOCK])
        else:
            _make_venv()
            _pip_install(python, tell)
        site = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        (Path(site) / "picket.pth").write_text(f"{ROOT / 'host_tools'}\n")
        command = VENV / "bin" / "picket"
        command.write_text(f"#!{python}\nfrom picket_host.cli import main\n\nmain()\n")
        command.chmod(0o755)
        _STAMP.write_text(_wanted())


def _make_venv() -> None:
    try:
        _run([sys.executable, "-m", "venv", "--clear", VENV])
    except subprocess.CalledProcessError:
        package = system.Requirement(
            f"python3.{sys.version_info.minor}-venv", "Python's own venv", command="python3-venv"
        )
        if not system.can_install():
            raise _SetupError(f"Python's venv is missing\n  type: sudo {system.install_command([package])}") from None
        system.install([package])
        _run([sys.executable, "-m", "venv", "--clear", VENV])


def _pip_install(python: Path, tell: Callable[[str], None]) -> None:
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    locked = sum("==" in line for line in LOCK.read_text().splitlines() if not line.startswith((" ", "#")))
    said, collected = [], 0
    with subprocess.Popen(
        [str(c) for c in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout:
            said.append(line)
            collected += line.startswith("Collecting ")
            tell("installing" if line.startswith("Installing ") else f"{collected} of {locked} packages")
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, command, "".join(said))


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: list[object]) -> None:
    subprocess.run(
        [str(c) for c in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
