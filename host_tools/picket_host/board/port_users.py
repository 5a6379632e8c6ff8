"""Which processes have a serial port open, as far as the kernel lets this user see it (Linux; elsewhere: nobody)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class User:
    """A process that has a port open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def users_of(port: str | Path, proc: Path = Path("/proc")) -> list[User]:
    """The processes other than this one that have the port open, by their ids."""
    target = os.path.realpath(port)
    found = []
    for folder in proc.glob("[0-9]*"):
        pid = int(folder.name)
        if pid != os.getpid() and _has_open(folder, target):
            found.append(User(pid, _name_of(folder)))
    return sorted(found, key=lambda user: user.pid)


def _has_open(folder: Path, target: str) -> bool:
    try:
        return any(os.path.realpath(link) == target for link in (folder / "fd").iterdir())
    except OSError:  # another user's, or it has just ended
        return False


def _name_of(folder: Path) -> str:
    try:
        return (folder / "comm").read_text().strip()
    except OSError:
        return "a program"
