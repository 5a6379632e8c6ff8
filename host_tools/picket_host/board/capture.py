"""Records labelled samples from a board's live sensor into the format that ``picket model train --data`` reads.

The samples come in bursts. As long as the driver reports none lost between two bursts, they belong to one recording;
when the line is too slow for that, the bursts become as long as the board's memory allows, each a recording of its own.
"""

from __future__ import annotations

import base64
import datetime
import getpass
import importlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from picket_host.board.clean_start import prepare
from picket_host.board.raw_repl import BoardTraceback
from picket_host.board.session import Session, program
from picket_host.errors import BoardError, InputError
from picket_host.models import recipes
from picket_host.progress import SILENT, Progress

_CHUNK = 512  # samples, as on the board
_STREAM = 4 * _CHUNK  # a burst as long as the line keeps up
_FULL_SCALE = 32_768
_SILENCE_S = 60.0
_WITHOUT_RANGE_G = 8  # recordings that a board replays are in counts at this range
_RECIPE = "vibration"

OnSamples = Callable[[np.ndarray, float, float], None]


@dataclass(frozen=True)
class Capture:
    """What was recorded.

    Attributes:
        files: one for each stretch without a gap.
        seconds: of all of them together.
        rate_hz, counts_per_g: as ``recordings.json`` beside them says.
        gaps: how often samples were lost between two bursts.
        discarded_s: of stretches that were too short to train on.
    """

    label: str
    files: tuple[Path, ...]
    seconds: float
    rate_hz: int
    counts_per_g: float
    gaps: int
    discarded_s: float


def capture(
    session: Session,
    label: str,
    seconds: float,
    folder: Path,
    progress: Progress = SILENT,
    on_samples: OnSamples = lambda samples, done_s, rate_hz: None,
) -> Capture:
    """Record so many seconds under a label. The board keeps a record of it in ``/state/captures.log``.

    Args:
        label: a class of the application.
        seconds: of samples; recording them may take longer.
        folder: gets ``.npy`` files and ``recordings.json``.
        on_samples: called with each burst (int16), the seconds so far and the rate.

    Raises:
        InputError: no such class, too short, or a folder that does not fit. BoardError: no sensor, it can't be read, or
            the board can't keep its record.
    """
    recordings = _format()
    if seconds < recordings.SHORTEST_S:
        raise InputError(f"{seconds:g} s are too short to train on", "--seconds", f"at least {recordings.SHORTEST_S}")
    prepare(session, progress)
    try:
        session.run(program("slot") + program("capture") + '\nenter(pointer()["app"])')
        section = session.ask("look()")
        if section["driver"] == "none":
            raise BoardError("no vibration sensor is configured", session.port, "picket device provision")
        counts_per_g = _FULL_SCALE / (section["range_g"] if section["driver"] == "iis3dwb" else _WITHOUT_RANGE_G)
        recordings.check_folder(folder, label, section["rate_hz"], counts_per_g)
        opened = session.ask(f"begin({_note(label, seconds)!r})")
        stretches, gaps = _record(session, opened, seconds, recordings.SHORTEST_S, progress, on_samples)
        session.run("source.stop()\nsource = chunks = None")  # the memory is free for what comes next
    except BoardTraceback as error:
        said = error.traceback.strip().splitlines()[-1]
        raise BoardError(f"the board can't record: {said}", session.port, "picket device selftest") from error
    rate_hz = opened["rate_hz"]
    shortest = int(np.ceil(recordings.SHORTEST_S * rate_hz))
    kept = [samples for samples in stretches if len(samples) >= shortest]
    files = tuple(recordings.save(folder, label, samples, rate_hz, counts_per_g) for samples in kept)
    total = sum(map(len, kept)) / rate_hz
    discarded = sum(len(samples) for samples in stretches) / rate_hz - total
    return Capture(label, files, total, rate_hz, counts_per_g, gaps, discarded)


def _record(
    session: Session, opened: dict[str, Any], seconds: float, shortest_s: float, progress: Progress, tell: OnSamples
) -> tuple[list[np.ndarray], int]:
    """Stretches without a gap, and how many gaps lie between them."""
    rate_hz, room = opened["rate_hz"], opened["room"]
    longest = room // _CHUNK * _CHUNK
    burst = min(_STREAM, longest)
    stretches: list[list[np.ndarray]] = []
    done_s, gaps = 0.0, 0
    while done_s < seconds:
        progress.step("recording", done=done_s, total=seconds)
        samples, lost = _take(session, burst)
        if lost and stretches:
            gaps += 1
            if burst < longest:
                if longest < shortest_s * rate_hz:
                    text = f"the line is too slow, and the board's memory holds {longest / rate_hz:.1f} s"
                    raise BoardError(text, session.port, "a faster line (--baud 921600), or a board with more memory")
                burst = longest
                done_s, stretches = 0.0, []  # what came until now is torn to pieces
                continue
        if lost or not stretches:
            stretches.append([])
        stretches[-1].append(samples)
        done_s += len(samples) / rate_hz
        tell(samples, min(done_s, seconds), rate_hz)
    return [np.concatenate(parts) for parts in stretches], gaps


def _take(session: Session, count: int) -> tuple[np.ndarray, bool]:
    *lines, last = session.run(f"take({count})", _SILENCE_S).split(b"\n", count // _CHUNK)
    said = json.loads(last)
    data = b"".join(base64.b64decode(line) for line in lines)
    if zlib.crc32(data) != said["crc"] or len(data) != 2 * said["count"]:
        raise BoardError("samples were changed on the way", session.port, "another cable, or a lower --baud")
    return np.frombuffer(data, dtype="<i2").astype(np.int16), said["lost"]


def _note(label: str, seconds: float) -> str:
    """What the device's log says: when, who, what."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # no name in this system
        who = "somebody"
    return f"{now} {who} {label} {seconds:g} s"


def labels() -> tuple[str, ...]:
    """The classes that can be recorded."""
    return recipes.find(_RECIPE).labels


def _format() -> ModuleType:
    """The module that reads and writes the recordings."""
    package = type(recipes.find(_RECIPE)).__module__.rpartition(".")[0]
    return importlib.import_module(f"{package}.recordings")
