"""The gateway's memory: one SQLite file in WAL mode.

The running gateway writes; commands read at the same time, and publish or withdraw releases. What is committed is
on the disk (``synchronous=FULL``), because an acknowledged alert is deleted by its device.

A device is (group, name). An alert is (device, boot, seq) and its content: it is stored once, and each further
delivery of it is counted. A different alert under a known id is another alert: a board whose flash was erased counts
its boots from one again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from picket_host.errors import EnvironmentError_, InputError
from picket_host.gateway.wire import Alert, Data, Source, UpdateState

FILE_NAME: Final = "gateway.db"
_SCHEMA_VERSION: Final = 3
# Another process commits in milliseconds; who waits longer has met a fault.
_BUSY_TIMEOUT_S: Final = 10
# Counters of rejected messages are kept for this many topics of unknown devices; the rest shares one.
_MAX_REJECT_ROWS: Final = 1000

_COMMANDS: Final = """CREATE TABLE commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    grp TEXT NOT NULL,
    device TEXT NOT NULL,
    payload TEXT NOT NULL,
    retain INTEGER NOT NULL,            -- the broker keeps it; only the newest one of a device stays here
    created REAL NOT NULL,
    sent REAL                           -- NULL: the broker does not have it yet; one that is not retained then goes
)"""
_ALERTS: Final = (
    """CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,             -- grows in the order of arrival
    device_id INTEGER NOT NULL REFERENCES devices,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    time REAL NOT NULL,                 -- the device's clock, 0 where it had none
    uptime_ms INTEGER NOT NULL,
    window INTEGER NOT NULL,
    label TEXT NOT NULL,
    percent INTEGER NOT NULL,
    anomaly INTEGER NOT NULL,
    active INTEGER NOT NULL,            -- 1: the condition began, 0: it ended
    received REAL NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1,
    UNIQUE (device_id, boot, seq, uptime_ms, window, label, percent, anomaly, active)
)""",
    "CREATE INDEX alerts_by_label ON alerts (device_id, label, boot, seq)",
)
_SCHEMA: Final = """
CREATE TABLE devices (
    id INTEGER PRIMARY KEY,
    grp TEXT NOT NULL,
    name TEXT NOT NULL,
    boot INTEGER,                       -- of the newest birth or death
    online INTEGER NOT NULL DEFAULT 0,
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL,
    birth TEXT NOT NULL DEFAULT '{}',   -- the newest birth, JSON
    anew INTEGER NOT NULL DEFAULT 0,    -- its newest alert when it began to count its boots from one again
    UNIQUE (grp, name)
);
CREATE TABLE data (
    id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL REFERENCES devices,
    received REAL NOT NULL,
    boot INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    payload TEXT NOT NULL               -- JSON
);
CREATE INDEX data_by_device ON data (device_id, id);
CREATE TABLE states (
    id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL REFERENCES devices,
    boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    done INTEGER NOT NULL,
    size INTEGER NOT NULL,
    began REAL NOT NULL,
    received REAL NOT NULL
);
CREATE INDEX states_by_device ON states (device_id, id);
CREATE TABLE offers (
    id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    grp TEXT NOT NULL,
    device TEXT,                        -- NULL: every device of the group, also one that comes later
    base_url TEXT,                      -- NULL: the gateway's own
    size INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    created REAL NOT NULL,
    withdrawn REAL
);
CREATE TABLE rejects (
    grp TEXT NOT NULL,
    device TEXT NOT NULL,
    count INTEGER NOT NULL,
    reason TEXT NOT NULL,               -- of the newest
    received REAL NOT NULL,
    PRIMARY KEY (grp, device)
);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# Before, a different alert under a known id lay in a table of its own, which nobody was shown.
_TO_VERSION_3: Final = (
    "ALTER TABLE devices ADD COLUMN anew INTEGER NOT NULL DEFAULT 0",
    "DROP INDEX alerts_by_label",
    "ALTER TABLE alerts RENAME TO alerts_before",
    *_ALERTS,
    "INSERT INTO alerts SELECT * FROM alerts_before",
    "INSERT INTO alerts (device_id, boot, seq, time, uptime_ms, window, label, percent, anomaly, active, received)"
    " SELECT device_id, boot, seq, 0, alert ->> 'u', alert ->> 'w', alert ->> 'k', alert ->> 'p', alert ->> 'a',"
    " alert ->> 'on', received FROM conflicts WHERE true ON CONFLICT DO NOTHING",
    "DROP TABLE alerts_before",
    "DROP TABLE conflicts",
)


