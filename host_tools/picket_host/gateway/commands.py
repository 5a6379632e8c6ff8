"""Commands to devices. They wait in the store until the gateway that runs on it has handed them to the broker."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host import device_code
from picket_host.errors import InputError
from picket_host.gateway import wire
from picket_host.gateway.store import Store
from picket_host.gateway.wire import Source

SIMPLE = ("summary", "identify", "reset")
_WAIT_S = 2.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Command:
    """A command to one device.

    Attributes:
        group, device: for whom.
        command: the payload.
        sent: whether the gateway has handed it to the broker; else it does once it runs.
        online: whether the device is there; one that is not misses everything but a forecast.
    """

    group: str
    device: str
    command: Mapping[str, Any]
    sent: bool
    online: bool


def send(state: Path, target: str, name: str, wait_s: float = _WAIT_S) -> tuple[Command, ...]:
    """Tell a device, or each known one of a group, to do one of ``SIMPLE``.

    Args:
        state: the gateway's state folder.
        target: ``group/device`` or ``group``.
        wait_s: how long to wait for the gateway to send it.

    Raises:
        InputError: no such target or command, or no gateway has kept its state there.
    """
    if name not in SIMPLE:
        raise InputError("no such command", name, f"one of {', '.join(SIMPLE)}")
    return _queue(state, target, {"cmd": name}, False, wait_s)


def forecast(
    state: Path, target: str, days: Sequence[tuple[int, float]], issued: float | None = None, wait_s: float = _WAIT_S
) -> tuple[Command, ...]:
    """Tell stations what rain to expect; the broker keeps it for those that sleep.

    Args:
        days: for the 24 hours from ``issued`` and for those after them: probability of rain in percent, and mm to be
            expected when it rains.
        issued: Unix time; now by default.

    Raises:
        InputError: as for ``send``, or values that a device would refuse.
    """
    percents, amounts = ([day[i] for day in days] for i in (0, 1))
    command = {"cmd": "forecast", "t": int(time.time() if issued is None else issued), "pct": percents, "mm": amounts}
    try:
        device_code.load("soil.forecast").from_message(command)
    except (ValueError, TypeError) as error:
        raise InputError(str(error), f"{days}", "two days: percent 0 to 100 and mm 0 to 500 each") from error
    return _queue(state, target, command, True, wait_s)


def _queue(state: Path, target: str, command: Mapping[str, Any], retain: bool, wait_s: float) -> tuple[Command, ...]:
    payload = json.dumps(command, separators=(",", ":"))
    with Store.open_existing(state) as store:
        online = {Source(device.group, device.name): device.online for device in store.devices()}
        sources = _sources(target, online)
        with store.transaction():
            ids = [store.add_command(source, payload, retain, time.time()) for source in sources]
        end = time.monotonic() + wait_s
        while (waiting := store.unsent(ids)) and time.monotonic() < end:
            time.sleep(_POLL_S)
    return tuple(
        Command(source.group, source.device, command, number not in waiting, online.get(source, False))
        for source, number in zip(sources, ids, strict=True)
    )


def _sources(target: str, known: Mapping[Source, bool]) -> list[Source]:
    group, slash, device = target.partition("/")
    if not wire.is_name(group) or (slash and not wire.is_name(device)):
        raise InputError("not a group or a device's full name", target, "plant-a or plant-a/press-1")
    if slash:
        return [Source(group, device)]
    found = [source for source in known if source.group == group]
    if not found:
        raise InputError("no device of this group has ever spoken", target, "picket gateway devices")
    return found
