"""The gateway at work: an MQTT client that hands messages to one writer thread, which stores, answers, and publishes
offers.

The order is the guarantee: a batch of messages is committed, then answered on the devices' ``ack`` topics, then
acknowledged to the broker. Whatever dies in between, a message is stored, or somebody still has it and sends it
again; the store knows it by its id. One commit covers all that has come meanwhile, so that a slow disk lengthens
batches instead of the queue.
"""

from __future__ import annotations

import json
import logging
import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt

from picket_host.errors import InputError
from picket_host.gateway import releases, wire
from picket_host.gateway.ingest import Event, Outcome, Received, ingest
from picket_host.gateway.store import Store, StoredCommand
from picket_host.gateway.wire import WireError

DEFAULT_KEEP_DAYS = 90.0

_log = logging.getLogger("picket.gateway")

_POLL_S = 0.2  # how soon an offer made by another process is found
_RETRY_S = 1.0  # between attempts to write to a database that is locked or full
_BATCH = 512
# Beyond this, messages are dropped unacknowledged: alerts and births come again from their devices.
_MAX_QUEUED = 20_000
_MAX_COMPLAINTS = 1000
_KEEPALIVE_S = 30
_RECONNECT_S = (0.25, 5)  # first and longest pause
_STOP_TIMEOUT_S = 5
_PRUNE_ROWS = 1000
_PRUNE_PERIOD_S = 3600
_CLIENT_ID_SETTING = "mqtt_client_id"


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and how to log in; ``ca`` is a PEM file, None for the system's own."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: bool = False
    ca: Path | None = None

    @classmethod
    def parse(cls, url: str, ca: Path | None = None) -> BrokerAddress:
        """Read ``mqtt://[user:password@]host[:port]`` or ``mqtts://...``.

        Raises:
            InputError: the address is of another form, or the CA's file is missing.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == -1 or parts.path not in ("", "/"):
            raise InputError("not the address of a broker", _without_password(url), "mqtt://192.168.1.10:1883")
        if ca is not None and not ca.is_file():
            raise InputError("no such file", ca)
        tls = parts.scheme == "mqtts"
        return cls(
            parts.hostname,
            port or (8883 if tls else 1883),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            tls,
            ca,
        )


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A message and what the broker wants to hear about it, on the connection on which it came."""

    received: Received
    packet_id: int
    qos: int
    connection: int


@dataclass(frozen=True, slots=True)
class _ConnectionChange:
    connected: bool
    reason: str


@dataclass(slots=True)
class Health:
    """Messages counted since the start, and whether the broker is there and they are stored; for whoever asks from
    another thread."""

    connected: bool = False
    received: int = 0
    stored: int = 0
    redelivered: int = 0
    rejected: int = 0
    overrun: int = 0
    failed: str | None = None  # what ended the storing, until the gateway has ended

    def as_dict(self) -> dict[str, Any]:
        """As JSON shows it."""
        return asdict(self)


