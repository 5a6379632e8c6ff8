"""What the demo found: plain data for ``--json`` and the HTML report. Times on a device are simulated milliseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class Event:
    """One thing that happened, for the live log and the report's timeline."""

    at_s: float  # wall clock since the demo began
    actor: str  # a device's id, "broker", "gateway" or "host"
    text: str
    kind: str = "note"  # note | good | bad | alert | fault


@dataclass
class FaultFacts:
    """Act 3: a fault sets in on one device."""

    device: str
    label: str  # what the recording holds
    reported: str  # what the device said
    onset_ms: int  # uptime when the recording changed
    last_sample_ms: int  # uptime at the last sample of the window that raised the alert
    stored_ms: int  # uptime when the gateway's acknowledgement arrived: it was stored before

    @property
    def onset_to_gateway_ms(self) -> int:
        return self.stored_ms - self.onset_ms


@dataclass
class OutageFacts:
    """Act 4: broker killed, one device power-cut meanwhile."""

    seconds: float  # wall clock without a broker
    raised_during: dict[str, int]  # alerts that each device raised without a broker
    alerts_waiting: dict[str, int]  # outbox entries at the end of the outage
    power_cut: str  # the device that was cut
    drained_s: float  # wall clock from the broker's return until every outbox was empty


@dataclass
class UpdateFacts:
    """Act 5: one release offered to one device."""

    device: str
    sequence: int
    what: str
    expected: str  # state that must come: UPDATED, FAILED, ROLLED_BACK
    because: str = ""  # what the reason must say
    state: str = ""
    reason: str = ""
    running: tuple[int, int] = (0, 0)  # application and model sequence afterwards
    size: int = 0  # bytes of the release
    fetched: int = 0  # bytes that travelled
    missed_windows: int = 0

    @property
    def ok(self) -> bool:
        return self.state == self.expected and self.because in self.reason and self.missed_windows == 0


@dataclass
class Spread:
    """Distribution of a measured quantity."""

    count: int = 0
    median: float = 0.0
    p95: float = 0.0
    max: float = 0.0

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        if not values:
            return cls()
        ordered = sorted(values)
        return cls(
            len(ordered),
            ordered[len(ordered) // 2],
            ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
            ordered[-1],
        )


@dataclass
class Totals:
    """Act 6: the count."""

    raised: int = 0  # alerts that a device's outbox accepted, counted on its console
    delivered: int = 0  # of these, stored at the gateway
    lost: int = 0
    duplicated: int = 0  # the same window's event stored more than once
    suppressed: int = 0  # second deliveries that the gateway recognised
    windows: int = 0
    puback_ms: Spread = field(default_factory=Spread)  # last sample to PUBACK
    ack_ms: Spread = field(default_factory=Spread)  # last sample to the gateway's acknowledgement
    inference_us: Spread = field(default_factory=Spread)
    heap_free_low: dict[str, int] = field(default_factory=dict)  # bytes free at the high-water mark, by device
    heap_bytes: int = 0
    update_bytes: dict[str, int] = field(default_factory=dict)


@dataclass
class DemoResult:
    """The whole demo."""

    quick: bool
    data: str
    ok: bool = False
    seconds: float = 0.0
    engine_matches_tflm: bool = False
    accuracy_float: float = 0.0
    accuracy_int8: float = 0.0
    accuracy_drop_points: float = 0.0  # percentage points that int8 lies below float
    lost: int = 0
    duplicated: int = 0
    models: dict[str, object] = field(default_factory=dict)  # variant -> picket_host.models.PackageReport
    fault: FaultFacts | None = None
    outage: OutageFacts | None = None
    updates: list[UpdateFacts] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    events: list[Event] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # what did not come out as it must
    report: str = ""


class Narrator(Protocol):
    """Shows the demo live. The library calls it; the command decides what it looks like."""

    def act(self, number: int, title: str) -> None: ...

    def event(self, event: Event) -> None: ...


class Log:
    """Collects events and passes them on to the narrator."""

    def __init__(self, result: DemoResult, narrator: Narrator):
        self._result = result
        self._narrator = narrator
        self._began = time.monotonic()

    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def act(self, number: int, title: str) -> None:
        self._narrator.act(number, title)

    def say(self, actor: str, text: str, kind: str = "note") -> None:
        event = Event(round(self.elapsed_s(), 2), actor, text, kind)
        self._result.events.append(event)
        self._narrator.event(event)

    def expect(self, holds: bool, what: str) -> None:
        """Record a failure when something that must hold does not."""
        if not holds:
            self._result.failures.append(what)
            self.say("host", what, "bad")
