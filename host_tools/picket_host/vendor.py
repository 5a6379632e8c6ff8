"""Third-party sources, pinned in ``vendor.toml``: fetched through this machine's package managers, checked by hash,
unpacked into ignored folders.

Layout of ``.cache/vendor/``::

    archives/                    what was downloaded, by file name
    <name>-<version>/            unpacked, with the licence's file inside; ``.vendored`` holds the digest of its pins
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.paths import CACHE, DEVICE, ROOT
from picket_host.progress import SILENT, Progress

PINS = ROOT / "vendor.toml"
_STAMP = ".vendored"
_OFFLINE_HINT = "check the network, or put the archive into a folder and name that folder in PICKET_VENDOR_DIR"


@dataclass(frozen=True)
class Source:
    """One pinned third-party source; the fields are described in ``vendor.toml``."""

    name: str
    version: str
    kind: str
    package: str
    folder: str
    licence: str
    archives: dict[str, str]
    suite: str = ""
    skip_patches: dict[str, str] = field(default_factory=dict)
    device: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def digest(self) -> str:
        """Changes when anything changes that the unpacked folder depends on."""
        return hashlib.sha256(json.dumps(self.__dict__, sort_keys=True).encode()).hexdigest()


def sources(pins: Path = PINS) -> dict[str, Source]:
    """The pinned sources by name.

    Raises:
        InputError: the file is missing or an entry of it does not hold.
    """
    try:
        table = tomllib.loads(pins.read_text(encoding="utf-8"))
        return {name: Source(name=name, **entry) for name, entry in table.items()}
    except FileNotFoundError as error:
        raise InputError(
            "the pins of third-party sources are missing", pins, "restore it from the repository"
        ) from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise InputError(f"not a table of pinned sources: {error}", pins) from error


def vendor(
    names: Iterable[str] | None = None,
    progress: Progress = SILENT,
    *,
    pins: Path = PINS,
    cache: Path = CACHE / "vendor",
    device: Path = DEVICE,
) -> dict[str, Path]:
    """Make the named sources (all, if None) available and return where each is unpacked.

    Does nothing for a source that is there already. Two processes may call it at once; a folder appears whole or not at
    all.

    Raises:
        InputError: a name that is not pinned, or an archive whose SHA-256 is not the pinned one.
        EnvironmentError_: an archive can't be had: no network, no apt, a mirror without the package.
        BuildError: a patch does not apply.
    """
    pinned = sources(pins)
    wanted = list(pinned) if names is None else list(names)
    for name in wanted:
        if name not in pinned:
            raise InputError(f"no third-party source {name!r} is pinned", pins, f"one of {', '.join(pinned)}")
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / ".lock"):
        return {name: _provide(pinned[name], cache, device, progress) for name in wanted}


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released when the file is closed, also by a crash
        yield


def _provide(source: Source, cache: Path, device: Path, progress: Progress) -> Path:
    target = cache / source.label
    stamp = target / _STAMP
    if not (stamp.is_file() and stamp.read_text() == source.digest):
        archives = _archives(source, cache / "archives", progress)
        progress.step(f"unpacking {source.label}")
        with tempfile.TemporaryDirectory(dir=cache, prefix=".new-") as scratch:
            made = _unpack(source, archives, Path(scratch))
            (made / _STAMP).write_text(source.digest)
            if target.exists():
                target.rename(Path(scratch) / "old")
            made.rename(target)
    for origin, place in source.device.items():
        _copy_if_changed(target / origin, device / place)
    return target


def _copy_if_changed(origin: Path, target: Path) -> None:
    content = origin.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as new:
        new.write(content)
    os.chmod(new.name, 0o644)
    os.replace(new.name, target)


def _archives(source: Source, folder: Path, progress: Progress) -> list[Path]:
    """The source's archives, each with the pinned hash: kept from before, from PICKET_VENDOR_DIR, or downloaded."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name, sha in source.archives.items() if not _matches(folder / name, sha)]
    if missing:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
            fetched = Path(scratch)
            offline = os.environ.get("PICKET_VENDOR_DIR")
            if offline and all((Path(offline) / name).is_file() for name in missing):
                for name in missing:
                    shutil.copyfile(Path(offline) / name, fetched / name)
            else:
                progress.step(f"downloading {source.label}")
                {"debian": _fetch_debian, "sdist": _fetch_sdist}[source.kind](source, fetched)
            for name in missing:
                _check(fetched / name, source.archives[name])
                os.replace(fetched / name, folder / name)
    return [folder / name for name in source.archives]


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _check(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise EnvironmentError_("the download did not bring this archive", path.name, _OFFLINE_HINT)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise InputError(
            f"wrong SHA-256: expected {sha256}, found {found}",
            path.name,
            "the archive was changed or damaged on its way; don't use it",
        )


def _fetch_sdist(source: Source, folder: Path) -> None:
    command = [sys.executable, "-m", "picket_host.vendor_sdist", source.package, source.version, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        what = "the package index has no such source distribution" if done.returncode == 3 else _last_line(done.stderr)
        raise EnvironmentError_(what, f"{source.package} {source.version}", _OFFLINE_HINT)


def _fetch_debian(source: Source, folder: Path) -> None:
    """Let apt find and download the source package, from the Debian mirror that this machine uses, under a private
    configuration.

    The machine's own lists stay untouched, and root isn't needed. Release signatures are not asked for (the machine's
    keyring may be older than the suite): the pinned SHA-256 of each archive is stricter than they are.
    """
    if not shutil.which("apt-get"):
        raise EnvironmentError_("apt-get is not here to fetch a Debian source package", source.package, _OFFLINE_HINT)
    mirrors = debian_mirrors()
    said = "no Debian mirror is configured"
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(prefix="picket-apt-") as private:
            root = Path(private)
            for part in ("lists/partial", "cache/archives/partial"):
                (root / part).mkdir(parents=True)
            (root / "sources.list").write_text(f"deb-src [trusted=yes] {mirror} {source.suite} main\n")
            options = {
                "Dir::State": root,
                "Dir::State::Lists": root / "lists",
                "Dir::Cache": root / "cache",
                "Dir::Etc::SourceList": root / "sources.list",
                "Dir::Etc::SourceParts": "-",
                "APT::Sandbox::User": "root",  # it would want to hand the private folder to the user _apt
                "Acquire::Languages": "none",
                "Acquire::Retries": "3",
            }
            apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
            for action in (["update"], ["source", "--download-only", source.package]):
                done = subprocess.run([*apt, *action], cwd=folder, capture_output=True, text=True, env=_plain_locale())
                if done.returncode:
                    said = _last_line(done.stderr)
                    break
            else:
                return
    raise EnvironmentError_(f"apt can't fetch it: {said}", f"{source.package} ({source.suite})", _OFFLINE_HINT)


def debian_mirrors() -> list[str]:
    """Base addresses of the archives that this machine's apt is configured for, in its order, security archives
    last."""
    done = subprocess.run(["apt-get", "--print-uris", "update"], capture_output=True, text=True, env=_plain_locale())
    found = re.findall(r"^'(\S+?)/dists/(\S+?)/InRelease'", done.stdout, flags=re.MULTILINE)
    found.sort(key=lambda entry: entry[1].endswith("-security"))
    return list(dict.fromkeys(address for address, _ in found))


def _plain_locale() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].removeprefix("E: ").removeprefix("ERROR: ") if lines else "it failed and did not say why"


def _unpack(source: Source, archives: list[Path], scratch: Path) -> Path:
    """Unpack the archives, the second and later ones into the first one's folder, and apply patches."""
    top = scratch / "unpacked"
    top.mkdir()
    made = top / source.folder
    for archive, place in zip(archives, [top] + [made] * (len(archives) - 1), strict=True):
        with tarfile.open(archive) as tar:
            if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and newer
                tar.extractall(place, filter="data")
            else:
                tar.extractall(place)
    series = made / "debian" / "patches" / "series"
    if series.is_file():
        for patch in series.read_text().split():
            if patch not in source.skip_patches:
                _apply(series.parent / patch, made)
    if not (made / source.licence).is_file():
        raise InputError("the licence's file is not in the archive", f"{source.label}/{source.licence}")
    return made


def _apply(patch: Path, folder: Path) -> None:
    if not shutil.which("patch"):
        raise EnvironmentError_("the program patch is missing", hint="apt-get install patch")
    done = subprocess.run(["patch", "-s", "-p1", "-i", str(patch)], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"the patch does not apply: {(done.stdout + done.stderr).strip()}", patch.name)
