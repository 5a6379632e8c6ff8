"""The embedded broker: who gets in, who gets which retained message, and whose Last Will goes out when."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from amqtt.contexts import Action
from fake_device import FakeDevice
from gateway_harness import PATIENCE_S, RunningBroker, make_certificate, until
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.errors import EnvironmentError_, InputError
from picket_host.gateway.broker import Refusal, Tls, read_users, run_broker, serving
from picket_host.gateway.permissions import GATEWAY_USER


class Listener:
    """A client that notes what comes to its filters, in order."""

    def __init__(
        self,
        port: int,
        *filters: str,
        name: str = "listener",
        clean: bool = True,
        tls: str | None = None,
        user: tuple[str, str] | None = None,
    ):
        self.messages: list[tuple[str, bytes, bool]] = []
        self.refused = threading.Event()
        subscribed = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
        if user:
            self.client.username_pw_set(*user)
        if tls:
            self.client.tls_set(ca_certs=tls)

        def on_connect(client, _userdata, _flags, reason, _properties):
            if reason.is_failure:
                self.refused.set()
            elif filters:
                client.subscribe([(each, 1) for each in filters])
            else:
                subscribed.set()

        self.client.on_connect = on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = lambda _c, _u, m: self.messages.append((m.topic, m.payload, m.retain))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert subscribed.wait(PATIENCE_S)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def start_and_fail(**options) -> None:
    asyncio.run(asyncio.wait_for(run_broker("127.0.0.1", options.pop("port", 0), **options), PATIENCE_S))


def test_a_port_in_use_is_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentError_, match=f"port {port} is in use"):
            start_and_fail(port=port)


def test_an_address_of_another_machine_is_told():
    with pytest.raises(EnvironmentError_, match="can't listen on 192.0.2.1"):
        asyncio.run(run_broker("192.0.2.1", 0))


def test_retained_messages_go_to_the_client_that_subscribes_to_them(mqtt_broker):
    publisher = FakeDevice(mqtt_broker.port, "a").connect()
    publisher.birth().wait_for_publish(PATIENCE_S)
    listener = Listener(mqtt_broker.port, "picket/v1/+/+/birth")
    until(lambda: listener.messages)
    stranger = Listener(mqtt_broker.port, "picket/v1/+/+/alert", name="stranger")
    publisher.raise_alert()
    until(lambda: stranger.messages)
    assert [topic for topic, _, _ in stranger.messages] == ["picket/v1/plant-a/a/alert"]
    assert [(topic, retained) for topic, _, retained in listener.messages] == [("picket/v1/plant-a/a/birth", True)]
    for client in (listener, stranger):
        client.stop()
    publisher.disconnect()


def test_a_persistent_session_gets_what_came_while_it_was_away(mqtt_broker):
    listener = Listener(mqtt_broker.port, "picket/v1/+/+/alert", clean=False)
    listener.stop()
    device = FakeDevice(mqtt_broker.port).connect()
    for _ in range(5):
        device.raise_alert()
    threading.Event().wait(1.5)  # longer than the broker's sweep of sessions
    listener = Listener(mqtt_broker.port, clean=False)
    until(lambda: len(listener.messages) == 5)
    listener.stop()
    device.disconnect()


def test_what_was_not_acknowledged_comes_again_on_the_next_connection(mqtt_broker):
    device = FakeDevice(mqtt_broker.port).connect()
    received = []
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", mqtt_broker.port)) as forgetful:
            forgetful.settimeout(PATIENCE_S)
            forgetful.sendall(connect_packet("forgetful", clean=False))
            assert forgetful.recv(4)[0] == 0x20
            if not received:
                forgetful.sendall(b"\x82\x06\x00\x01\x00\x01x\x01")
                assert forgetful.recv(5) == b"\x90\x03\x00\x01\x01"
                device.client.publish("x", b"kept", qos=1)
            received.append(forgetful.recv(20))
    assert [(packet[0] & 0xF6, packet[-4:]) for packet in received] == [(0x32, b"kept")] * 3
    device.disconnect()


def test_a_packet_of_a_gigabyte_ends_its_connection_only(mqtt_broker):
    device = FakeDevice(mqtt_broker.port).connect()
    with socket.create_connection(("127.0.0.1", mqtt_broker.port)) as greedy:
        greedy.settimeout(PATIENCE_S)
        greedy.sendall(connect_packet("greedy"))
        assert greedy.recv(4) == b"\x20\x02\x00\x00"
        greedy.sendall(b"\x30\xff\xff\xff\x7f\x00\x01x" + bytes(1000))
        assert greedy.recv(1) == b""
    device.client.publish(device.topic("ack"), b'{"birth":1}')
    assert device.wait(lambda: device.birth_acks)
    device.disconnect()


def test_a_broken_connection_sends_the_will_and_a_farewell_does_not(mqtt_broker):
    listener = Listener(mqtt_broker.port, "picket/v1/+/+/death")
    polite = FakeDevice(mqtt_broker.port, "polite").connect()
    cut = FakeDevice(mqtt_broker.port, "cut", boot=4).connect()
    polite.disconnect()
    cut.power_cut()
    until(lambda: listener.messages)
    assert [(topic, payload) for topic, payload, _ in listener.messages] == [
        ("picket/v1/plant-a/cut/death", b'{"boot": 4}')
    ]
    listener.stop()


def test_a_silent_client_is_given_up_after_its_keep_alive(mqtt_broker):
    listener = Listener(mqtt_broker.port, "will")
    with socket.create_connection(("127.0.0.1", mqtt_broker.port)) as silent:
        silent.sendall(connect_packet("silent", keepalive_s=1, will=("will", b"gone")))
        assert silent.recv(4) == b"\x20\x02\x00\x00"
        until(lambda: listener.messages, what="the Last Will of a client that says nothing")
        silent.settimeout(PATIENCE_S)
        assert silent.recv(1) == b""
    listener.stop()


@pytest.mark.parametrize("clean", [True, False])
def test_a_new_connection_of_a_client_takes_over_after_the_old_ones_will(mqtt_broker, clean):
    listener = Listener(mqtt_broker.port, "will", "picket/v1/#")
    with socket.create_connection(("127.0.0.1", mqtt_broker.port)) as half_open:
        half_open.sendall(connect_packet("press-1", will=("will", b"old"), clean=clean))
        assert half_open.recv(4) == b"\x20\x02\x00\x00"
        with socket.create_connection(("127.0.0.1", mqtt_broker.port)) as new:
            new.sendall(connect_packet("press-1", clean=clean))
            connack = new.recv(4)
            assert connack == (b"\x20\x02\x00\x00" if clean else b"\x20\x02\x01\x00")
            new.sendall(publish_packet("picket/v1/g/press-1/birth", b"new"))
            until(lambda: len(listener.messages) == 2)
            assert [payload for _, payload, _ in listener.messages] == [b"old", b"new"]
            # The new session works: a subscription is answered and serves.
            new.sendall(b"\x82\x08\x00\x01\x00\x03cmd\x00")
            assert new.recv(5) == b"\x90\x03\x00\x01\x00"
            listener.client.publish("cmd", b"x")
            assert new.recv(8) == b"\x30\x06\x00\x03cmdx"
    listener.stop()


def test_users_and_passwords_are_checked():
    broker = RunningBroker(users={"press-1": "right"})
    device = FakeDevice(broker.port, user="press-1", password="right").connect()
    for user, password in [("press-1", "wrong"), ("press-1", ""), ("nobody", "right"), (None, None)]:
        with socket.create_connection(("127.0.0.1", broker.port)) as client:
            client.sendall(connect_packet("other", user=user, password=password))
            assert client.recv(4) == b"\x20\x02\x00\x05", (user, password)
    device.disconnect()
    broker.stop()


def test_who_is_not_let_in_does_not_disturb_the_client_whose_name_it_uses():
    broker = RunningBroker(users={"press-1": "right", GATEWAY_USER: "all"})
    device = FakeDevice(broker.port, "press-1", user="press-1", password="right").connect()
    dropped = threading.Event()
    device.client.on_disconnect = lambda *_: dropped.set()
    with socket.create_connection(("127.0.0.1", broker.port)) as client:
        client.sendall(connect_packet("press-1", user="press-1", password="wrong"))
        assert client.recv(4) == b"\x20\x02\x00\x05"
    gateway = Listener(broker.port, user=(GATEWAY_USER, "all"))
    gateway.client.publish(device.topic("ack"), b'{"birth":1}')
    assert device.wait(lambda: device.birth_acks)
    assert not dropped.is_set()
    gateway.stop()
    device.disconnect()
    broker.stop()


USERS = {"press-1": "1", "press-2": "2", GATEWAY_USER: "all"}


@pytest.fixture
def closed_broker() -> Iterator[RunningBroker]:
    refused: list[Refusal] = []
    running = RunningBroker(users=USERS, on_refused=refused.append)
    running.refused = refused
    yield running
    running.stop()


def test_a_device_speaks_and_hears_on_its_own_topics(closed_broker):
    gateway = Listener(closed_broker.port, "picket/v1/#", user=(GATEWAY_USER, "all"))
    press = FakeDevice(closed_broker.port, "press-1", user="press-1", password="1").connect()
    for kind in ("birth", "death", "data", "alert", "ota_state"):
        press.send(kind, b"{}").wait_for_publish(PATIENCE_S)
    until(lambda: len(gateway.messages) == 5)
    gateway.client.publish(press.topic("ack"), b'{"birth":1}')
    assert press.wait(lambda: press.birth_acks)
    assert closed_broker.refused == []
    press.disconnect()
    gateway.stop()


def test_a_device_cannot_speak_for_another_or_as_the_gateway(closed_broker, caplog):
    gateway = Listener(closed_broker.port, "#", user=(GATEWAY_USER, "all"))
    victim = FakeDevice(closed_broker.port, "press-1", user="press-1", password="1").connect()
    press = FakeDevice(closed_broker.port, "press-2", user="press-2", password="2").connect()
    for topic in (victim.topic("ack"), victim.topic("cmd"), victim.topic("birth"), press.topic("ack"), "news"):
        press.client.publish(topic, b'{"birth":1}', qos=1, retain=True).wait_for_publish(PATIENCE_S)
    press.birth().wait_for_publish(PATIENCE_S)
    until(lambda: gateway.messages)
    assert [topic for topic, _, _ in gateway.messages] == [press.topic("birth")]
    assert not victim.birth_acks and not victim.commands
    assert closed_broker.refused == [Refusal("press-2", Action.PUBLISH, victim.topic("ack"))]
    assert "user press-2 may not publish: picket/v1/plant-a/press-1/ack" in caplog.text
    for client in (victim, press):
        client.disconnect()
    gateway.stop()


@pytest.mark.parametrize(
    "wanted", ["picket/v1/plant-a/press-1/cmd", "picket/v1/+/press-2/ack", "picket/v1/plant-a/press-2/#", "#"]
)
def test_a_device_cannot_listen_elsewhere(closed_broker, wanted):
    packet = struct.pack(">HH", 1, len(wanted)) + wanted.encode() + b"\1"
    with socket.create_connection(("127.0.0.1", closed_broker.port)) as client:
        client.settimeout(PATIENCE_S)
        client.sendall(connect_packet("x", user="press-2", password="2"))
        assert client.recv(4) == b"\x20\x02\x00\x00"
        client.sendall(bytes([0x82, len(packet)]) + packet)
        assert client.recv(5) == b"\x90\x03\x00\x01\x80"
    assert closed_broker.refused == [Refusal("press-2", Action.SUBSCRIBE, wanted)]


def test_a_will_on_a_foreign_topic_is_not_let_in(closed_broker):
    with socket.create_connection(("127.0.0.1", closed_broker.port)) as client:
        client.settimeout(PATIENCE_S)
        will = ("picket/v1/plant-a/press-1/death", b'{"boot":9}')
        client.sendall(connect_packet("x", will=will, user="press-2", password="2"))
        assert client.recv(4) == b"\x20\x02\x00\x05"
    until(lambda: closed_broker.refused == [Refusal("press-2", Action.PUBLISH, will[0])])


def test_the_session_of_another_user_is_not_taken_over(closed_broker):
    away = Listener(closed_broker.port, "picket/v1/#", clean=False, user=(GATEWAY_USER, "all"))
    away.stop()
    press = FakeDevice(closed_broker.port, "press-1", user="press-1", password="1").connect()
    press.raise_alert()
    thief = Listener(closed_broker.port, clean=False, user=("press-2", "2"))
    thief.client.publish("picket/v1/plant-a/press-2/alert", b"{}", qos=1).wait_for_publish(PATIENCE_S)
    back = Listener(closed_broker.port, clean=False, user=(GATEWAY_USER, "all"))
    until(lambda: len(back.messages) == 2)
    assert thief.messages == []
    for client in (thief, back):
        client.stop()
    press.disconnect()


@pytest.mark.parametrize(("host", "users", "lines"), [("0.0.0.0", {}, 1), ("0.0.0.0", USERS, 0), ("127.0.0.1", {}, 0)])
def test_a_broker_that_is_open_to_the_network_says_so(host, users, lines, caplog):
    async def serve() -> None:
        async with serving(host, 0, users=users):
            pass

    asyncio.run(serve())
    assert [record.name for record in caplog.records] == ["picket.gateway"] * lines
    assert caplog.text.count("whoever reaches it may do everything") == lines


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=60))
def test_no_bytes_of_a_stranger_stop_the_broker(fuzzed_broker, noise):
    for first in (noise, connect_packet("noisy") + noise):
        with socket.create_connection(("127.0.0.1", fuzzed_broker.port)) as client:
            client.sendall(first)
    with socket.create_connection(("127.0.0.1", fuzzed_broker.port)) as client:
        client.settimeout(PATIENCE_S)
        client.sendall(connect_packet("fine"))
        assert client.recv(4) == b"\x20\x02\x00\x00"


@pytest.fixture(scope="module")
def fuzzed_broker():
    broker = RunningBroker()
    yield broker
    broker.stop()


def test_tls_serves_who_trusts_the_certificate(tmp_path):
    certificate, key = make_certificate(tmp_path)
    broker = RunningBroker(tls=Tls(certificate, key))
    listener = Listener(broker.port, "x", tls=str(certificate))
    listener.client.publish("x", b"secret")
    until(lambda: listener.messages)
    listener.stop()
    other, _ = make_certificate(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        Listener(broker.port, "x", tls=str(other))
    broker.stop()


def test_a_wrong_or_missing_certificate_is_told(tmp_path):
    certificate, key = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path / "other")
    with pytest.raises(InputError, match="no such file"):
        start_and_fail(tls=Tls(tmp_path / "missing.pem", key))
    with pytest.raises(InputError, match="don't serve"):
        start_and_fail(tls=Tls(certificate, other_key))


def test_a_file_of_users_is_read_and_checked(tmp_path):
    users = tmp_path / "users"
    users.write_text("# fleet\n\npress-1:a:b\npress-2:c\n")
    assert read_users(users) == {"press-1": "a:b", "press-2": "c"}
    for text, message in [("press-1\n", ":1: expected"), ("a:b\n:c\n", ":2: expected"), ("# none\n", "names no user")]:
        users.write_text(text)
        with pytest.raises(InputError) as caught:
            read_users(users)
        assert message in str(caught.value)
    with pytest.raises(InputError):
        read_users(tmp_path / "missing")


def connect_packet(client_id, *, keepalive_s=30, will=None, clean=True, user=None, password=None) -> bytes:
    """The bytes of a CONNECT of MQTT 3.1.1."""

    def text(value: str | bytes) -> bytes:
        raw = value.encode() if isinstance(value, str) else value
        return struct.pack(">H", len(raw)) + raw

    flags = 2 * clean | (4 if will else 0) | (128 if user is not None else 0) | (64 if password is not None else 0)
    fields = [client_id, *(will or ()), *(value for value in (user, password) if value is not None)]
    body = text("MQTT") + struct.pack(">BBH", 4, flags, keepalive_s) + b"".join(map(text, fields))
    return b"\x10" + bytes([len(body)]) + body


def publish_packet(topic: str, payload: bytes) -> bytes:
    body = struct.pack(">H", len(topic)) + topic.encode() + payload
    return b"\x30" + bytes([len(body)]) + body