class AlertResult(Enum):
    """What storing an alert came to."""

    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class StoredCommand:
    """A command to a device; ``retain`` says whether the broker shall keep it, ``sent`` whether it has it."""

    id: int
    source: Source
    payload: bytes
    retain: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    ``birth`` is the payload of its newest birth, ``summary`` that of its newest ``data`` (empty before the first);
    ``active`` has the labels of the conditions that last.
    """

    group: str
    name: str
    boot: int | None
    online: bool
    first_seen: float
    last_seen: float
    birth: dict[str, Any]
    alerts: int
    active: tuple[str, ...]
    rejected: int
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert; ``received`` is unix time at the gateway, ``redelivered`` counts the deliveries after the first."""

    id: int
    group: str
    device: str
    boot: int
    seq: int
    time: float
    uptime_ms: int
    window: int
    label: str
    percent: int
    anomaly: int
    on: bool
    received: float
    redelivered: int


@dataclass(frozen=True, slots=True)
class StoredData:
    """A summary as it was stored."""

    group: str
    device: str
    boot: int
    uptime_ms: int
    received: float
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredState:
    """A step of an update; ``began`` is when it was first reported, ``received`` when last."""

    group: str
    device: str
    boot: int
    sequence: int
    state: str
    reason: str
    done: int
    size: int
    began: float
    received: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A release offered to one device, or to a group where ``device`` is None."""

    id: int
    sequence: int
    group: str
    device: str | None
    base_url: str | None
    size: int
    manifest_sha256: str
    created: float
    withdrawn: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals over all devices."""

    devices: int
    online: int
    alerts: int
    redelivered: int
    rejected: int


