"""What a firmware build consists of, made before anything is compiled: the operators, the project's files, the
partition table and the container's command line."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from picket_host.errors import InputError
from picket_host.firmware import boards, partitions
from picket_host.firmware.boards import Board
from picket_host.firmware.partitions import Partition
from picket_host.paths import CACHE, NATIVE
from picket_host.progress import SILENT, Progress
from picket_host.tflm_build import operators
from picket_host.tflm_build.selection import TflmSelection, select
from picket_host.vendor import sources, vendor

# MicroPython 1.25's documentation and its own builds name this version of ESP-IDF.
IMAGE = "espressif/idf:v5.2.2"
TEMPLATE = Path(__file__).resolve().parent / "project"
SETTINGS_NAME = "picket_settings.cmake"
# What the port needs beside MicroPython's own tree; empty in source packages that leave submodules out.
_SUBMODULES = ("lib/berkeley-db-1.xx", "lib/micropython-lib", "lib/tinyusb")
_SUBMODULE_FILES = ("btree", "micropython", "src")  # one entry of each, to see whether it is there


@dataclass(frozen=True)
class Plan:
    """A firmware build. Paths are on this machine; ``/project``, ``/picket`` and the like in the command are in the
    container.

    Attributes:
        board: what it is for.
        image: the container's.
        operators: of the engine, sorted.
        left_out: how many operators of TensorFlow Lite Micro are not in it.
        unchecked: why some models can't be checked whole before they run; empty when all can.
        partitions: of the flash.
        files: of the project and of the module, that the container sees.
        command: the container's whole command line.
        outputs: what the build makes.
        missing: what keeps this machine from building it, with what to do; empty when nothing does.
    """

    board: Board
    image: str
    operators: tuple[str, ...]
    left_out: int
    unchecked: str
    partitions: tuple[Partition, ...]
    files: tuple[Path, ...]
    command: tuple[str, ...]
    outputs: tuple[Path, ...]
    missing: tuple[str, ...] = field(default=())

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.outputs[0].parent.parent / "project"

    @property
    def slot_bytes(self) -> int:
        """Room for one application, of which the flash has two."""
        return next(partition.size for partition in self.partitions if partition.kind == "app")

    @property
    def files_bytes(self) -> int:
        """Room for the file system."""
        return next(partition.size for partition in self.partitions if partition.name == "vfs")


def make(
    board: Board,
    models: Sequence[Path],
    ops: str | None = None,
    micropython: Path | None = None,
    progress: Progress = SILENT,
    folder: Path | None = None,
) -> Plan:
    """Write the project's files and plan the build.

    Args:
        board: one of ``boards.BOARDS``.
        models: ``.tflite`` files, or folders with them: their operators go in.
        ops: ``all``, or further operators with commas between them.
        micropython: a checkout of MicroPython 1.25 with its submodules; the vendored source when None.
        progress: told which step is under way.
        folder: where; in the cache by default.

    Raises:
        InputError: a model, an operator or a folder that isn't there. ModelError: a file that isn't a model.
    """
    folders = vendor(["micropython", "monocypher"], progress)
    tree = folders["micropython"] if micropython is None else micropython.resolve()
    if not (tree / "ports" / "esp32" / "boards" / board.name / "mpconfigboard.cmake").is_file():
        raise InputError("not MicroPython's source: its ESP32 port does not have this board", tree / "ports" / "esp32")
    selection = select(models, ops)
    progress.step(f"writing the project of {board.label}")
    table = partitions.table(board.flash_bytes)
    settings, module_files = _settings(selection, folders["monocypher"])
    written = {
        **{path.relative_to(TEMPLATE): path.read_text(encoding="utf-8") for path in _template_files()},
        Path("partitions.csv"): partitions.csv(table),
        Path(operators.LIST_NAME): operators.list_text(selection.listed),
        Path(SETTINGS_NAME): settings,
    }
    root = folder or CACHE / "firmware" / f"{board.label}-{_key(written, module_files, tree)}"
    for name, text in written.items():
        path = root / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.is_file() and path.read_text(encoding="utf-8") == text):
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
    build = root / "build"
    build.mkdir(exist_ok=True)
    return Plan(
        board=board,
        image=IMAGE,
        operators=selection.listed,
        left_out=len(operators.ALL) - len(selection.listed),
        unchecked=selection.unchecked,
        partitions=table,
        files=(*(root / "project" / name for name in sorted(written)), *module_files),
        command=_command(board, root, tree, folders["monocypher"]),
        outputs=(build / "firmware.bin", build / "firmware" / "micropython.bin"),
        missing=_missing(tree),
    )


def _template_files() -> list[Path]:
    return sorted(path for path in TEMPLATE.rglob("*") if path.is_file())


def _settings(selection: TflmSelection, monocypher: Path) -> tuple[str, tuple[Path, ...]]:
    """The CMake file that ``native_module/binding/micropython.cmake`` reads, and the module's files."""
    files = tuple(selection.files())
    listed = " ".join(str(path.relative_to(NATIVE)) for path in files)
    definitions = " ".join(flag.removeprefix("-D") for flag in selection.flags if flag.startswith("-D"))
    text = (
        "# Made by picket build firmware; paths are the container's.\n"
        f"set(PICKET_SOURCES {listed})\n"
        "set(PICKET_EXTERNAL /monocypher/monocypher.c)\n"
        "set(PICKET_INCLUDES /monocypher /project)\n"
        f"set(PICKET_DEFINITIONS {definitions})\n"
    )
    return text, (*files, monocypher / "monocypher.c")


