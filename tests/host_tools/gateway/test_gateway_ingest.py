"""What messages do: who is there, what is stale, what is answered; and no sequence of messages breaks it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from fake_device import alert_payload, birth_payload, data_payload, state_payload
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.gateway.ingest import Outcome, Received, ingest
from picket_host.gateway.store import Store
from picket_host.gateway.wire import Source

PRESS = Source("plant-a", "press-1")


def message(
    kind: str, payload: dict | bytes, *, retained: bool = False, source: Source = PRESS, at: float = 1.0
) -> Received:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
    return Received(source.topic(kind), raw, retained, at)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


def online(store: Store) -> bool:
    return store.devices()[0].online


def kinds(outcome: Outcome) -> list[str]:
    return [event.kind for event in outcome.events]


def test_a_birth_is_answered_and_kept(store):
    outcome = ingest(store, [message("birth", birth_payload(3), at=7.0)])
    assert outcome.births == {PRESS: 3}
    (device,) = store.devices()
    assert (device.boot, device.online, device.last_seen) == (3, True, 7.0)
    assert device.birth["model_name"] == "vibration"


def test_an_alert_and_its_duplicate_are_both_answered(store):
    first = ingest(store, [message("alert", alert_payload(1, 1))])
    second = ingest(store, [message("alert", alert_payload(1, 1))])
    assert first.alerts == second.alerts == {PRESS: [(1, 1)]}
    assert (kinds(first), kinds(second)) == (["alert"], ["duplicate"])


def test_a_duplicate_within_one_batch_is_stored_once(store):
    ingest(store, [message("alert", alert_payload(1, 1))] * 3)
    assert [alert.redelivered for alert in store.alerts()] == [2]


def test_a_will_of_this_boot_takes_the_device_away(store):
    ingest(store, [message("birth", birth_payload(3)), message("death", {"boot": 3})])
    assert not online(store)


def test_a_will_of_an_earlier_boot_is_stale(store):
    outcome = ingest(store, [message("birth", birth_payload(3)), message("death", {"boot": 2})])
    assert online(store)
    assert kinds(outcome) == ["birth", "stale"]


def test_a_will_whose_birth_was_missed_tells_the_boot(store):
    ingest(store, [message("birth", birth_payload(3)), message("death", {"boot": 4})])
    assert (store.devices()[0].boot, online(store)) == (4, False)


def test_a_late_will_of_this_boot_is_outlived_by_the_next_message(store):
    ingest(store, [message("birth", birth_payload(3)), message("death", {"boot": 3}), message("data", data_payload(3))])
    assert online(store)


def test_a_retained_birth_is_answered_but_never_turns_time_back(store):
    assert ingest(store, [message("birth", birth_payload(3), retained=True)]).births == {PRESS: 3}
    ingest(store, [message("birth", birth_payload(4))])
    outcome = ingest(store, [message("birth", birth_payload(3), retained=True)])
    assert (outcome.births, kinds(outcome), store.devices()[0].boot) == ({}, ["stale"], 4)


def test_a_board_whose_flash_was_erased_counts_anew_and_is_believed(store):
    ingest(store, [message("birth", birth_payload(50)), message("alert", alert_payload(1, 1))])
    outcome = ingest(store, [message("birth", birth_payload(1)), message("alert", alert_payload(1, 1, "outer"))])
    assert outcome.births == {PRESS: 1}
    assert outcome.alerts == {PRESS: [(1, 1)]}
    assert kinds(outcome) == ["birth", "alert"]
    assert [(alert.boot, alert.seq, alert.label) for alert in store.alerts()] == [(1, 1, "inner"), (1, 1, "outer")]


@pytest.mark.parametrize("boot", [1, 50], ids=["with_the_boot_that_was_known", "with_an_earlier_one"])
def test_conditions_of_a_board_that_counts_anew_are_those_that_it_has_said_since(store, boot):
    before = [alert_payload(1, 1), alert_payload(1, 2, "ball"), alert_payload(1, 3, "ball", on=0)]
    ingest(store, [message("birth", birth_payload(boot)), *(message("alert", alert) for alert in before)])
    ingest(store, [message("birth", birth_payload(1)), message("alert", alert_payload(1, 1, "outer"))])
    assert store.devices()[0].active == ("outer",)
    ingest(store, [message("alert", alert_payload(1, 2, "anomaly"))])
    assert store.devices()[0].active == ("outer", "anomaly")
    ingest(store, [message("alert", alert_payload(1, 3, "outer", on=0))])
    assert store.devices()[0].active == ("anomaly",)


def test_an_update_state_and_a_summary_are_stored(store):
    ingest(
        store,
        [message("ota_state", state_payload(1, 2, "FAILED", reason="wrong key")), message("data", data_payload(1))],
    )
    assert store.states(PRESS)[0].reason == "wrong key"
    assert store.data(PRESS)[0].payload["heap_low"] == 70_000


def test_a_malformed_message_is_counted_and_the_rest_of_its_batch_stored(store):
    outcome = ingest(
        store, [message("alert", b"{"), message("alert", alert_payload(1, 1)), message("alert", b"\xff" * 500)]
    )
    assert [error.source for error in outcome.rejected] == [PRESS, PRESS]
    assert store.counts().alerts == 1
    assert store.devices()[0].rejected == 2


def test_a_malformed_message_makes_no_device(store):
    ingest(store, [message("alert", b"{"), Received("nonsense", b"", False, 1.0)])
    assert store.devices() == []
    assert store.counts().rejected == 2


def test_a_device_is_who_its_topic_says(store):
    lie = alert_payload(1, 1) | {"device": "press-9"}
    ingest(store, [message("alert", lie, source=Source("plant-b", "saw-2"))])
    assert [(alert.group, alert.device) for alert in store.alerts()] == [("plant-b", "saw-2")]


RAW = [
    ("birth", birth_payload(1)), ("birth", birth_payload(2)), ("death", {"boot": 1}), ("death", {"boot": 2}),
    ("death", b""),
    *(("alert", alert_payload(1, seq)) for seq in range(1, 6)), ("alert", b"{]"),
    ("alert", alert_payload(1, 1, "outer")),
    ("data", data_payload(1)), ("data", b"[" * 1000), ("ota_state", state_payload(1)), ("cmd", b"{}"),
]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.sampled_from(RAW), st.booleans()), max_size=12), max_size=6))
def test_however_messages_come_each_alert_is_there_once_and_answered(batches):
    sent = []
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for batch in batches:
            outcome = ingest(store, [message(kind, payload, retained=retained) for (kind, payload), retained in batch])
            alerts = [payload for (kind, payload), _ in batch if kind == "alert" and isinstance(payload, dict)]
            assert outcome.alerts.get(PRESS, []) == [(alert["b"], alert["s"]) for alert in alerts]
            sent += alerts
        stored = [(alert.boot, alert.seq, alert.label) for alert in store.alerts()]
        assert len(stored) == len(set(stored))
        assert set(stored) == {(alert["b"], alert["s"], alert["k"]) for alert in sent}
        counts = store.counts()
        assert counts.alerts + counts.redelivered == len(sent)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["birth", "death", "alert", "data", "ota_state", "x"]), st.binary(max_size=160)),
        max_size=20,
    )
)
def test_no_payload_breaks_the_batch(messages):
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        ingest(store, [message(kind, payload) for kind, payload in messages] + [message("alert", alert_payload(1, 1))])
        assert store.counts().alerts == 1
