"""The database: what is committed stays, what comes twice is counted, and others may read meanwhile."""

from __future__ import annotations

import sqlite3

import earlier_store
import pytest

from picket_host.errors import EnvironmentError_, InputError
from picket_host.gateway.store import FILE_NAME, AlertResult, Store
from picket_host.gateway.wire import Alert, Data, Source, UpdateState

PRESS = Source("plant-a", "press-1")


def alert(boot: int = 1, seq: int = 1, label: str = "inner", on: bool = True, **changes) -> Alert:
    values = {"time": 0, "uptime_ms": seq * 1000, "window": seq, "percent": 90, "anomaly": 1100} | changes
    return Alert(boot=boot, seq=seq, label=label, on=on, **values)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


def add(store: Store, *alerts: Alert, source: Source = PRESS) -> list[AlertResult]:
    with store.transaction():
        device_id = store.device_id(source, 1.0)
        return [store.add_alert(device_id, each, 2.0) for each in alerts]


def test_an_alert_is_stored_once_and_its_deliveries_are_counted(store):
    assert add(store, alert(), alert(), alert()) == [AlertResult.NEW, AlertResult.DUPLICATE, AlertResult.DUPLICATE]
    (stored,) = store.alerts()
    assert (stored.group, stored.device, stored.boot, stored.seq, stored.label) == ("plant-a", "press-1", 1, 1, "inner")
    assert stored.redelivered == 2


def test_the_same_id_of_another_device_group_or_boot_is_another_alert(store):
    add(store, alert(), alert(boot=2))
    assert add(store, alert(), source=Source("plant-a", "press-2")) == [AlertResult.NEW]
    assert add(store, alert(), source=Source("plant-b", "press-1")) == [AlertResult.NEW]
    assert store.counts().alerts == 4


def test_another_alert_under_a_known_id_is_stored_beside_the_first(store):
    assert add(store, alert(), alert(percent=55), alert(percent=55), alert()) == [
        AlertResult.NEW, AlertResult.NEW, AlertResult.DUPLICATE, AlertResult.DUPLICATE,
    ]  # fmt: skip
    assert [(stored.percent, stored.redelivered) for stored in store.alerts()] == [(90, 1), (55, 1)]


def test_the_database_of_an_earlier_version_is_taken_over_with_every_alert(tmp_path):
    earlier_store.make(tmp_path, 2)
    with Store.open(tmp_path) as store:
        alerts = [(a.id, a.label, a.uptime_ms, a.percent, a.on, a.received, a.redelivered) for a in store.alerts()]
        assert alerts == [(7, "inner", 1000, 90, True, 2.0, 2), (8, "outer", 1500, 80, True, 5.0, 0)]
        assert add(store, alert(), alert(seq=2)) == [AlertResult.DUPLICATE, AlertResult.NEW]
    with Store.open(tmp_path) as store:
        assert len(store.alerts()) == 3


def test_what_was_not_committed_is_gone(tmp_path):
    with Store.open(tmp_path) as store:
        with pytest.raises(RuntimeError), store.transaction():
            store.add_alert(store.device_id(PRESS, 1.0), alert(), 1.0)
            raise RuntimeError
        assert store.devices() == []
        assert add(store, alert()) == [AlertResult.NEW]  # the device is made again
    with Store.open_existing(tmp_path) as store:
        assert store.counts().alerts == 1


def test_others_read_while_it_is_written(tmp_path, store):
    with Store.open_existing(tmp_path) as reader:
        before = reader.changed_elsewhere()
        with store.transaction():
            store.add_alert(store.device_id(PRESS, 1.0), alert(), 1.0)
            assert reader.alerts() == []
        assert len(reader.alerts()) == 1
        assert reader.changed_elsewhere() != before


def test_alerts_come_in_the_order_of_arrival(store):
    add(store, *(alert(seq=seq) for seq in (3, 1, 2)))
    add(store, alert(seq=9), source=Source("plant-a", "press-2"))
    assert [found.seq for found in store.alerts()] == [3, 1, 2, 9]
    assert [found.seq for found in store.alerts(newest=2)] == [2, 9]
    assert [found.seq for found in store.alerts(source=PRESS, newest=1)] == [2]
    assert [found.seq for found in store.alerts(after_id=store.alerts()[1].id)] == [2, 9]


