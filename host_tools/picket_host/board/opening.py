"""Opens serial ports, and says what stands in the way in words that help."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from picket_host.board.port_users import users_of
from picket_host.board.transport import BAUD, SerialTransport
from picket_host.errors import BoardError


def open_port(port: str | Path, baud: int = BAUD) -> SerialTransport:
    """Open a port for this process alone.

    Raises:
        BoardError: there is none, it is in use (and by which process), or it is not for this user (and the command
            that changes this).
    """
    # Asked first: a program that does not lock the port would take half of what the board says.
    users = users_of(port)
    if users:
        raise _busy(port, ", ".join(map(str, users)))
    try:
        return SerialTransport(port, baud)
    except BoardError as error:
        # Windows calls a busy port forbidden.
        if os.name != "nt" and isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EACCES:
            raise _forbidden(Path(port)) from error
        users = users_of(port)
        if users:
            raise _busy(port, ", ".join(map(str, users))) from error
        raise


def _busy(port: str | Path, who: str) -> BoardError:
    return BoardError(f"the port is in use by {who}", port, "end that program, then run the same command again")


def _forbidden(port: Path) -> BoardError:
    group = _group_of(port)
    what = "this user may not use the port"
    if group is None:
        return BoardError(what, port, f"sudo chmod a+rw {port}")
    if group in _own_groups():
        return BoardError(what, port, f"sudo chmod g+rw {port}")
    return BoardError(what, port, f"sudo usermod -a -G {group} $USER, then log out and in again")


def _group_of(port: Path) -> str | None:
    try:
        name = port.group()
    except (OSError, KeyError, NotImplementedError):
        return None
    return None if name == "root" else name


def _own_groups() -> set[str]:
    import grp

    names = set()
    for number in {os.getegid(), *os.getgroups()}:
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a group without a name
            continue
    return names
