"""The self-test: every part of a board checked on the board itself, and what to do about what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from picket_host.board.clean_start import prepare
from picket_host.board.plan import smaller_native_module
from picket_host.board.raw_repl import BoardTraceback
from picket_host.board.session import Session, program
from picket_host.errors import BoardError
from picket_host.progress import SILENT, Progress

_SILENCE_S = 120.0  # a large model's proof on a slow board

# By the check: what a person does about it.
_REMEDIES = {
    "firmware": "write MicroPython 1.25 or newer: picket device flash IMAGE",
    "flash": "make room: picket device backup, then remove files; if blocks read back wrong, replace the board",
    "application": "the red lines below; else picket device info shows where, picket sync brings another one",
    "native module": "bring it to the board: picket sync",
    "model": "bring a release with a model: picket sync RELEASE, or over the air",
    "configuration": "picket device provision",
    "sensor": "look at its supply, wires and mounting; pins and driver stand in the configuration",
    "attitude sensor": "look at its supply, wires and mounting; address and driver stand in the configuration",
    "link": "look at the access point, name and password, and the broker's address: picket device provision",
}
CHECKS = tuple(_REMEDIES)
_LACK_OF_MEMORY = "restart the board and test once more; a smaller model, or a board with more memory"


@dataclass(frozen=True)
class Check:
    """One line of the self-test.

    Attributes:
        name: one of ``CHECKS``.
        ok: green.
        text: what was found, or what is wrong.
        remedy: what to do; None when all is well.
    """

    name: str
    ok: bool
    text: str
    remedy: str | None


@dataclass(frozen=True)
class SelfTest:
    """All checks in their order."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def run_selftest(
    session: Session, progress: Progress = SILENT, on_check: Callable[[Check], None] = lambda check: None
) -> SelfTest:
    """Restart the board without its application and check it.

    Args:
        on_check: called with each check as it is done.

    Raises:
        BoardError: the board stopped answering. What is wrong with the board is no error but a red check.
    """
    arch = prepare(session, progress).arch
    done: list[Check] = []
    rest = bytearray()

    def take(piece: bytes) -> None:
        rest.extend(piece)
        while b"\n" in rest:
            line, _, left = bytes(rest).partition(b"\n")
            rest[:] = left
            if line.startswith(b"{"):
                done.append(_check(line, arch))
                on_check(done[-1])
                progress.step("checking", done=len(done), total=len(CHECKS))

    progress.step("checking", done=0, total=len(CHECKS))
    session.repl.start(program("slot") + program("selftest"))
    try:
        session.repl.follow(_SILENCE_S, take)
    except BoardTraceback as error:
        raise BoardError(f"the self-test ended early: {error.what}", session.port, "run it once more") from error
    missing = [name for name in CHECKS if name not in {check.name for check in done}]
    if missing:
        raise BoardError(f"no result for {', '.join(missing)}", session.port, "run it once more")
    return SelfTest(tuple(done))


def _check(line: bytes, arch: str) -> Check:
    said = json.loads(line)
    name, fault = said["name"], said["fault"]
    if fault is None:
        return Check(name, True, said["found"], None)
    if said["cause"] == "memory":
        remedy = smaller_native_module(arch) if name == "native module" else _LACK_OF_MEMORY
    else:
        remedy = _REMEDIES[said["cause"] or name]
    return Check(name, False, fault, remedy)