class Store:
    """One connection to the database; use it from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path):
        self._connection = connection
        self.path = path
        self._device_ids: dict[Source, int] = {}

    @classmethod
    def open(cls, state: Path) -> Store:
        """Open the database of a state folder; both are made where they are missing.

        Raises:
            InputError: the file is no database of the gateway.
            EnvironmentError_: it can't be opened, or a newer Picket wrote it.
        """
        try:
            state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentError_(f"can't make the state folder: {error.strerror}", state) from error
        return cls._connect(state / FILE_NAME)

    @classmethod
    def open_existing(cls, state: Path) -> Store:
        """Open what a gateway has left; raises as ``open`` does, and InputError where there is nothing."""
        path = state / FILE_NAME
        if not path.is_file():
            raise InputError("no gateway has kept its state here", state, "picket gateway run --state DIR")
        return cls._connect(path)

    @classmethod
    def _connect(cls, path: Path) -> Store:
        connection = None
        try:
            connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            store = cls(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            store._prepare_schema()
        except sqlite3.OperationalError as error:
            if connection is not None:
                connection.close()
            raise EnvironmentError_(f"can't open the database: {error}", path) from error
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            raise InputError(f"not a database of the gateway: {error}", path) from error
        return store

    def _prepare_schema(self) -> None:
        if self._value("PRAGMA user_version") == _SCHEMA_VERSION:
            return  # the usual case, without waiting for who writes
        with self.transaction():
            version = self._value("PRAGMA user_version")
            if version > _SCHEMA_VERSION:
                raise EnvironmentError_(f"a newer Picket wrote this (schema {version})", self.path, "the newer Picket")
            # Statement by statement: executescript() would commit first.
            for statement in (*_SCHEMA.split(";\n"), *_ALERTS) if version == 0 else _TO_VERSION_3:
                self._connection.execute(statement)
            if version < 2:
                self._connection.execute(_COMMANDS)
            self._connection.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the connection; committed work is kept."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block wrote, durably, when it ends; undo it when it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._device_ids.clear()  # it may name devices that the transaction had made
            raise

    def changed_elsewhere(self) -> int:
        """Return a number that changes when another connection commits."""
        return self._value("PRAGMA data_version")

    # --- writing; call inside transaction() ---

    def device_id(self, source: Source, at: float) -> int:
        """Return the key of the device, which is made at its first message."""
        known = self._device_ids.get(source)
        if known is None:
            self._connection.execute(
                "INSERT INTO devices (grp, name, first_seen, last_seen) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (source.group, source.device, at, at),
            )
            known = self._value("SELECT id FROM devices WHERE grp = ? AND name = ?", (source.group, source.device))
            self._device_ids[source] = known
        return known

    def device_boot(self, device_id: int) -> int | None:
        """Return the boot counter of the device's newest birth or death."""
        return self._value("SELECT boot FROM devices WHERE id = ?", (device_id,))

    def set_birth(self, device_id: int, boot: int, details: dict[str, Any]) -> None:
        """Keep the newest birth."""
        self._connection.execute(
            "UPDATE devices SET boot = ?, birth = ? WHERE id = ?", (boot, _json(details), device_id)
        )

    def set_boot(self, device_id: int, boot: int) -> None:
        """Keep a boot counter that was learnt otherwise than from a birth."""
        self._connection.execute("UPDATE devices SET boot = ? WHERE id = ?", (boot, device_id))

    def set_presence(self, device_id: int, online: bool, at: float) -> None:
        """Keep whether the device is there, and when it was heard."""
        self._connection.execute("UPDATE devices SET online = ?, last_seen = ? WHERE id = ?", (online, at, device_id))

    def add_alert(self, device_id: int, alert: Alert, at: float) -> AlertResult:
        """Store an alert, or count its delivery where it is stored already."""
        row = (
            device_id, alert.boot, alert.seq,
            alert.uptime_ms, alert.window, alert.label, alert.percent, alert.anomaly, int(alert.on),
        )  # fmt: skip
        where = (
            "device_id = ? AND boot = ? AND seq = ?"
            " AND uptime_ms = ? AND window = ? AND label = ? AND percent = ? AND anomaly = ? AND active = ?"
        )
        if self._connection.execute(f"UPDATE alerts SET deliveries = deliveries + 1 WHERE {where}", row).rowcount:
            return AlertResult.DUPLICATE
        taken = "SELECT 1 FROM alerts a JOIN devices d ON d.id = device_id AND a.id > anew"
        if self._value(f"{taken} WHERE device_id = ? AND a.boot = ? AND seq = ?", row[:3]):
            self.count_anew(device_id)
        self._connection.execute(
            "INSERT INTO alerts"
            " (device_id, boot, seq, uptime_ms, window, label, percent, anomaly, active, time, received)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, alert.time, at),
        )
        return AlertResult.NEW

    def count_anew(self, device_id: int) -> None:
        """Take note that the device counts its boots from one again: what it said before says nothing of its state."""
        self._connection.execute(
            "UPDATE devices SET anew = coalesce((SELECT max(id) FROM alerts WHERE device_id = devices.id), 0)"
            " WHERE id = ?",
            (device_id,),
        )

    def add_data(self, device_id: int, data: Data, at: float) -> None:
        """Store a summary."""
        self._connection.execute(
            "INSERT INTO data (device_id, received, boot, uptime_ms, payload) VALUES (?, ?, ?, ?, ?)",
            (device_id, at, data.boot, data.uptime_ms, _json(data.details)),
        )

    def add_state(self, device_id: int, state: UpdateState, at: float) -> bool:
        """Store a step of an update; returns False where it only moves the progress of the step before."""
        newest = self._connection.execute(
            "SELECT id, boot, sequence, state, reason FROM states WHERE device_id = ? ORDER BY id DESC LIMIT 1",
            (device_id,),
        ).fetchone()
        if newest is not None and newest[1:] == (state.boot, state.sequence, state.state, state.reason):
            self._connection.execute(
                "UPDATE states SET done = ?, size = ?, received = ? WHERE id = ?",
                (state.done, state.size, at, newest[0]),
            )
            return False
        self._connection.execute(
            "INSERT INTO states (device_id, boot, sequence, state, reason, done, size, began, received)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (device_id, state.boot, state.sequence, state.state, state.reason, state.done, state.size, at, at),
        )
        return True

    def prune(self, before: float, limit: int) -> int:
        """Delete summaries and update states received before a time, oldest first; returns how many rows went.

        Alerts stay, and so does the newest state of each device.

        Args:
            before: Unix time.
            limit: the most rows to delete of each table, so that no commit takes long.
        """
        # Rows of `data` come in the order of time: only the first ones are looked at.
        first = "SELECT id, received FROM data ORDER BY id LIMIT ?"
        gone = self._connection.execute(
            f"DELETE FROM data WHERE id IN (SELECT id FROM ({first}) WHERE received < ?)", (limit, before)
        ).rowcount
        newest = "SELECT MAX(id) FROM states GROUP BY device_id"
        old = f"SELECT id FROM states WHERE received < ? AND id NOT IN ({newest}) LIMIT ?"
        gone += self._connection.execute(f"DELETE FROM states WHERE id IN ({old})", (before, limit)).rowcount
        return gone

    def add_reject(self, source: Source | None, reason: str, at: float) -> None:
        """Count a message that was not as the contract says."""
        group, device = (source.group, source.device) if source else ("", "")
        known = self._value("SELECT count(*) FROM rejects WHERE grp = ? AND device = ?", (group, device))
        if not known and self._value("SELECT count(*) FROM rejects") >= _MAX_REJECT_ROWS:
            group, device = "", ""
        self._connection.execute(
            "INSERT INTO rejects (grp, device, count, reason, received) VALUES (?, ?, 1, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + 1, reason = excluded.reason, received = excluded.received",
            (group, device, reason, at),
        )

    def add_offer(
        self,
        sequence: int,
        group: str,
        device: str | None,
        base_url: str | None,
        size: int,
        manifest_sha256: str,
        at: float,
    ) -> int:
        """Record an offer; returns its id."""
        return self._connection.execute(
            "INSERT INTO offers (sequence, grp, device, base_url, size, manifest_sha256, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (sequence, group, device, base_url, size, manifest_sha256, at),
        ).lastrowid

    def withdraw_offers(self, ids: Iterable[int], at: float) -> None:
        """Withdraw offers."""
        self._connection.executemany(
            "UPDATE offers SET withdrawn = ? WHERE id = ? AND withdrawn IS NULL", [(at, offer_id) for offer_id in ids]
        )

    def set_setting(self, key: str, value: str) -> None:
        """Keep a setting of the gateway."""
        self._connection.execute(
            "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (key, value),
        )

    # --- reading ---

    def setting(self, key: str) -> str | None:
        """Return a setting of the gateway."""
        return self._value("SELECT value FROM settings WHERE key = ?", (key,))

    def sources(self) -> list[Source]:
        """Return who has ever spoken."""
        return [Source(*row) for row in self._connection.execute("SELECT grp, name FROM devices ORDER BY grp, name")]

    def device_count(self) -> int:
        """Return how many have ever spoken."""
        return self._value("SELECT count(*) FROM devices")

    def devices(self) -> list[Device]:
        """Return all devices, with their counts and the conditions that last."""
        active: dict[int, list[str]] = {}
        for device_id, label in self._connection.execute(_ACTIVE_CONDITIONS):
            active.setdefault(device_id, []).append(label)
        rows = self._connection.execute(
            "SELECT d.id, d.grp, d.name, d.boot, d.online, d.first_seen, d.last_seen, d.birth,"
            " (SELECT count(*) FROM alerts a WHERE a.device_id = d.id),"
            " coalesce((SELECT r.count FROM rejects r WHERE r.grp = d.grp AND r.device = d.name), 0),"
            " coalesce((SELECT s.payload FROM data s WHERE s.device_id = d.id ORDER BY s.id DESC LIMIT 1), '{}')"
            " FROM devices d ORDER BY d.grp, d.name"
        )
        return [
            Device(
                *row[1:4], bool(row[4]), *row[5:7], json.loads(row[7]), row[8], tuple(active.get(row[0], ())), row[9],
                json.loads(row[10]),
            )  # fmt: skip
            for row in rows
        ]

    def alerts(self, after_id: int = 0, source: Source | None = None, newest: int | None = None) -> list[StoredAlert]:
        """Return alerts in the order of arrival: those after an id, of one device, or the newest few."""
        where, values = "a.id > ?", [after_id]
        if source is not None:
            where += " AND d.grp = ? AND d.name = ?"
            values += [source.group, source.device]
        rows = self._connection.execute(
            "SELECT a.id, d.grp, d.name, a.boot, a.seq, a.time, a.uptime_ms, a.window, a.label, a.percent, a.anomaly,"
            f" a.active, a.received, a.deliveries - 1 FROM alerts a JOIN devices d ON d.id = a.device_id WHERE {where}"
            " ORDER BY a.id DESC LIMIT ?",
            (*values, -1 if newest is None else newest),
        ).fetchall()
        return [StoredAlert(*row[:11], bool(row[11]), *row[12:]) for row in reversed(rows)]

    def data(self, source: Source, newest: int | None = None) -> list[StoredData]:
        """Return the device's summaries in the order of arrival."""
        rows = self._connection.execute(
            "SELECT s.boot, s.uptime_ms, s.received, s.payload FROM data s JOIN devices d ON d.id = s.device_id"
            " WHERE d.grp = ? AND d.name = ? ORDER BY s.id DESC LIMIT ?",
            (source.group, source.device, -1 if newest is None else newest),
        ).fetchall()
        return [StoredData(source.group, source.device, *row[:3], json.loads(row[3])) for row in reversed(rows)]

    def states(self, source: Source | None = None) -> list[StoredState]:
        """Return the steps of updates, of one device or all, in the order in which they began."""
        where, values = ("WHERE d.grp = ? AND d.name = ?", (source.group, source.device)) if source else ("", ())
        rows = self._connection.execute(
            "SELECT d.grp, d.name, s.boot, s.sequence, s.state, s.reason, s.done, s.size, s.began, s.received"
            f" FROM states s JOIN devices d ON d.id = s.device_id {where} ORDER BY s.id",
            values,
        )
        return [StoredState(*row) for row in rows]

    def newest_states(self) -> dict[Source, StoredState]:
        """Return the newest step of each device that has ever updated."""
        rows = self._connection.execute(
            "SELECT d.grp, d.name, s.boot, s.sequence, s.state, s.reason, s.done, s.size, s.began, s.received"
            " FROM states s JOIN devices d ON d.id = s.device_id"
            " WHERE s.id IN (SELECT max(id) FROM states GROUP BY device_id)"
        )
        return {Source(*row[:2]): StoredState(*row) for row in rows}

    def offers(self) -> list[Offer]:
        """Return all offers ever made, oldest first."""
        return [
            Offer(*row)
            for row in self._connection.execute(
                "SELECT id, sequence, grp, device, base_url, size, manifest_sha256, created, withdrawn"
                " FROM offers ORDER BY id"
            )
        ]

    def add_command(self, source: Source, payload: str, retain: bool, now: float) -> int:
        """Take a command that is to be sent; a retained one replaces the device's former. Returns its id."""
        if retain:
            self._connection.execute(
                "DELETE FROM commands WHERE grp = ? AND device = ? AND retain", (source.group, source.device)
            )
        values = (source.group, source.device, payload, retain, now)
        insert = "INSERT INTO commands (grp, device, payload, retain, created) VALUES (?, ?, ?, ?, ?)"
        return self._connection.execute(insert, values).lastrowid

    def commands(self) -> list[StoredCommand]:
        """Return what is to be sent, and what is retained, oldest first."""
        rows = self._connection.execute("SELECT id, grp, device, payload, retain, sent FROM commands ORDER BY id")
        return [StoredCommand(row[0], Source(*row[1:3]), row[3].encode(), bool(row[4]), bool(row[5])) for row in rows]

    def command_sent(self, number: int, now: float) -> None:
        """Take note that the broker has a command."""
        self._connection.execute("UPDATE commands SET sent = ? WHERE id = ? AND sent IS NULL", (now, number))
        self._connection.execute("DELETE FROM commands WHERE id = ? AND NOT retain", (number,))

    def unsent(self, numbers: Sequence[int]) -> set[int]:
        """Those of these commands that no broker has yet."""
        waiting = {row[0] for row in self._connection.execute("SELECT id FROM commands WHERE sent IS NULL")}
        return waiting.intersection(numbers)

    def counts(self) -> Counts:
        """Return the totals."""
        return Counts(
            *self._connection.execute(
                "SELECT (SELECT count(*) FROM devices), (SELECT count(*) FROM devices WHERE online),"
                " count(*), coalesce(sum(deliveries - 1), 0),"
                " (SELECT coalesce(sum(count), 0) FROM rejects) FROM alerts"
            ).fetchone()
        )

    def _value(self, sql: str, values: tuple = ()) -> Any:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


# The newest word on each label says whether the condition lasts, and only the device's present boot counts: a device
# that starts raises again what is still wrong, and never ends what an earlier boot began. Nor does what came before it
# began to count its boots anew.
_ACTIVE_CONDITIONS: Final = """
SELECT a.device_id, a.label FROM alerts a JOIN devices d ON d.id = a.device_id
WHERE a.active AND a.id > d.anew
AND a.boot = coalesce(d.boot, (SELECT max(boot) FROM alerts WHERE device_id = d.id AND id > d.anew))
AND NOT EXISTS (
    SELECT 1 FROM alerts n
    WHERE n.device_id = a.device_id AND n.id > d.anew AND n.label = a.label AND n.boot = a.boot AND n.seq > a.seq)
ORDER BY a.id
"""


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