def test_a_condition_lasts_until_its_end_is_told(store):
    add(store, alert(seq=1), alert(seq=2, label="anomaly"))
    assert store.devices()[0].active == ("inner", "anomaly")
    add(store, alert(seq=3, on=False))
    assert store.devices()[0].active == ("anomaly",)
    add(store, alert(seq=4))
    assert store.devices()[0].active == ("anomaly", "inner")


def test_a_late_beginning_does_not_outlive_its_end(store):
    add(store, alert(seq=2, on=False), alert(seq=1, on=True))
    assert store.devices()[0].active == ()


def test_a_condition_does_not_outlive_the_boot_that_told_it(store):
    add(store, alert(boot=1))
    with store.transaction():
        store.set_birth(store.device_id(PRESS, 1.0), 2, {"boot": 2})
    assert store.devices()[0].active == ()
    add(store, alert(boot=2))
    assert store.devices()[0].active == ("inner",)


def test_summaries_come_back_as_they_were(store):
    with store.transaction():
        device_id = store.device_id(PRESS, 1.0)
        for number in range(3):
            store.add_data(device_id, Data(1, number, {"boot": 1, "win": number}), 5.0)
    assert [data.payload["win"] for data in store.data(PRESS)] == [0, 1, 2]
    assert [data.uptime_ms for data in store.data(PRESS, newest=1)] == [2]


def test_progress_moves_within_a_step_and_each_step_is_kept(store):
    with store.transaction():
        device_id = store.device_id(PRESS, 1.0)
        new = [
            store.add_state(device_id, UpdateState(1, 2, state, reason, done, 100), at)
            for at, (state, reason, done) in enumerate(
                [("DOWNLOADING", "", 0), ("DOWNLOADING", "", 60), ("VERIFIED", "", 100), ("FAILED", "golden", 100)]
            )
        ]
    assert new == [True, False, True, True]
    assert [(s.state, s.done, s.began, s.received) for s in store.states(PRESS)] == [
        ("DOWNLOADING", 60, 0.0, 1.0), ("VERIFIED", 100, 2.0, 2.0), ("FAILED", 100, 3.0, 3.0),
    ]  # fmt: skip
    assert store.newest_states()[PRESS].reason == "golden"


def test_old_summaries_and_states_go_in_portions_but_alerts_and_the_newest_state_stay(store):
    add(store, alert())
    with store.transaction():
        device_id = store.device_id(PRESS, 1.0)
        for at in range(10):
            store.add_data(device_id, Data(1, at, {"boot": 1}), at)
        for sequence in (2, 3, 4):
            store.add_state(device_id, UpdateState(1, sequence, "UPDATED", "", 100, 100), 1.0)
        assert store.prune(before=8, limit=5) == 5 + 2
        assert store.prune(before=8, limit=5) == 3
        assert store.prune(before=8, limit=5) == 0
    assert [data.uptime_ms for data in store.data(PRESS)] == [8, 9]
    assert [state.sequence for state in store.states(PRESS)] == [4]
    assert len(store.alerts()) == 1


def test_rejects_of_strangers_can_not_fill_the_disk(store):
    with store.transaction():
        for number in range(1200):
            store.add_reject(Source("g", f"d{number}"), "bad", 1.0)
        store.add_reject(Source("g", "d0"), "worse", 2.0)
    assert store.counts().rejected == 1201
    assert store.devices() == []
    rows = sqlite3.connect(store.path).execute("SELECT count(*), max(count) FROM rejects").fetchone()
    assert rows == (1001, 200)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all, " * 100)
    with pytest.raises(InputError, match="not a database"):
        Store.open(tmp_path)


def test_a_newer_schema_is_refused(tmp_path):
    Store.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(EnvironmentError_, match="newer Picket"):
        Store.open(tmp_path)


def test_reading_where_no_gateway_ran_says_so(tmp_path):
    with pytest.raises(InputError, match="no gateway"):
        Store.open_existing(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_commits_reach_the_disk_before_they_return(store):
    assert store._value("PRAGMA synchronous") == 2
    assert store._value("PRAGMA journal_mode") == "wal"
