"""Databases as earlier versions of the gateway left them, with an alert and another one under the same id."""

import sqlite3
from pathlib import Path

from picket_host.gateway.store import FILE_NAME

_TABLES = """
CREATE TABLE devices (
    id INTEGER PRIMARY KEY, grp TEXT NOT NULL, name TEXT NOT NULL, boot INTEGER, online INTEGER NOT NULL DEFAULT 0,
    first_seen REAL NOT NULL, last_seen REAL NOT NULL, birth TEXT NOT NULL DEFAULT '{}', UNIQUE (grp, name)
);
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, device_id INTEGER NOT NULL REFERENCES devices, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    time REAL NOT NULL, uptime_ms INTEGER NOT NULL, window INTEGER NOT NULL, label TEXT NOT NULL,
    percent INTEGER NOT NULL, anomaly INTEGER NOT NULL, active INTEGER NOT NULL, received REAL NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1, UNIQUE (device_id, boot, seq)
);
CREATE INDEX alerts_by_label ON alerts (device_id, label, boot, seq);
CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY, device_id INTEGER NOT NULL REFERENCES devices, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    alert TEXT NOT NULL, received REAL NOT NULL, UNIQUE (device_id, boot, seq, alert)
);
CREATE TABLE data (
    id INTEGER PRIMARY KEY, device_id INTEGER NOT NULL REFERENCES devices, received REAL NOT NULL,
    boot INTEGER NOT NULL, uptime_ms INTEGER NOT NULL, payload TEXT NOT NULL
);
CREATE TABLE rejects (
    grp TEXT NOT NULL, device TEXT NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL, received REAL NOT NULL,
    PRIMARY KEY (grp, device)
);
INSERT INTO devices (id, grp, name, boot, first_seen, last_seen) VALUES (1, 'plant-a', 'press-1', 1, 1.0, 2.0);
INSERT INTO alerts VALUES (7, 1, 1, 1, 0, 1000, 1, 'inner', 90, 1100, 1, 2.0, 3);
INSERT INTO conflicts VALUES (1, 1, 1, 1, '{"u":1500,"w":4,"k":"outer","p":80,"a":1200,"on":1}', 5.0);
"""


def make(folder: Path, version: int) -> None:
    """Write the database of version 1 or 2, without the tables of updates and settings: these have not changed."""
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.executescript(_TABLES)
    if version == 2:
        connection.execute(
            "CREATE TABLE commands (id INTEGER PRIMARY KEY AUTOINCREMENT, grp TEXT NOT NULL, device TEXT NOT NULL,"
            " payload TEXT NOT NULL, retain INTEGER NOT NULL, created REAL NOT NULL, sent REAL)"
        )
    connection.execute(f"PRAGMA user_version={version}")
    connection.commit()
    connection.close()
