"""What a board is and how it is: chip, firmware, Picket's version, flash, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from picket_host.board.raw_repl import BoardTraceback
from picket_host.board.session import Session, program
from picket_host.errors import BoardError

# Asked on its own, because a soft reset would change it.
_CAUSE = """
try:
    import machine
    for name in dir(machine):
        if name.endswith("_RESET") and getattr(machine, name) == machine.reset_cause():
            print(name)
except (ImportError, AttributeError):
    pass
"""
_FLASH_LOW = 0.05  # of the flash


@dataclass(frozen=True)
class BoardInfo:
    """A board.

    Attributes:
        port: where it is.
        chip: what MicroPython calls the board and its chip.
        platform: what releases call it: ``esp32``.
        micropython: version of the firmware.
        mpy, arch: version and architecture of the ``.mpy`` files that it loads.
        unique_id: of the chip, hexadecimal.
        device, group: of its configuration.
        application: whether there is one.
        version: of the release that runs; None for what the cable brought.
        app, model: sequences of the active slots; 0 is what the cable brought.
        model_name, model_version: of the model package.
        state: ``confirmed``, or ``trial`` of a release.
        rolled_back: the release that was given up last, with the reason.
        boots: how often the application has started.
        outbox: alerts that the gateway has not stored yet.
        reset: why the board started last.
        unproven_starts: starts in a row after which the application was not well for half a minute (yet), this one
            among them; None where the board can't count them.
        crash: the traceback that ended the application, until a start comes out well; its end, 1000 characters at most.
        heap_free, heap_bytes, flash_free, flash_bytes: memory without the application, and the file system.
        health: what is wrong, in words; empty when all is well.
    """

    port: str
    chip: str
    platform: str
    micropython: str
    mpy: str
    arch: str
    unique_id: str | None
    device: str | None
    group: str | None
    application: bool
    version: str | None
    app: int
    model: int
    model_name: str | None
    model_version: str | None
    state: str
    rolled_back: dict[str, Any] | None
    boots: int
    outbox: int
    reset: str | None
    unproven_starts: int | None
    crash: str | None
    heap_free: int
    heap_bytes: int
    flash_free: int
    flash_bytes: int
    health: tuple[str, ...]

    @property
    def name(self) -> str | None:
        """Group and id, as ``plant-a/press-1``."""
        return f"{self.group or 'default'}/{self.device}" if self.device else None


def read_info(session: Session) -> BoardInfo:
    """Ask a board. BoardError: it does not answer as it should."""
    try:
        cause = session.run(_CAUSE)
    except BoardTraceback:
        raise
    except BoardError:  # the watchdog of the application that was interrupted
        session.attach_again()
        cause = session.run(_CAUSE)
    try:
        said = session.ask(program("slot") + program("info"))
    except BoardTraceback as error:
        if "MemoryError" not in error.traceback:
            raise
        session.soft_reset()  # the application that was interrupted has left no room
        said = session.ask(program("slot") + program("info"))
    said["reset"] = cause.decode().strip().removesuffix("_RESET") or None
    health = tuple(_findings(said))
    facts = {name: value for name, value in said.items() if name in BoardInfo.__dataclass_fields__}
    return BoardInfo(port=session.port, chip=said["machine"], health=health, **facts)


def _end(traceback: str | None) -> str | None:
    """Its last line, which says what it was; None without one."""
    return traceback.strip().rpartition("\n")[2] if traceback and traceback.strip() else None


def _findings(said: dict[str, Any]) -> list[str]:
    found = []
    if not said["application"]:
        found.append("no application: picket sync")
    if not said["configured"]:
        found.append("not provisioned: picket device provision")
    elif not said["device"]:
        found.append("the configuration can't be read: picket device provision")
    if not said["safe_boot"]:
        found.append("no boot.py, so no safe mode: picket sync")
    if said["unproven_starts"] and said["unproven_starts"] > 1:
        found.append(f"the application did not start well: {_end(said['crash']) or 'picket device logs'}")
    elif said["crash"]:
        found.append(f"the application ended: {_end(said['crash'])}")
    if said["reset"] == "WDT":
        found.append("the watchdog reset it last: picket device logs")
    if said["rolled_back"]:
        found.append(f"release {said['rolled_back']['sequence']} rolled back: {said['rolled_back']['reason']}")
    if said["flash_free"] < _FLASH_LOW * said["flash_bytes"]:
        found.append(f"the flash is full: {said['flash_free']} bytes free")
    return found
