"""What travels over MQTT: topics and payloads as in docs/contracts.md, checked strictly before anything believes them.

A device is who the topic says, whatever its payload claims. Keys that a newer device adds are ignored; a key that
is known must hold what the contract says.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from picket_host.models.labels import LONGEST

PREFIX: Final = "picket/v1"
# Topic filters that the gateway subscribes to, with their quality of service.
SUBSCRIPTIONS: Final = tuple(
    (f"{PREFIX}/+/+/{kind}", qos)
    for kind, qos in (("birth", 1), ("death", 1), ("alert", 1), ("ota_state", 1), ("data", 0))
)
UPDATE_STATES: Final = ("DOWNLOADING", "VERIFIED", "UPDATING", "UPDATED", "FAILED", "ROLLED_BACK")
# What a device's check of its sensor finds, as in device/picket/sensors/checks.py: bits of `chk`.
SENSOR_FLAGS: Final = {1: "stuck", 2: "saturated", 4: "out of range", 8: "missing", 16: "disagreeing"}
# Ids in one ack message: keeps it below 500 bytes, which a device reads in one piece.
IDS_PER_ACK: Final = 16

_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")  # as the device's configuration allows
_MAX_BYTES = {"birth": 1024, "death": 128, "alert": 120, "ota_state": 512, "data": 1024}
_MAX_TEXT = 128  # characters
_MAX_FREE_TEXT = 200
_UINT_MAX = 2**53 - 1


class WireError(ValueError):
    """A topic or payload that is not as the contract says; ``source`` is None where not even the topic is."""

    def __init__(self, source: Source | None, reason: str):
        super().__init__(reason)
        self.source = source
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks: the group and the device of the topic."""

    group: str
    device: str

    def topic(self, kind: str) -> str:
        """The device's topic of that kind."""
        return f"{PREFIX}/{self.group}/{self.device}/{kind}"

    def __str__(self) -> str:
        return f"{self.group}/{self.device}"


@dataclass(frozen=True, slots=True)
class Birth:
    """A device says what it is; ``details`` holds the payload's known fields."""

    boot: int
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Death:
    """The Last Will of the connection that the device made in this boot."""

    boot: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition began or ended; ``(boot, seq)`` names it within its device."""

    boot: int
    seq: int
    time: float
    uptime_ms: int
    window: int
    label: str
    percent: int
    anomaly: int
    on: bool


@dataclass(frozen=True, slots=True)
class Data:
    """A summary; ``details`` holds the payload's known fields."""

    boot: int
    uptime_ms: int
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UpdateState:
    """How far an update over the air has come; ``done`` and ``size`` in bytes."""

    boot: int
    sequence: int
    state: str
    reason: str
    done: int
    size: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """An empty retained payload: somebody removed the message from the broker."""


Body = Birth | Death | Alert | Data | UpdateState | Cleared


def is_name(text: str) -> bool:
    """Say whether this can be the name of a group or a device."""
    return _NAME.fullmatch(text) is not None


def parse(topic: str, payload: bytes) -> tuple[Source, Body]:
    """Check one message.

    Raises:
        WireError: the topic is not a device's, or the payload is too long, no JSON object, or not as its kind wants it.
    """
    parts = topic.split("/")
    if len(parts) != 5 or not topic.startswith(PREFIX + "/") or not all(map(is_name, parts[2:4])):
        raise WireError(None, "not a device's topic")
    source = Source(parts[2], parts[3])
    kind = parts[4]
    if kind not in _BODIES:
        raise WireError(source, "not a kind that a device sends")
    if not payload and kind in ("birth", "death"):
        return source, Cleared()
    if len(payload) > _MAX_BYTES[kind]:
        raise WireError(source, f"{kind} of {len(payload)} bytes, at most {_MAX_BYTES[kind]} allowed")
    try:
        value = json.loads(payload.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_unique)
        known = _check(value, _FIELDS[kind])
    except RecursionError:
        raise WireError(source, f"{kind}: nested too deep") from None
    except ValueError as error:  # of the decoder, of JSON, or of a field
        raise WireError(source, f"{kind}: {error}") from None
    return source, _BODIES[kind](known)


def sensor_findings(flags: int) -> list[str]:
    """The names of the bits of `chk`; a bit that this gateway does not know has its number for a name."""
    return [SENSOR_FLAGS.get(1 << bit, f"finding {bit}") for bit in range(8) if flags >> bit & 1]


def birth_ack(boot: int) -> bytes:
    """The answer to a birth."""
    return _compact({"birth": boot})


