"""Runs a planned firmware build in the container."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.firmware.plan import Plan
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class Firmware:
    """A built firmware. Sizes in bytes.

    Attributes:
        image: bootloader, partition table and application in one file, for a new board.
        application: the application alone, for a slot.
        application_bytes: its size.
        slot_bytes: what it has room for.
    """

    image: Path
    application: Path
    application_bytes: int
    slot_bytes: int


def build(plan: Plan, progress: Progress = SILENT) -> Firmware:
    """Build the firmware, unless this very plan was built before.

    Raises:
        EnvironmentError_: docker or a part of MicroPython's source is missing. BuildError: the build failed, or the
        application is larger than a slot.
    """
    image, application = plan.outputs
    if not (image.is_file() and application.is_file()):
        if plan.missing:
            raise EnvironmentError_(plan.missing[0], plan.board.label)
        _run(plan, progress)
    size = application.stat().st_size
    if size > plan.slot_bytes:
        hint = "fewer operators (--models), or a board with more flash"
        what = f"the application takes {size:,} bytes, a slot has {plan.slot_bytes:,}"
        raise BuildError(what, plan.board.label, hint)
    return Firmware(image, application, size, plan.slot_bytes)


def _run(plan: Plan, progress: Progress) -> None:
    log = plan.project.parent / "build.log"
    last = f"building the firmware of {plan.board.label}"
    progress.step(last)
    with (
        log.open("w", encoding="utf-8") as copy,
        subprocess.Popen(plan.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            copy.write(line)
            if line.startswith("["):  # ninja's [12/345]
                done, _, total = line[1:].partition("]")[0].partition("/")
                if done.isdigit() and total.isdigit():
                    progress.step(last, done=int(done), total=int(total))
    if process.returncode:
        lines = log.read_text(encoding="utf-8").splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines[-3:]
        raise BuildError("\n".join(errors[:3]) or "docker failed", plan.board.label, f"read {log}")