class Service:
    """Takes messages from the broker into the store until stopped.

    Args:
        state: the gateway's state folder; no other service may use it.
        broker: the broker, which need not be there yet.
        base_url: where devices reach this gateway's HTTP server.
        on_event: called for every event, after what it tells of is stored, always from the same thread.
        health: kept up to date.
        keep_days: how long summaries and update states are kept; alerts are kept for ever.
        on_failure: called once, from the writer's thread, when that ends by an error: nothing is stored any more.

    Raises:
        InputError, EnvironmentError_: the state folder or the CA certificate is not usable.
    """

    def __init__(
        self,
        state: Path,
        broker: BrokerAddress,
        base_url: str,
        on_event: Callable[[Event], None] = lambda event: None,
        health: Health | None = None,
        keep_days: float = DEFAULT_KEEP_DAYS,
        on_failure: Callable[[BaseException], None] = lambda error: None,
    ):
        self._store = Store.open(state)
        self._broker = broker
        self._base_url = base_url
        self._on_event = on_event
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[_Incoming | _ConnectionChange | Event] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._turned_away = False
        self._connection_told: bool | None = None
        self._connection = 0  # grows with each change: an acknowledgement belongs to the connection of its message
        self._retained: dict[str, bytes] = {}  # by topic, what the broker shall keep
        self._news_seen: tuple[int, int] | None = None
        self._complained: set[str] = set()
        self._last_sent: mqtt.MQTTMessageInfo | None = None
        self._health = health or Health()
        self._keep_s = keep_days * 86_400
        self._next_prune = 0.0  # monotonic; at once after the start
        try:
            self._client = self._make_client()
        except BaseException:
            self._store.close()
            raise
        self._writer = threading.Thread(target=self._write_until_stopped, name="gateway-writer", daemon=True)

    def start(self) -> None:
        """Connect, and go on connecting whenever the broker is gone."""
        self._writer.start()
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Store and answer what has come, take leave of the broker, close the store."""
        self._stopping.set()
        self._writer.join()
        if self._subscribed.is_set() and self._last_sent is not None:
            with suppress(ValueError, RuntimeError):  # it could not be sent: its device asks again
                self._last_sent.wait_for_publish(_STOP_TIMEOUT_S)
        self._client.disconnect()
        self._client.loop_stop()
        self._store.close()

    def wait_subscribed(self, timeout_s: float) -> bool:
        """Wait until the broker sends what devices say; returns whether it does."""
        return self._subscribed.wait(timeout_s)

    @property
    def turned_away(self) -> bool:
        """Whether an attempt to connect has ever failed: the broker is not there, or does not let this gateway in."""
        return self._turned_away

    def tell(self, event: Event) -> None:
        """Tell of something that happened elsewhere, in its turn."""
        self._queue.put(event)

    # --- in the MQTT client's thread: short, and nothing that can raise ---

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=self._client_id(),
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            try:
                client.tls_set(ca_certs=str(self._broker.ca) if self._broker.ca else None)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                raise InputError(f"not a CA certificate: {error}", self._broker.ca) from error
        client.reconnect_delay_set(*_RECONNECT_S)
        client.max_inflight_messages_set(200)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _client_id(self) -> str:
        """This gateway's own, for ever: the broker keeps a session under it."""
        with self._store.transaction():
            client_id = self._store.setting(_CLIENT_ID_SETTING)
            if client_id is None:
                client_id = f"picket-gateway-{secrets.token_hex(4)}"
                self._store.set_setting(_CLIENT_ID_SETTING, client_id)
        return client_id

    def _on_connect(self, client: mqtt.Client, _userdata, _flags, reason, _properties) -> None:
        if reason.is_failure:
            self._turn_away(f"refused: {reason}")
            return
        self._connection += 1
        client.subscribe(list(wire.SUBSCRIPTIONS))

    def _on_connect_fail(self, _client, _userdata) -> None:
        self._turn_away("can't reach it")

    def _on_subscribe(self, _client, _userdata, _packet_id, reasons, _properties) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self._turn_away("the broker refused a subscription")
            return
        self._subscribed.set()
        self._health.connected = True
        self._queue.put(_ConnectionChange(True, ""))

    def _turn_away(self, reason: str) -> None:
        self._turned_away = True
        self._queue.put(_ConnectionChange(False, reason))

    def _on_disconnect(self, _client, _userdata, _flags, reason, _properties) -> None:
        self._connection += 1
        self._subscribed.clear()
        self._health.connected = False
        self._queue.put(_ConnectionChange(False, str(reason)))

    def _on_message(self, _client, _userdata, message: mqtt.MQTTMessage) -> None:
        self._health.received += 1
        if self._queue.qsize() >= _MAX_QUEUED:
            self._health.overrun += 1
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # rejected with the other topics that no device has
        received = Received(topic, message.payload, message.retain, time.time())
        self._queue.put(_Incoming(received, message.mid, message.qos, self._connection))

    # --- in the writer's thread ---

    def _write_until_stopped(self) -> None:
        try:
            self._write()
        except BaseException as error:
            _log.exception("the gateway stores nothing any more")
            self._health.failed = f"{type(error).__name__}: {error}"
            self._on_failure(error)

    def _write(self) -> None:
        while True:
            batch = self._take()
            if batch:
                self._handle(batch)
            elif self._stopping.is_set():
                return
            else:
                self._prune_when_due()
            self._publish_news()

    def _prune_when_due(self) -> None:
        """Let old summaries go, in small portions and only when nothing else waits."""
        if time.monotonic() < self._next_prune:
            return
        try:
            with self._store.transaction():
                gone = self._store.prune(time.time() - self._keep_s, _PRUNE_ROWS)
        except sqlite3.OperationalError as error:
            _log.error("can't let old summaries go: %s", error)
            gone = 0
        if not gone:
            self._next_prune = time.monotonic() + _PRUNE_PERIOD_S

    def _take(self) -> list[_Incoming | _ConnectionChange | Event]:
        """Return what has come, waiting a moment for the first."""
        batch = []
        try:
            batch.append(self._queue.get(timeout=0 if self._stopping.is_set() else _POLL_S))
            while len(batch) < _BATCH:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _handle(self, batch: Sequence[_Incoming | _ConnectionChange | Event]) -> None:
        incoming = [item for item in batch if isinstance(item, _Incoming)]
        try:
            outcomes = self._ingest([item.received for item in incoming]) if incoming else []
        except sqlite3.OperationalError:
            return  # stopping; what is not answered comes again
        for outcome in outcomes:
            self._answer(outcome)
        for item in incoming:
            if item.qos and item.connection == self._connection:
                self._client.ack(item.packet_id, item.qos)
        for outcome in outcomes:
            self._tell(outcome)
        for item in batch:
            if isinstance(item, _ConnectionChange):
                self._connection_changed(item)
            elif isinstance(item, Event):
                self._emit(item)

    def _ingest(self, messages: Sequence[Received]) -> list[Outcome]:
        """Store a batch; a message that the store can't take is given up alone.

        Raises:
            sqlite3.OperationalError: the database is locked or the disk is full, and the service is being stopped;
                until then this waits for it.
            sqlite3.DatabaseError: the database is damaged.
        """
        while True:
            try:
                return [ingest(self._store, messages)]
            except sqlite3.OperationalError as error:
                _log.error("can't store: %s; nothing is acknowledged until it works again", error)
                if self._stopping.wait(_RETRY_S):
                    raise
            except Exception as error:
                if type(error) is sqlite3.DatabaseError:  # not one of its kinds: the file is damaged
                    raise
                if len(messages) == 1:
                    _log.exception("gave up a message on %r", messages[0].topic)
                    return []
                half = len(messages) // 2
                return self._ingest(messages[:half]) + self._ingest(messages[half:])

    def _answer(self, outcome: Outcome) -> None:
        for source, boot in outcome.births.items():
            self._send(source.topic("ack"), wire.birth_ack(boot))
        for source, ids in outcome.alerts.items():
            for payload in wire.alert_acks(ids):
                self._send(source.topic("ack"), payload)

    def _send(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._last_sent = self._client.publish(topic, payload, qos=1, retain=retain)

    def _tell(self, outcome: Outcome) -> None:
        for event in outcome.events:
            if event.kind == "alert":
                self._health.stored += 1
            elif event.kind == "duplicate":
                self._health.redelivered += 1
            self._emit(event)
        for error in outcome.rejected:
            self._health.rejected += 1
            self._complain(error)

    def _emit(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # who watches must not stop who stores
            _log.exception("could not tell of %s", event.kind)

    def _complain(self, error: WireError) -> None:
        who = str(error.source or "a topic that is no device's")
        if who not in self._complained and len(self._complained) < _MAX_COMPLAINTS:
            self._complained.add(who)
            _log.warning("rejected a message from %s: %s (the next ones are only counted)", who, error.reason)

    def _connection_changed(self, change: _ConnectionChange) -> None:
        told, self._connection_told = self._connection_told, change.connected
        where = f"{self._broker.host}:{self._broker.port}"
        if change.connected:
            # The broker may have forgotten what it had retained: say everything again.
            self._retained.clear()
            self._news_seen = None
            self._emit(Event("connected", time.time(), details={"broker": where}))
        elif told is not False and not self._stopping.is_set():
            _log.warning("no connection to the broker at %s: %s", where, change.reason)
            self._emit(Event("disconnected", time.time(), details={"broker": where, "reason": change.reason}))

    def _publish_news(self) -> None:
        """Publish offers and commands that another process has left in the store."""
        if not self._subscribed.is_set():
            return
        try:
            # A commit of another process may bring some; a device that was not known, an offer to its whole group.
            seen = (self._store.changed_elsewhere(), self._store.device_count())
            if seen == self._news_seen:
                return
            offers = releases.offer_messages(self._store, self._base_url)
            commands = self._store.commands()
        except sqlite3.OperationalError as error:
            _log.error("can't read offers and commands: %s", error)
            return
        for source, payload in offers.items():
            if self._retain(source.topic("ota"), payload):
                self._emit(Event("offer", time.time(), source.group, source.device, {"withdrawn": not payload}))
        if self._publish_commands(commands):
            self._news_seen = seen

    def _publish_commands(self, commands: Sequence[StoredCommand]) -> bool:
        """Noted first, then published: rather a command lost with this process than a board that restarts again and
        again. Whether that could be done; else nothing was published."""
        news = [command for command in commands if not command.sent]
        if news:
            try:
                with self._store.transaction():
                    for command in news:
                        self._store.command_sent(command.id, time.time())
            except sqlite3.OperationalError as error:
                _log.error("can't take note of commands: %s", error)
                return False
        for command in commands:
            publish = self._retain if command.retain else self._send
            publish(command.source.topic("cmd"), command.payload)
        for command in news:
            details = {"command": json.loads(command.payload)["cmd"]}
            self._emit(Event("command", time.time(), command.source.group, command.source.device, details))
        return True

    def _retain(self, topic: str, payload: bytes) -> bool:
        """Let the broker keep this under a topic; whether it is news."""
        if self._retained.get(topic) == payload:
            return False
        self._send(topic, payload, retain=True)
        self._retained[topic] = payload
        return True


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