def alert_acks(ids: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The answers that say which alerts ``(boot, seq)`` are stored, each short enough for a device."""
    rest = [list(pair) for pair in ids]
    for start in range(0, len(rest), IDS_PER_ACK):
        yield _compact({"ids": rest[start : start + IDS_PER_ACK]})


def offer(sequence: int, url: str, size: int, manifest_sha256: str) -> bytes:
    """The offer of a release."""
    return _compact({"sequence": sequence, "url": url, "size": size, "manifest_sha256": manifest_sha256})


def _compact(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


# A check says whether a JSON value is acceptable. bool is an int in Python, never in a payload.
_Check = Callable[[Any], bool]


def _uint(low: int = 0, high: int = _UINT_MAX) -> _Check:
    return lambda value: type(value) is int and low <= value <= high


def _number(value: Any) -> bool:
    return type(value) is int and abs(value) <= _UINT_MAX or type(value) is float and math.isfinite(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT and value.isprintable()


def _free_text(value: Any) -> bool:
    # Of a device's exceptions, or a label that it should not have: shown only after _printable().
    return isinstance(value, str) and len(value) <= _MAX_FREE_TEXT


def _scalar(value: Any) -> bool:
    return value is None or _number(value) or _text(value)


def _array(check: _Check, low: int, high: int) -> _Check:
    return lambda value: isinstance(value, list) and low <= len(value) <= high and all(map(check, value))


def _table(check: _Check, most: int = 16) -> _Check:
    return lambda value: isinstance(value, dict) and len(value) <= most and all(map(check, value.values()))


def _or_null(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


# Per kind: field -> (required, check). What is not required may be absent, as on a board without that sensor or model.
_FIELDS: Final[dict[str, dict[str, tuple[bool, _Check]]]] = {
    "birth": {
        "boot": (True, _uint()),
        "app": (True, _or_null(_uint())),
        "model": (True, _or_null(_uint())),
        "model_name": (False, _scalar),
        "model_sha": (False, _scalar),
        "engine": (False, _scalar),
        "mpy": (False, _scalar),
        "hw": (False, _scalar),
        "state": (False, _scalar),
        "highest": (False, _or_null(_uint())),
        "rolled_back": (False, _or_null(_table(lambda value: _scalar(value) or _free_text(value)))),
        "reset": (False, _scalar),
    },
    "death": {"boot": (True, _uint())},
    "alert": {
        "b": (True, _uint()),
        "s": (True, _uint(1)),
        "t": (True, lambda value: _number(value) and value >= 0),
        "u": (True, _uint()),
        "w": (True, _uint()),
        "k": (True, _free_text),  # a label that is too long or unprintable is shown as well as can be: the alert counts
        "p": (True, _uint(0, 100)),
        "a": (True, _uint()),
        "on": (True, _uint(0, 1)),
    },
    "ota_state": {
        "boot": (True, _uint()),
        "sequence": (True, _uint()),
        "state": (True, lambda value: value in UPDATE_STATES),
        "reason": (False, _or_null(_free_text)),
        "done": (False, _or_null(_uint())),
        "size": (False, _or_null(_uint())),
    },
    "data": {
        "boot": (True, _uint()),
        "t": (True, lambda value: _number(value) and value >= 0),
        "up_ms": (True, _uint()),
        "win": (True, _uint()),
        "missed": (True, _uint()),
        "cls": (False, _or_null(_array(_uint(), 0, 64))),
        "unc": (False, _or_null(_uint())),
        "anom": (False, _or_null(_array(_number, 2, 2))),
        "rms": (False, _or_null(_number)),
        "tilt": (False, _or_null(_array(_number, 2, 2))),
        "heap": (False, _or_null(_uint())),
        "heap_low": (False, _or_null(_uint())),
        "out": (False, _or_null(_uint())),
        "drop": (False, _or_null(_uint())),
        "lat": (False, _or_null(_table(_or_null(_number)))),
        "inf_us": (False, _or_null(_number)),
        "bad": (False, _or_null(_uint())),
        "chk": (False, _or_null(_uint(0, 255))),
    },
}

_BODIES: Final[dict[str, Callable[[dict[str, Any]], Body]]] = {
    "birth": lambda v: Birth(v["boot"], v),
    "death": lambda v: Death(v["boot"]),
    "alert": lambda v: Alert(
        v["b"], v["s"], v["t"], v["u"], v["w"], _printable(v["k"])[:LONGEST], v["p"], v["a"], bool(v["on"])
    ),
    "ota_state": lambda v: UpdateState(
        v["boot"], v["sequence"], v["state"], _printable(v.get("reason") or ""), v.get("done") or 0, v.get("size") or 0
    ),
    "data": lambda v: Data(v["boot"], v["up_ms"], v),
}


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _check(value: Any, fields: dict[str, tuple[bool, _Check]]) -> dict[str, Any]:
    """Return the known fields of the payload, each checked; raise ValueError at the first that is not right."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    for name, (required, check) in fields.items():
        if name not in value:
            if required:
                raise ValueError(f"{name} is missing")
        elif not check(value[name]):
            raise ValueError(f"{name} is {json.dumps(value[name])[:40]}")
    return {name: value[name] for name in fields if name in value}
