"""Where results go: looked at before the work begins, so that it does not end at a path that can't be written, and
never takes the place of anybody's files."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from picket_host.errors import InputError


def check_folder(path: Path) -> None:
    """Refuse a place where no folder can be written.

    Raises:
        InputError: a file is there, or above it, or it may not be written.
    """
    if path.exists() and not path.is_dir():
        raise InputError("a file is where the folder shall be", path, "the path of a folder, or of a new one")
    _check_above(path)


def check_file(path: Path) -> None:
    """Refuse a place where no file can be written.

    Raises:
        InputError: a folder is there, or a file above it, or it may not be written.
    """
    if path.is_dir():
        raise InputError("a folder is where the file shall be", path, "the path of a file, for example in it")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError("the file may not be written", path, "another path")
    _check_above(path.parent)


def check_apart(out: Path, *used: Path | None) -> None:
    """Refuse to write a result over a file that it is made from, or that lies in the run that it is made from.

    Raises:
        InputError: ``out`` is one of ``used``.
    """
    for file in used:
        if file is not None and file.resolve() == out.resolve():
            raise InputError("the result would take the place of what it is made from", out, "another path")


def check_replaceable(folder: Path, own: Collection[str], sign: str, what: str) -> None:
    """Refuse to replace a folder that holds anything but what would be written there anew.

    Args:
        own: the files that such a folder has.
        sign: the one of them without which it is none.
        what: such a folder, for the error: "a model package".

    Raises:
        InputError: it holds something else, or can't be written.
    """
    check_folder(folder)
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    for entry in entries:
        if entry.name not in own or not entry.is_file():
            raise InputError(
                f"the folder holds {entry.name}, which is not {what}'s, and would be replaced", folder, "a new folder"
            )
    if entries and sign not in (entry.name for entry in entries):
        raise InputError(
            f"the folder holds {entries[0].name}, which would be replaced, and is not {what}", folder, "a new folder"
        )


def _check_above(folder: Path) -> None:
    """The folder, or the nearest above it that is there, takes new entries."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise InputError("a file is where a folder shall be", there, "another path")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError("the folder may not be written", there, "another path")
