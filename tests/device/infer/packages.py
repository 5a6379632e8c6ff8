"""Loads package/ with files of it exchanged, without writing any."""

import io
import os

from picket.infer.model import Package
from picket.modules import forget
from picket.modules import load as load_module

FOLDER = __file__.rsplit("/", 1)[0] + "/package"


def read(name):
    with open(FOLDER + "/" + name, "rb") as file:
        return file.read()


class _Files:
    """Stands for `open` and `os` in the module under test; `changes`: name -> content, or None for a missing file."""

    def __init__(self, changes):
        self._changes = changes

    def open(self, path, mode):
        name = path.rsplit("/", 1)[-1]
        if name not in self._changes:
            return open(path, mode)
        if self._changes[name] is None:
            raise OSError(2)
        return io.BytesIO(self._changes[name])

    def stat(self, path):
        name = path.rsplit("/", 1)[-1]
        if name not in self._changes:
            return os.stat(path)
        if self._changes[name] is None:
            raise OSError(2)
        return (0,) * 6 + (len(self._changes[name]),)


def load(changes=None, like=None):
    """The package with these files exchanged."""
    _exchange(changes or {})
    try:
        return Package(FOLDER, like)
    finally:
        _restore()


def prove(package, changes=None):
    """The fault that the whole proof finds with these files exchanged, None when there is none."""
    _exchange(changes or {})
    try:
        for _ in package.proof():
            pass
        return package.fault
    finally:
        _restore()


def _exchange(changes):
    # The module that opens files is imported anew for each package.
    files = _Files(changes)
    loading = load_module("infer.loading")
    loading.open = files.open
    loading.os = files


def _restore():
    # What was exchanged has gone with the module; should it have stayed, the next one gets a new one.
    forget("infer.loading")
