"""The releases of the demo: two good ones, and one for each way a release can be bad."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from picket_host.gateway import releases as published
from picket_host.gateway.store import Store
from picket_host.models import golden
from picket_host.paths import DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release import keys
from picket_host.release.make import Recipe, make
from picket_host.release.sign import sign


class Workshop:
    """Makes releases in a folder, signed with the fleet's key unless told otherwise.

    Args:
        folder: where release folders and keys go.
        model: the model package of the first release.
        native: ``picket_native.mpy`` files by architecture.
        progress: told what is made.
    """

    def __init__(self, folder: Path, model: Path, native: dict[str, Path], progress: Progress = SILENT):
        self._folder = folder
        self._model = model
        self._native = native
        self._progress = progress
        self._seed = folder / "release.key"
        self.public_key = bytes.fromhex(keys.keygen(self._seed).public_key)

    def full(self, sequence: int) -> Path:
        """Application, native module and model."""
        return self._make(Recipe(sequence=sequence, model=self._model, native=self._native), self._seed)

    def model_only(self, sequence: int, model: Path) -> Path:
        """Another model for the same application."""
        return self._make(Recipe(sequence=sequence, model=model, kind="model"), self._seed)

    def folder(self, sequence: int) -> Path:
        """Where the release of that sequence lies."""
        return self._folder / f"release-{sequence}"

    def wrong_key(self, sequence: int) -> Path:
        """Sound, but signed by somebody else."""
        stranger = self._folder / "stranger.key"
        keys.keygen(stranger)
        return self._make(Recipe(sequence=sequence, model=self._model, kind="model"), stranger)

    def renamed(self, sequence: int, version: str) -> Path:
        """The first model under another version: the same weights in another package."""
        package = self._package_copy(sequence)
        description = json.loads((package / "model.json").read_bytes())
        description["version"] = version
        (package / "model.json").write_text(json.dumps(description, separators=(",", ":")))
        return self.model_only(sequence, package)

    def wrong_golden(self, sequence: int) -> Path:
        """A model whose golden vectors don't come out: one bit of one expected output is another."""
        package = self._package_copy(sequence)
        inputs, outputs = golden.unpack((package / "golden.bin").read_bytes())
        outputs = outputs.copy()
        outputs[-1, 0] ^= 1
        (package / "golden.bin").write_bytes(golden.pack(inputs, outputs))
        return self.model_only(sequence, package)

    def crashing(self, sequence: int) -> Path:
        """A full release whose application ends with an exception as soon as it starts."""
        application = self._folder / f"application-{sequence}"
        shutil.copytree(DEVICE, application, ignore=shutil.ignore_patterns("__pycache__"))
        (application / "main.py").write_text('raise RuntimeError("a bug that only shows on the device")\n')
        return self._make(Recipe(sequence=sequence, model=self._model, application=application), self._seed)

    def _package_copy(self, sequence: int) -> Path:
        return Path(shutil.copytree(self._model, self._folder / f"model-{sequence}"))

    def _make(self, recipe: Recipe, seed: Path) -> Path:
        folder = self.folder(recipe.sequence)
        make(folder, recipe, self._progress)
        sign(folder, seed)
        return folder


def offer_tampered(state: Path, folder: Path, group: str, device: str) -> None:
    """Offer a release of which one byte is another on the server.

    The gateway itself would not take such a folder in, nor offer it: this is what somebody does who got into the
    server.
    The byte is in a file that the device has not got yet, or it would take its own copy instead.
    """
    taken = published.publish(state, folder, devices=["nowhere/nobody"])
    file = published.release_folder(state, taken.sequence) / "model" / "model.json"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x01
    file.write_bytes(content)
    with Store.open(state) as store, store.transaction():
        store.add_offer(taken.sequence, group, device, None, taken.size, taken.manifest_sha256, time.time())


def describe_size(folder: Path) -> int:
    """Bytes of all files that a release names, with its manifest and signature."""
    manifest = json.loads((folder / "release.json").read_bytes())
    extra = (folder / "release.json").stat().st_size + (folder / "release.sig").stat().st_size
    return sum(f["size"] for f in manifest["files"]) + extra
