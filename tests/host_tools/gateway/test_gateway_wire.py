"""The check of what devices send: right payloads get through whole, nothing else does, and nothing breaks it."""

from __future__ import annotations

import contextlib
import json

import pytest
from fake_device import alert_payload, birth_payload, data_payload, state_payload
from hypothesis import given
from hypothesis import strategies as st

from picket_host.gateway import wire
from picket_host.gateway.wire import Alert, Birth, Cleared, Data, Death, Source, UpdateState, WireError, sensor_findings

PAYLOADS = {
    "birth": birth_payload(7),
    "death": {"boot": 7},
    "alert": alert_payload(7, 3),
    "data": data_payload(7),
    "ota_state": state_payload(7, 2, "FAILED", reason="wrong key"),
}


def raw(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def parse(kind: str, payload: bytes) -> wire.Body:
    source, body = wire.parse(f"picket/v1/plant-a/press-1/{kind}", payload)
    assert source == Source("plant-a", "press-1")
    return body


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_right_payload_is_taken(kind):
    body = parse(kind, raw(PAYLOADS[kind]))
    assert body.boot == 7


def test_an_alert_arrives_with_every_value():
    assert parse("alert", raw(alert_payload(7, 3, "outer", False, t=1.5))) == Alert(
        boot=7, seq=3, time=1.5, uptime_ms=3000, window=3, label="outer", percent=97, anomaly=1250, on=False
    )


def test_a_reason_is_kept_whatever_it_holds_and_can_be_printed():
    reason = "OSError(5)\n\x1b[2J" + "x" * 150
    assert parse("ota_state", raw(state_payload(1, 2, "FAILED", reason=reason))).reason == "OSError(5)??[2J" + "x" * 150
    birth = birth_payload(2, rolled_back={"sequence": 2, "reason": reason})
    assert parse("birth", raw(birth)).details["rolled_back"]["reason"] == reason


def test_an_update_state_may_leave_out_what_it_does_not_know():
    body = parse("ota_state", raw({"boot": 1, "sequence": 2, "state": "VERIFIED"}))
    assert body == UpdateState(1, 2, "VERIFIED", "", 0, 0)


def test_what_a_sensors_check_found_is_understood_bit_by_bit():
    body = parse("data", raw(data_payload(7, chk=1 | 8 | 128, bad=3)))
    assert (body.details["bad"], sensor_findings(body.details["chk"])) == (3, ["stuck", "missing", "finding 7"])
    for wrong in (-1, 256, True, "stuck"):
        with pytest.raises(WireError, match="data: chk is"):
            parse("data", raw(data_payload(7, chk=wrong)))


@pytest.mark.parametrize(
    ("label", "shown"),
    [("x" * 40, "x" * 32), ("worn\x1b[2J", "worn?[2J"), ("\ud800", "?"), ("", "")],
    ids=["long", "unprintable", "half a character", "none"],
)
def test_an_alert_counts_whatever_its_label(label, shown):
    """A device that was refused would send it again for ever, and what comes after it would wait."""
    assert parse("alert", raw(alert_payload(1, 1, label))).label == shown


def test_keys_of_a_newer_device_are_ignored():
    body = parse("data", raw(data_payload(7, humidity=[1, {"deep": None}])))
    assert isinstance(body, Data)
    assert "humidity" not in body.details


def test_a_board_without_model_and_attitude_is_understood():
    birth = parse("birth", raw({"boot": 1, "app": 0, "model": None, "model_name": None, "rolled_back": None}))
    data = parse("data", raw(data_payload(1, tilt=None, cls=[], rms=None, lat={"puback_ms": None, "ack_ms": None})))
    assert isinstance(birth, Birth)
    assert isinstance(data, Data)


def test_a_rollback_is_told_in_a_birth():
    rolled_back = {"sequence": 4, "reason": "the trial boot was not confirmed"}
    assert parse("birth", raw(birth_payload(2, rolled_back=rolled_back))).details["rolled_back"] == rolled_back


@pytest.mark.parametrize("kind", ["birth", "death"])
def test_an_empty_retained_message_is_a_removal(kind):
    assert isinstance(parse(kind, b""), Cleared)


@pytest.mark.parametrize(
    "topic",
    [
        "", "picket", "picket/v1/plant-a/press-1", "picket/v2/plant-a/press-1/alert", "picket/v1//press-1/alert",
        "picket/v1/plant-a/press-1/alert/more", "picket/v1/plant a/press-1/alert", "picket/v1/plant-a/pré/alert",
        f"picket/v1/plant-a/{'x' * 49}/alert", "picket/v1/plant-a/press-1\n/alert", "picket/v1/../press-1/alert",
    ],
)  # fmt: skip
def test_a_topic_that_is_no_devices_names_nobody(topic):
    with pytest.raises(WireError) as caught:
        wire.parse(topic, raw(alert_payload(1, 1)))
    assert caught.value.source is None


@pytest.mark.parametrize("kind", ["ack", "ota", "cmd", "capture", ""])
def test_a_device_sends_only_its_kinds(kind):
    with pytest.raises(WireError) as caught:
        wire.parse(f"picket/v1/plant-a/press-1/{kind}", b"{}")
    assert caught.value.source == Source("plant-a", "press-1")


@pytest.mark.parametrize("kind", PAYLOADS)
@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe", b"{", b"null", b"[]", b"1", b'""', b"{}", b'{"boot":1}x', b"\xef\xbb\xbf{}", b"[" * 110,
        b'{"a":' * 20,
        b'{"boot":NaN}', b'{"boot":Infinity,"b":1}', b'{"boot":1e999}', b'{"b":1,"b":1}', b"9" * 100,
    ],
)  # fmt: skip
def test_what_is_not_a_right_json_object_is_refused(kind, payload):
    with pytest.raises(WireError):
        parse(kind, payload)


@pytest.mark.parametrize("kind", PAYLOADS)
def test_an_oversized_payload_is_refused(kind):
    with pytest.raises(WireError, match="bytes, at most"):
        parse(kind, raw(PAYLOADS[kind]) + b" " * 1100)


def test_an_alert_has_at_most_120_bytes():
    payload = raw(alert_payload(1, 1))
    assert isinstance(parse("alert", payload + b" " * (120 - len(payload))), Alert)
    with pytest.raises(WireError):
        parse("alert", payload + b" " * (121 - len(payload)))


REQUIRED = {
    "birth": ("boot", "app", "model"),
    "death": ("boot",),
    "alert": ("b", "s", "t", "u", "w", "k", "p", "a", "on"),
    "data": ("boot", "t", "up_ms", "win", "missed"),
    "ota_state": ("boot", "sequence", "state"),
}


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in REQUIRED.items() for field in fields])
def test_a_missing_field_is_named(kind, field):
    payload = dict(PAYLOADS[kind])
    del payload[field]
    with pytest.raises(WireError, match=f"{field} is missing"):
        parse(kind, raw(payload))


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("alert", "b", -1), ("alert", "b", True), ("alert", "b", 1.0), ("alert", "b", "1"), ("alert", "b", 2**53),
        ("alert", "b", None),
        ("alert", "s", 0), ("alert", "p", 101), ("alert", "on", 2), ("alert", "on", True), ("alert", "k", 5),
        ("alert", "t", -1),
        ("birth", "rolled_back", "yes"), ("birth", "model_name", "x" * 129), ("birth", "highest", -1),
        ("birth", "engine", ["tflm"]),
        ("data", "cls", [1] * 65), ("data", "cls", ["a"]), ("data", "anom", [1]), ("data", "tilt", 3),
        ("data", "lat", [1]),
        ("data", "heap", -1), ("ota_state", "state", "DONE"), ("ota_state", "state", ["FAILED"]),
        ("ota_state", "reason", "x" * 201),
        ("ota_state", "done", 1.5), ("death", "boot", {}),
    ],
)  # fmt: skip
def test_a_value_out_of_its_range_is_named(kind, field, value):
    with pytest.raises(WireError, match=f"{kind}: {field} is "):
        parse(kind, raw(PAYLOADS[kind] | {field: value}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(topic=st.text(max_size=80), payload=st.binary(max_size=200))
def test_no_bytes_break_the_check(topic, payload):
    for whole in (topic, f"picket/v1/{topic}", *(f"picket/v1/a/b/{kind}" for kind in PAYLOADS)):
        with contextlib.suppress(WireError):
            wire.parse(whole, payload)


@given(kind=st.sampled_from(list(PAYLOADS)), data=st.data())
def test_no_json_value_in_any_field_breaks_the_check(kind, data):
    payload = dict(PAYLOADS[kind])
    field = data.draw(st.sampled_from([*payload, "other"]))
    payload[field] = data.draw(json_values)
    try:
        body = parse(kind, raw(payload))
    except WireError:
        return
    assert isinstance(body, (Birth, Death, Alert, Data, UpdateState))


@given(kind=st.sampled_from(list(PAYLOADS)), data=st.data())
def test_a_payload_cut_or_damaged_anywhere_does_not_break_the_check(kind, data):
    payload = bytearray(raw(PAYLOADS[kind]))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] = data.draw(st.integers(0, 255))
    for damaged in (bytes(payload), bytes(payload[:at])):
        with contextlib.suppress(WireError):
            wire.parse(f"picket/v1/a/b/{kind}", damaged)


@given(st.lists(st.tuples(st.integers(0, 2**31), st.integers(1, 2**31)), max_size=200))
def test_acknowledgements_name_every_id_once_in_short_messages(ids):
    payloads = list(wire.alert_acks(ids))
    assert [tuple(pair) for payload in payloads for pair in json.loads(payload)["ids"]] == ids
    assert all(len(payload) <= 500 for payload in payloads)
