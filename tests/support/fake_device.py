"""A device for the gateway's tests: speaks the wire contract through paho, keeps alerts until they are acknowledged."""

from __future__ import annotations

import json
import threading
import time

import paho.mqtt.client as mqtt

_PATIENCE_S = 120  # for anything that must come; only a failure takes so long


class FakeDevice:
    """One device in one boot.

    ``acked`` holds the (boot, seq) that the gateway acknowledged, ``birth_acks`` the acknowledged boots, ``offers``
    the payloads of ``ota`` as they came (None for a withdrawal), ``commands`` those of ``cmd``, ``pending`` the alerts
    not acknowledged yet.
    """

    def __init__(
        self,
        port: int,
        device: str = "press-1",
        group: str = "plant-a",
        boot: int = 1,
        *,
        user: str | None = None,
        password: str | None = None,
        keepalive_s: int = 30,
    ):
        self.port, self.device, self.group, self.boot = port, device, group, boot
        self.acked: set[tuple[int, int]] = set()
        self.birth_acks: list[int] = []
        self.offers: list[dict | None] = []
        self.commands: list[dict] = []
        self.pending: dict[tuple[int, int], bytes] = {}
        self._seq = 0
        self._keepalive_s = keepalive_s
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device, clean_session=True)
        client.reconnect_delay_set(0.1, 0.5)
        client.will_set(self.topic("death"), json.dumps({"boot": boot}), qos=1, retain=True)
        if user is not None:
            client.username_pw_set(user, password)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_disconnect = lambda *_: self._subscribed.clear()
        client.on_message = self._on_message
        self.client = client

    def topic(self, kind: str) -> str:
        return f"picket/v1/{self.group}/{self.device}/{kind}"

    def connect(self, timeout_s: float = _PATIENCE_S) -> FakeDevice:
        self.client.connect_async("127.0.0.1", self.port, keepalive=self._keepalive_s)
        self.client.loop_start()
        assert self._subscribed.wait(timeout_s), "the broker did not let the device in"
        return self

    def disconnect(self) -> None:
        """Leave in order: no Last Will."""
        self.client.disconnect()
        self.client.loop_stop()

    def power_cut(self) -> None:
        """Vanish: the connection breaks without a DISCONNECT."""
        socket = self.client.socket()
        self.client.loop_stop()
        if socket is not None:
            socket.close()

    def send(self, kind: str, payload: dict | bytes, *, qos: int = 1, retain: bool = False) -> mqtt.MQTTMessageInfo:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
        return self.client.publish(self.topic(kind), raw, qos=qos, retain=retain)

    def birth(self, **changes) -> mqtt.MQTTMessageInfo:
        return self.send("birth", birth_payload(self.boot, **changes), retain=True)

    def raise_alert(self, label: str = "inner", on: bool = True, **changes) -> tuple[int, int]:
        """Raise an alert and send it once; it stays pending until the gateway acknowledges it."""
        self._seq += 1
        key = (self.boot, self._seq)
        raw = json.dumps(alert_payload(*key, label, on, **changes), separators=(",", ":")).encode()
        with self._changed:
            self.pending[key] = raw
        self.send("alert", raw)
        return key

    def resend_until_acked(self, timeout_s: float = _PATIENCE_S, every_s: float = 0.5) -> None:
        """Send what is pending again and again, as a device does, until all of it is acknowledged."""
        deadline = time.monotonic() + timeout_s
        while not self.wait(lambda: not self.pending, every_s):
            assert time.monotonic() < deadline, f"{len(self.pending)} alerts were never acknowledged"
            for raw in list(self.pending.values()):
                self.send("alert", raw)

    def wait(self, condition, timeout_s: float = _PATIENCE_S) -> bool:
        """Wait until ``condition()`` holds after something came; returns whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def _on_connect(self, client, _userdata, _flags, reason, _properties) -> None:
        if not reason.is_failure:
            client.subscribe([(self.topic(kind), 1) for kind in ("ack", "ota", "cmd")])

    def _on_message(self, _client, _userdata, message) -> None:
        with self._changed:
            if message.topic == self.topic("ota"):
                self.offers.append(json.loads(message.payload) if message.payload else None)
            elif message.topic == self.topic("cmd"):
                self.commands.append(json.loads(message.payload))
            elif message.topic == self.topic("ack"):
                answer = json.loads(message.payload)
                if "birth" in answer:
                    self.birth_acks.append(answer["birth"])
                for boot, seq in answer.get("ids", ()):
                    self.acked.add((boot, seq))
                    self.pending.pop((boot, seq), None)
            self._changed.notify_all()


def birth_payload(boot: int = 1, **changes) -> dict:
    return {
        "boot": boot, "app": 1, "model": 1, "model_name": "vibration", "model_sha": "ab" * 4, "engine": "portable",
        "mpy": "6.3",
        "hw": "sim", "state": "confirmed", "highest": 1, "rolled_back": None, "reset": 1,
    } | changes  # fmt: skip


def alert_payload(boot: int, seq: int, label: str = "inner", on: bool = True, **changes) -> dict:
    return {
        "b": boot, "s": seq, "t": 0, "u": 1000 * seq, "w": seq, "k": label, "p": 97, "a": 1250, "on": int(on),
    } | changes  # fmt: skip


def data_payload(boot: int = 1, **changes) -> dict:
    return {
        "boot": boot, "t": 0, "up_ms": 10_000, "win": 40, "missed": 0, "cls": [40, 0, 0, 0], "unc": 0,
        "anom": [0.4, 0.9], "rms": 0.12,
        "tilt": [1.5, -0.2], "heap": 90_000, "heap_low": 70_000, "out": 0, "drop": 0,
        "lat": {"puback_ms": 5, "ack_ms": 12}, "inf_us": 900, "bad": 0, "chk": 0,
    } | changes  # fmt: skip


def state_payload(boot: int = 1, sequence: int = 2, state: str = "DOWNLOADING", **changes) -> dict:
    return {"boot": boot, "sequence": sequence, "state": state, "reason": "", "done": 0, "size": 1000} | changes
