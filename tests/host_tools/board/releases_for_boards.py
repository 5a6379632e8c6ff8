"""Small but real releases and folders to bring to boards."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from picket_host.paths import TESTS
from picket_host.release import keys
from picket_host.release.make import Recipe, make
from picket_host.release.sign import sign

sys.path.insert(0, str(TESTS / "host_tools" / "release"))

from small_model import small_model  # noqa: E402
from small_package import FOUR_PIXELS, description, golden  # noqa: E402

APPLICATION = {
    "main.py": "print('application {version}')\n",
    "picket/__init__.py": "",
    "picket/app.py": "VERSION = {version}\n",
    "picket/constant.py": "ALWAYS = 'the same'\n" * 40,
    "lib/umqtt/simple.py": "z = 3\n",
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files given by their relative paths."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_package(folder: Path, gain: int = 1) -> Path:
    """A model package whose golden vectors the engine reproduces."""
    model = small_model(np.array([[10, -10, 5, 0], [-10, 10, 0, 5]]) * gain, np.zeros(2))
    vectors = golden(model, [np.arange(4, dtype=np.int8) * k for k in (-20, 1, 30)])
    about = json.dumps(description(f"gain {gain}"))
    files = {"model.tflite": model, "model.json": about, "pipeline.bin": FOUR_PIXELS, "golden.bin": vectors}
    return write(folder, files)


@dataclass
class Maker:
    """Makes signed releases below a folder, all by one key."""

    folder: Path
    key: keys.KeyPair = field(init=False)

    def __post_init__(self) -> None:
        self.key = keys.keygen(self.folder / "plant.key")

    @property
    def public(self) -> bytes:
        return bytes.fromhex(self.key.public_key)

    def release(self, sequence: int, name: str | None = None, **options) -> Path:
        """A signed release folder; ``options`` as `Recipe` has them."""
        folder = self.folder / (name or f"release-{sequence}")
        application = self.folder / f"application-{sequence}"
        write(application, {path: text.format(version=sequence) for path, text in APPLICATION.items()})
        package = write_package(self.folder / f"package-{sequence}", gain=sequence)
        made = {"hardware": ("sim", "qemu"), "created": "2026-11-22T12:00:00Z", **options}
        make(folder, Recipe(sequence=sequence, model=package, application=application, **made))
        sign(folder, self.key.seed_file)
        return folder
