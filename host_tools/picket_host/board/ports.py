"""Serial ports where a board may be."""

from __future__ import annotations

from serial.tools import list_ports

from picket_host.errors import BoardError


def the_port(given: str | None) -> str:
    """The port that was given, or the only one that looks like a board's; BoardError where that does not say which."""
    if given is not None:
        return given
    found = sorted(port.device for port in list_ports.comports() if port.vid is not None)
    if len(found) == 1:
        return found[0]
    if found:
        raise BoardError(f"several boards are connected: {', '.join(found)}", None, f"picket sync {found[0]}")
    raise BoardError("no board is connected", None, "another cable (many only charge), or give its port")
