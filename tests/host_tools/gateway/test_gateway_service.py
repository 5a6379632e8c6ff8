"""The service between the real broker and devices: stores, answers, survives what comes, and offers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time

import pytest
from fake_device import FakeDevice, alert_payload, data_payload, state_payload
from gateway_harness import (
    PATIENCE_S,
    GatewayProcess,
    RunningBroker,
    RunningService,
    make_certificate,
    make_release,
    reading,
    until,
)

from picket_host.errors import EnvironmentError_, InputError
from picket_host.gateway import releases, runner, service
from picket_host.gateway.broker import Tls
from picket_host.gateway.service import BrokerAddress, Service
from picket_host.gateway.store import FILE_NAME, Store
from picket_host.gateway.wire import Data, Source


def online(gateway, name="press-1") -> bool:
    with reading(gateway.state) as store:
        return next(device.online for device in store.devices() if device.name == name)


def test_what_a_device_says_is_stored_and_answered(gateway, device):
    press = device()
    press.birth()
    keys = [press.raise_alert(), press.raise_alert(on=False)]
    press.send("data", data_payload(), qos=0)
    press.send("ota_state", state_payload())
    assert press.wait(lambda: press.birth_acks == [1] and press.acked == set(keys))
    until(lambda: {"data", "ota_state"} <= set(gateway.kinds()))
    with reading(gateway.state) as store:
        assert [(alert.boot, alert.seq, alert.on) for alert in store.alerts()] == [(1, 1, True), (1, 2, False)]
        assert store.devices()[0].birth["engine"] == "portable"


def test_a_stored_alert_is_answered_again_when_it_comes_again(gateway, device):
    press = device()
    press.raise_alert()
    assert press.wait(lambda: press.acked)
    for _ in range(3):
        press.acked.clear()
        press.send("alert", alert_payload(1, 1))
        assert press.wait(lambda: press.acked)
    with reading(gateway.state) as store:
        assert [alert.redelivered for alert in store.alerts()] == [3]


def test_answers_go_to_the_device_of_the_topic(gateway, device):
    one, other = device("press-1"), device("press-2")
    other.client.publish(one.topic("alert"), json.dumps(alert_payload(1, 9), separators=(",", ":")), qos=1)
    assert one.wait(lambda: one.acked == {(1, 9)})
    assert other.acked == set()


MALFORMED = [
    b"",
    b"{",
    b"\xff" * 50,
    b"null",
    b"[" * 5000,
    b"x" * 100_000,
    b'{"b":1e999}',
    b'{"b":' + b"9" * 5000 + b"}",
]


def test_malformed_messages_are_counted_told_once_and_break_nothing(gateway, device, caplog):
    press = device()
    for payload in MALFORMED:
        for kind in ("alert", "data", "ota_state", "unknown"):
            press.send(kind, payload)
    press.client.publish("picket/v1/plant-a/pré/alert", b"{}", qos=1)
    key = press.raise_alert()
    assert press.wait(lambda: press.acked == {key})
    with reading(gateway.state) as store:
        # 'unknown' is not even subscribed to.
        assert store.devices()[0].rejected == 3 * len(MALFORMED)
        assert store.counts().rejected == 3 * len(MALFORMED) + 1
    assert len([record for record in caplog.records if "plant-a/press-1" in record.getMessage()]) == 1


def test_presence_follows_births_wills_and_the_boot_counter(gateway, device):
    press = FakeDevice(gateway.service._broker.port, boot=1).connect()
    press.birth()
    assert press.wait(lambda: press.birth_acks)
    press.power_cut()
    until(lambda: not online(gateway))
    again = device(boot=2)
    again.birth()
    assert again.wait(lambda: again.birth_acks == [2])
    again.send("death", {"boot": 1}, retain=True)  # the Will of the first boot, late
    until(lambda: "stale" in gateway.kinds())
    assert online(gateway)


def test_a_broker_that_dies_and_comes_back_loses_nothing(tmp_path):
    broker = RunningBroker()
    gateway = RunningService(tmp_path / "state", broker.port)
    press = FakeDevice(broker.port).connect()
    raised = [press.raise_alert() for _ in range(20)]
    broker.stop()
    raised += [press.raise_alert() for _ in range(20)]
    until(lambda: "disconnected" in gateway.kinds())
    broker = RunningBroker(broker.port)
    press.resend_until_acked()
    press.disconnect()
    gateway.stop()
    broker.stop()
    with reading(tmp_path / "state") as store:
        assert sorted((alert.boot, alert.seq) for alert in store.alerts()) == sorted(raised)


def test_a_gateway_that_starts_before_its_broker_waits_for_it(tmp_path):
    probe = RunningBroker()
    port = probe.port
    probe.stop()
    waiting = Service(tmp_path, BrokerAddress("127.0.0.1", port), "http://x")
    waiting.start()
    assert not waiting.wait_subscribed(0.5)
    broker = RunningBroker(port)
    assert waiting.wait_subscribed(PATIENCE_S)
    waiting.stop()
    broker.stop()


def test_the_broker_may_want_tls_and_a_password(tmp_path):
    certificate, key = make_certificate(tmp_path)
    broker = RunningBroker(users={"picket-gateway": "p:w@d"}, tls=Tls(certificate, key))
    address = BrokerAddress.parse(f"mqtts://picket-gateway:p%3Aw%40d@127.0.0.1:{broker.port}", certificate)
    secure = Service(tmp_path / "state", address, "http://x")
    secure.start()
    assert secure.wait_subscribed(PATIENCE_S)
    secure.stop()
    broker.stop()


def test_a_gateway_without_a_broker_stops_at_once_when_told(tmp_path):
    gateway = GatewayProcess(
        "run", "--state", str(tmp_path), "--broker", "mqtt://127.0.0.1:1", "--http-port", "0", "--json"
    )
    assert gateway.ready["connected"] is False
    assert gateway.end() == 0


def test_a_database_that_is_locked_is_waited_for_and_nothing_is_answered_meanwhile(gateway, device, monkeypatch):
    monkeypatch.setattr("picket_host.gateway.service._RETRY_S", 0.05)
    press = device()
    gateway.service._store._connection.execute("PRAGMA busy_timeout=10")
    other = sqlite3.connect(gateway.state / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    key = press.raise_alert()
    assert not press.wait(lambda: press.acked, 0.5)
    other.execute("COMMIT")
    assert press.wait(lambda: press.acked == {key})
    other.close()


def test_a_message_that_the_store_can_not_take_is_given_up_alone(gateway, device, monkeypatch):
    real = service.ingest

    def picky(store, messages):
        if any(b'"s":13,' in message.payload for message in messages):
            raise RuntimeError("poison")
        return real(store, messages)

    monkeypatch.setattr(service, "ingest", picky)
    press = device()
    keys = {press.raise_alert() for _ in range(30)}
    assert press.wait(lambda: press.acked == keys - {(1, 13)})


@pytest.mark.parametrize("where", ["commands", "prune", "device_id"])
def test_a_damaged_database_ends_the_gateway_with_an_error(tmp_path, monkeypatch, where):
    def damaged(*_):
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(Store, where, damaged)

    async def run_gateway():
        def ready(where: runner.Ready) -> None:
            press.append(FakeDevice(where.mqtt_port))
            asyncio.get_running_loop().run_in_executor(None, lambda: press[0].connect().birth())

        options = runner.Options(tmp_path, http_port=0, mqtt_port=0)
        async with asyncio.timeout(60):
            on_ready = ready if where == "device_id" else lambda ready: None
            await runner.run(options, on_ready, lambda event: None, asyncio.Event())

    press = []
    with pytest.raises(EnvironmentError_, match="can't go on storing what comes: database disk image is malformed"):
        asyncio.run(run_gateway())
    for device in press:
        device.disconnect()


def test_health_tells_that_nothing_is_stored_any_more(gateway, device, monkeypatch):
    monkeypatch.setattr(Store, "changed_elsewhere", lambda store: 1 // 0)
    until(lambda: gateway.service._health.failed)
    assert gateway.service._health.as_dict()["failed"].startswith("ZeroDivisionError")


def test_who_watches_does_not_stop_who_stores(gateway, device):
    def broken(event):
        raise ValueError("I/O operation on closed file")

    gateway.service._on_event = broken
    press = device()
    for _ in range(3):
        press.raise_alert()
        assert press.wait(lambda: not press.pending)


def test_an_offer_reaches_the_device_retained_and_is_withdrawn(gateway, device, tmp_path):
    press = device()
    press.birth()
    assert press.wait(lambda: press.birth_acks)
    published = releases.publish(gateway.state, make_release(tmp_path / "r2", 2), devices=["press-1"])
    assert press.wait(lambda: press.offers)
    offer = {
        "sequence": 2,
        "url": "http://127.0.0.1:8080/releases/2",
        "size": published.size,
        "manifest_sha256": published.manifest_sha256,
    }
    assert press.offers == [offer]
    press.disconnect()
    again = device(boot=2)
    assert again.wait(lambda: again.offers == [offer])
    releases.withdraw(gateway.state, devices=["press-1"])
    assert again.wait(lambda: again.offers[-1] is None)
    again.disconnect()
    assert device(boot=3).wait(lambda: True)
    late = device("press-1", boot=4)
    late.raise_alert()
    assert late.wait(lambda: late.acked)
    assert late.offers == []


def test_an_offer_to_a_group_reaches_devices_that_come_later(gateway, device, tmp_path):
    releases.publish(gateway.state, make_release(tmp_path / "r2", 2), group="plant-a")
    press, stranger = device("press-7"), device("saw-1", group="plant-b")
    for each in (press, stranger):
        each.birth()
    assert press.wait(lambda: [offer["sequence"] for offer in press.offers] == [2])
    assert stranger.wait(lambda: stranger.birth_acks)
    assert stranger.offers == []


def test_offers_are_made_again_to_a_broker_that_forgot_them(tmp_path):
    broker = RunningBroker()
    gateway = RunningService(tmp_path / "state", broker.port)
    releases.publish(gateway.state, make_release(tmp_path / "r2", 2), devices=["plant-a/press-1"])
    until(lambda: "offer" in gateway.kinds())
    broker.stop()
    broker = RunningBroker(broker.port)
    press = FakeDevice(broker.port).connect()
    assert press.wait(lambda: [offer["sequence"] for offer in press.offers] == [2])
    press.disconnect()
    gateway.stop()
    broker.stop()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://10.0.0.1", BrokerAddress("10.0.0.1", 1883)),
        ("mqtt://b:99/", BrokerAddress("b", 99)),
        ("mqtts://u%40x:p%3A@b", BrokerAddress("b", 8883, "u@x", "p:", True)),
    ],
)
def test_the_address_of_a_broker(url, expected):
    assert BrokerAddress.parse(url) == expected


@pytest.mark.parametrize(
    "url", ["b:1883", "http://b", "mqtt://", "mqtt://b:x", "mqtt://b:99999", "mqtt://user:secret@b/path"]
)
def test_what_is_no_address_of_a_broker_is_told_without_its_password(url):
    with pytest.raises(InputError) as caught:
        BrokerAddress.parse(url)
    assert "secret" not in str(caught.value)


def test_a_wrong_ca_is_told(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(InputError, match="not a CA certificate"):
        Service(tmp_path, BrokerAddress.parse("mqtts://b", tmp_path / "ca.pem"), "http://x")


def test_ten_thousand_alerts_of_ten_devices(tmp_path, capsys):
    """What comes at full speed is stored whole; how fast is printed, not judged."""
    gateway = GatewayProcess(
        "run", "--state", str(tmp_path), "--embedded-broker", "--mqtt-port", "0", "--http-port", "0", "--json"
    )
    devices = [FakeDevice(gateway.ready["mqtt_port"], f"press-{number}").connect() for number in range(10)]
    began = time.monotonic()
    threads = [threading.Thread(target=lambda each=each: [each.raise_alert() for _ in range(1000)]) for each in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in devices:
        each.resend_until_acked(timeout_s=600, every_s=20)
    seconds = time.monotonic() - began
    for each in devices:
        each.disconnect()
    assert gateway.end() == 0
    with reading(tmp_path) as store:
        counts = store.counts()
    assert counts.alerts == 10_000
    with capsys.disabled():
        print(f"\n10,000 alerts stored and acknowledged in {seconds:.1f} s: {10_000 / seconds:.0f}/s,", end=" ")
        print(f"{counts.redelivered} came more than once")


def test_summaries_older_than_wanted_go_by_themselves(mqtt_broker, tmp_path):
    press = Source("plant-a", "press-1")
    with Store.open(tmp_path) as store, store.transaction():
        store.add_data(store.device_id(press, 1.0), Data(1, 1, {"boot": 1}), time.time() - 90_000)
    running = Service(tmp_path, BrokerAddress("127.0.0.1", mqtt_broker.port), "http://127.0.0.1:8080", keep_days=1)
    running.start()
    try:
        with reading(tmp_path) as store:
            until(lambda: not store.data(press))
    finally:
        running.stop()
