"""LLVM from Debian's unstable suite, unpacked into a private folder of the cache. Nothing is installed, and root isn't
needed.

The suite's versions move, so none is pinned: the folder is named after the version that was found, and every package is
checked by apt against the signed index of the suite. Programs run through the suite's own loader and C library, which
come along.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress
from picket_host.vendor import debian_mirrors
from picket_host.xtensa.llvm import GET_LLVM, OLDEST, TOOLS, Llvm, version_of

TOOLCHAINS = CACHE / "toolchains"
_SUITE = "unstable"
_KEYRINGS = [Path(f"/usr/share/keyrings/debian-archive-keyring.{end}") for end in ("gpg", "pgp")]
_STAMP = ".complete"


def unpacked(root: Path = TOOLCHAINS) -> Llvm | None:
    """The newest LLVM that was unpacked before."""
    found = [path.parent for path in root.glob(f"llvm-*/{_STAMP}")]
    return _llvm(max(found, key=_version)) if found else None


def fetch(progress: Progress = SILENT, root: Path = TOOLCHAINS) -> Llvm:
    """Download and unpack the oldest LLVM of the suite that is new enough (about 80 MB, 240 MB unpacked).

    Raises:
        EnvironmentError_: no apt, no Debian mirror, no keyring, no network, or no such package.
        BuildError: a package can't be unpacked.
    """
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(tool):
            raise EnvironmentError_(f"{tool} is not here to fetch LLVM from Debian", hint=GET_LLVM)
    keyring = next((path for path in _KEYRINGS if path.is_file()), None)
    if keyring is None:
        raise EnvironmentError_("Debian's keys are missing", hint="apt-get install debian-archive-keyring")
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := unpacked(root):  # another process was quicker
            return found
        error = EnvironmentError_("no Debian mirror is configured", hint=GET_LLVM)
        for mirror in debian_mirrors():
            with tempfile.TemporaryDirectory(dir=root, prefix=".new-") as scratch:
                try:
                    return _llvm(_fetch(_Apt(Path(scratch), mirror, keyring), root, progress))
                except EnvironmentError_ as failed:
                    error = failed
        raise error


@dataclass(frozen=True)
class _Apt:
    """Debian's package client with lists, cache and status of its own, in which no package is installed."""

    folder: Path
    mirror: str
    keyring: Path

    def run(self, program: str, *arguments: str) -> str:
        options = {
            "Dir::State": self.folder,
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Sandbox::User": "root",  # it would want to hand the private folder to the user _apt
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        command = [program, *(f"-o{key}={value}" for key, value in options.items()), *arguments]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, cwd=self.packages, capture_output=True, text=True, env=environment)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
            said = errors[0].removeprefix("E: ") if errors else "it did not say why"
            raise EnvironmentError_(f"apt can't fetch LLVM: {said}", f"{self.mirror} {_SUITE}", GET_LLVM)
        return done.stdout

    @property
    def packages(self) -> Path:
        return self.folder / "cache" / "archives"

    def start(self) -> None:
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "status").touch()
        entry = f"deb [signed-by={self.keyring}] {self.mirror} {_SUITE} main\n"
        (self.folder / "sources.list").write_text(entry, encoding="utf-8")
        self.run("apt-get", "-qq", "update")


def _fetch(apt: _Apt, root: Path, progress: Progress) -> Path:
    progress.step(f"looking for LLVM in Debian's {_SUITE} suite")
    apt.start()
    names = apt.run("apt-cache", "pkgnames", "clang-").split()
    releases = sorted(int(name[6:]) for name in names if re.fullmatch(r"clang-\d+", name) and int(name[6:]) >= OLDEST)
    if not releases:
        raise EnvironmentError_(f"the suite {_SUITE} has no LLVM {OLDEST} or newer", apt.mirror, GET_LLVM)
    release = releases[0]
    progress.step(f"downloading LLVM {release}")
    # The compiler's own packages ask for a whole development system; its libraries ask for what it takes to run.
    libraries = (f"libclang-cpp{release}", f"libclang-common-{release}-dev")
    apt.run("apt-get", "-qq", "--yes", "--download-only", "install", *libraries)
    apt.run("apt-get", "-qq", "download", f"clang-{release}", f"llvm-{release}")
    progress.step(f"unpacking LLVM {release}")
    made = apt.folder / "made"
    for package in sorted(apt.packages.glob("*.deb")):
        done = subprocess.run(["dpkg-deb", "--extract", str(package), str(made)], capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"can't be unpacked: {done.stderr.strip()}", package.name)
    for program in (made / f"usr/lib/llvm-{release}/bin").iterdir():
        if program.name not in TOOLS:
            program.unlink()
    llvm = _llvm(made)
    (made / _STAMP).touch()
    target = root / f"llvm-{llvm.version}"
    shutil.rmtree(target, ignore_errors=True)  # left by an interrupted removal: it has no stamp
    return made.rename(target)


def _llvm(folder: Path) -> Llvm:
    """The tools of an unpacked LLVM, each run through the loader and the libraries beside it."""
    loader = _one(folder, "usr/lib/*/ld-linux*.so.*")
    home = _one(folder, "usr/lib/llvm-*")
    clang_home = _one(home, "lib/clang/*")
    through = (str(loader), "--library-path", str(loader.parent))
    tools = {tool: (*through, str(home / "bin" / tool)) for tool in TOOLS}
    # clang looks for its headers beside its program, which is the loader's.
    tools["clang"] = (*tools["clang"], "-resource-dir", str(clang_home))
    return Llvm(version_of(tools["llc"]), tools)


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise EnvironmentError_(f"there is no {pattern}", folder, "remove the folder")
    return found[0]


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.removeprefix("llvm-").split("."))
