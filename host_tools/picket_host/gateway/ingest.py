"""What a checked message does to the store, what is answered, and what people are told. Knows neither MQTT nor
threads.

The boot counter decides what is stale. A Last Will of an earlier boot is ignored. Within one boot a Will may come
late too (the broker notices a broken connection after the device has made a new one): the next live message shows
the device to be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from picket_host.gateway.store import AlertResult, Store
from picket_host.gateway.wire import Alert, Birth, Cleared, Data, Death, Source, UpdateState, WireError, parse


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came; ``retained`` says that the broker had kept it, ``at`` is unix time."""

    topic: str
    payload: bytes
    retained: bool
    at: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for people and programs that watch."""

    kind: str
    at: float
    group: str | None = None
    device: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The event as one flat JSON object."""
        head: dict[str, Any] = {"event": self.kind, "at": round(self.at, 3)}
        if self.device is not None:
            head |= {"group": self.group, "device": self.device}
        return head | self.details


@dataclass(slots=True)
class Outcome:
    """What a batch of messages came to: answers to send once it is committed, and events."""

    births: dict[Source, int] = field(default_factory=dict)
    alerts: dict[Source, list[tuple[int, int]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    rejected: list[WireError] = field(default_factory=list)


class _Batch:
    """Applies messages one by one. Presence changes with every message, so it is written at the end, once a device."""

    def __init__(self, store: Store):
        self._store = store
        self._presence: dict[int, tuple[bool, float]] = {}
        self.outcome = Outcome()

    def apply(self, message: Received) -> None:
        try:
            source, body = parse(message.topic, message.payload)
        except WireError as error:
            self._store.add_reject(error.source, error.reason, message.at)
            self.outcome.rejected.append(error)
            self._tell("reject", message, error.source, {"reason": error.reason})
            return
        if isinstance(body, Cleared):
            return
        device_id = self._store.device_id(source, message.at)
        match body:
            case Alert():
                self._alert(message, source, device_id, body)
            case Birth():
                self._birth(message, source, device_id, body)
            case Death():
                self._death(message, source, device_id, body)
            case UpdateState():
                self._store.add_state(device_id, body, message.at)
                self._tell("ota_state", message, source, asdict(body))
            case Data():
                self._store.add_data(device_id, body, message.at)
                self._tell("data", message, source, body.details)
        if not isinstance(body, (Birth, Death)):
            self._presence[device_id] = (True, message.at)

    def finish(self) -> Outcome:
        for device_id, (online, at) in self._presence.items():
            self._store.set_presence(device_id, online, at)
        return self.outcome

    def _alert(self, message: Received, source: Source, device_id: int, alert: Alert) -> None:
        result = self._store.add_alert(device_id, alert, message.at)
        # A duplicate is answered as well: it came again because the first answer was lost.
        self.outcome.alerts.setdefault(source, []).append((alert.boot, alert.seq))
        if result is AlertResult.NEW:
            self._tell("alert", message, source, asdict(alert))
        else:
            self._tell("duplicate", message, source, {"boot": alert.boot, "seq": alert.seq})

    def _birth(self, message: Received, source: Source, device_id: int, birth: Birth) -> None:
        known = self._store.device_boot(device_id)
        # A device that speaks now knows its boot counter best, even when its flash was erased and it counts anew;
        # what the broker had kept is older than what the gateway has stored since.
        if message.retained and known is not None and birth.boot < known:
            self._tell("stale", message, source, {"kind": "birth", "boot": birth.boot, "known_boot": known})
            return
        if known is not None and birth.boot < known:
            self._store.count_anew(device_id)
        self._store.set_birth(device_id, birth.boot, birth.details)
        self._presence[device_id] = (True, message.at)
        self.outcome.births[source] = birth.boot
        self._tell("birth", message, source, birth.details)

    def _death(self, message: Received, source: Source, device_id: int, death: Death) -> None:
        known = self._store.device_boot(device_id)
        if known is not None and death.boot < known:
            self._tell("stale", message, source, {"kind": "death", "boot": death.boot, "known_boot": known})
            return
        if known is None or death.boot > known:
            self._store.set_boot(device_id, death.boot)
        self._presence[device_id] = (False, message.at)
        self._tell("death", message, source, {"boot": death.boot})

    def _tell(self, kind: str, message: Received, source: Source | None, details: dict[str, Any]) -> None:
        group, device = (source.group, source.device) if source else (None, None)
        self.outcome.events.append(Event(kind, message.at, group, device, details))


def ingest(store: Store, messages: Sequence[Received]) -> Outcome:
    """Store a batch of messages in one transaction; when this returns, it is on the disk.

    Raises:
        sqlite3.Error: nothing of the batch was stored.
    """
    with store.transaction():
        batch = _Batch(store)
        for message in messages:
            batch.apply(message)
        return batch.finish()