def _command(board: Board, root: Path, tree: Path, monocypher: Path) -> tuple[str, ...]:
    mounts = {
        f"{tree}:/micropython": "rw",  # its makefiles leave a few generated files beside the sources
        f"{NATIVE}:/picket/native_module": "ro",
        f"{monocypher}:/monocypher": "ro",
        f"{root / 'project'}:/project": "rw",  # the component manager downloads into it
        f"{root / 'build'}:/build": "rw",
    }
    volumes = [word for mount, mode in mounts.items() for word in ("--volume", f"{mount}:{mode}")]
    user = ["--user", f"{os.getuid()}:{os.getgid()}", "--env", "HOME=/build"]
    return ("docker", "run", "--rm", *user, *volumes, IMAGE, "/project/build.sh", board.name, board.variant)


def _missing(tree: Path) -> tuple[str, ...]:
    missing = []
    if not shutil.which("docker"):
        missing.append("docker is not installed: apt-get install docker.io")
    elif not _docker_answers():
        missing.append("docker's service does not answer: docker version says why")
    empty = [
        name for name, entry in zip(_SUBMODULES, _SUBMODULE_FILES, strict=True) if not (tree / name / entry).exists()
    ]
    if empty:
        version = sources()["micropython"].version
        missing.append(
            f"this copy of MicroPython's source is without {', '.join(empty)}: give a checkout of v{version} "
            f"(--micropython DIR) in which git submodule update --init {' '.join(_SUBMODULES)} was run"
        )
    return tuple(missing)


def _docker_answers() -> bool:
    try:
        return subprocess.run(["docker", "version"], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _key(written: dict[Path, str], files: Sequence[Path], tree: Path) -> str:
    digest = hashlib.sha256(f"{IMAGE}\0{tree}\0".encode())
    for name, text in sorted(written.items()):
        digest.update(f"{name}\0{text}\0".encode())
    for path in (*files, *sorted(NATIVE.rglob("*.h")), *sorted(NATIVE.rglob("*.def"))):
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def board_of(name: str, variant: str = "") -> Board:
    """As ``boards.find``; also takes ``ESP32_GENERIC_S3-SPIRAM_OCT``."""
    base, _, suffix = name.partition("-")
    return boards.find(base, variant or suffix)
