"""Finds boards: the serial ports of this machine, and what answers there."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from serial.tools import list_ports

from picket_host.board.info import BoardInfo, read_info
from picket_host.board.session import connect
from picket_host.board.transport import BAUD
from picket_host.errors import BoardError, InputError
from picket_host.progress import SILENT, Progress

_ASK_S = 6.0  # for each board; several are asked at once
_AT_ONCE = 8


@dataclass(frozen=True)
class Port:
    """A serial port.

    Attributes:
        name: as the operating system names it.
        adapter: what the other end of the USB cable calls itself; empty for others.
        usb: whether it hangs on USB: built-in ports are never boards.
    """

    name: str
    adapter: str = ""
    usb: bool = True


@dataclass(frozen=True)
class Found:
    """A port and what answered there: exactly one of ``board`` and ``error`` is given.

    Attributes:
        error: why it did not answer.
        hint: what to try.
    """

    port: Port
    board: BoardInfo | None
    error: str | None = None
    hint: str | None = None


def ports() -> list[Port]:
    """The serial ports of this machine, those on USB alone."""
    found = []
    for port in list_ports.comports():
        if port.vid is not None:
            words = (port.manufacturer, port.product or port.description)
            found.append(Port(port.device, " ".join(word for word in words if word and word != "n/a")))
    return sorted(found, key=lambda port: port.name)


def survey(
    names: Iterable[str] = (), *, baud: int = BAUD, timeout_s: float = _ASK_S, progress: Progress = SILENT
) -> list[Found]:
    """Ask the boards at all ports who they are; each stops its application for a moment and then starts it again.

    Args:
        names: ports to ask beside those on USB, e.g. the pty of an emulated board.
        timeout_s: for each; they are asked at the same time.
    """
    known = ports()
    extra = [Port(name, usb=False) for name in names if name not in {port.name for port in known}]
    everything = known + extra
    progress.step(f"asking {len(everything)} ports", total=len(everything))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda port: _ask(port, baud, timeout_s), everything))


def the_port(name: str | None) -> str:
    """The port that was given, else the only one there is.

    Raises:
        BoardError: there is none. InputError: there are several.
    """
    if name:
        return name
    found = ports()
    if not found:
        raise BoardError("no board is plugged in", None, "plug it in, by a cable that carries data; else give its port")
    if len(found) > 1:
        raise InputError(
            f"{len(found)} boards are plugged in", None, f"give the port: {', '.join(p.name for p in found)}"
        )
    return found[0].name


def _ask(port: Port, baud: int, timeout_s: float) -> Found:
    try:
        with connect(port.name, baud=baud, timeout_s=timeout_s) as session:
            return Found(port, read_info(session))
    except BoardError as error:
        return Found(port, None, error.what, error.hint)
