"""The device's line to its gateway: keeps an MQTT session up and carries everything that goes over it."""

import asyncio
import json

from picket import log
from picket.compat import const, ticks_ms
from picket.link.backoff import Backoff
from picket.link.delivery import Delivery, Stats, resend_due
from picket.link.mqtt import Session
from picket.link.outbox import MAX_PAYLOAD_BYTES
from picket.link.wire import MqttError
from picket.modules import forget

_CONNECT_TIMEOUT_MS = const(10000)
_WATCH_MS = const(500)
_DRAIN_POLL_MS = const(50)
_MAX_STATES = const(8)
_TAG = "uplink"


class Uplink:
    """run() is its task; everything else returns at once and may be called at any time, connected or not.

    config: as picket.config returns it. outbox: after begin().
    on_offer(offer): the payload of `ota` as a dict, or None when the offer is withdrawn; on_command(command): a dict.
    birth_fn(): a new dict, the birth's payload (`boot` is added here).
    connect, wifi, backoff: in place of picket.link.transport.connect, and of what the configuration says.

    connected: the session stands. birth_acked: asyncio.Event, set while the gateway has stored the last birth.
    """

    def __init__(self, config, outbox, on_offer, on_command, birth_fn, connect=None, wifi=None, backoff=None):
        self.connected = False
        self.birth_acked = asyncio.Event()
        self.stats = Stats()
        self._mqtt = config["mqtt"]
        self._client_id = "%s.%s" % (config["device"]["group"], config["device"]["id"])
        self._prefix = "picket/v1/%s/%s/" % (config["device"]["group"], config["device"]["id"])
        self._outbox = outbox
        self._delivery = Delivery(outbox, self.stats)
        self._on_offer = on_offer
        self._on_command = on_command
        self._birth_fn = birth_fn
        self._connect = connect or _default_connect(self._mqtt)
        self._wifi = wifi or _default_wifi(config["wifi"])
        self._backoff = backoff or Backoff(cap_ms=self._mqtt["retry_max_s"] * 1000)
        self._wake = asyncio.Event()
        self._birth_sent = 0  # ticks of the last attempt
        self._birth_tries = 0
        self._gateway_there = False  # it has acknowledged a birth in this connection
        self._summary = None
        self._states = []  # dicts; the first one may be under way
        self._state_pid = 0
        self._state_dup = False
        self._failed = None
        self._failure = None

    def alert(self, fields, ticks=None):
        """Store an alert and send it when possible.

        fields: the payload without `b` and `s`, which are added; ticks: ticks_ms() of the window's last sample.
        Returns (boot, sequence) once it is on flash; None when there was no room, which is counted in `outbox.dropped`.
        """
        fields["b"], fields["s"] = self._outbox.next_key()
        key = self._outbox.append(_alert_payload(fields))
        if key and ticks is not None and self._gateway_there:
            self._delivery.raised(key[1], ticks)
        self._wake.set()
        return key

    def summary(self, fields):
        """Send a `data` message when no alert waits; a newer one takes its place. Adds boot, out, drop and lat."""
        fields["boot"] = self._outbox.boot
        fields["out"] = len(self._outbox)
        fields["drop"] = self._outbox.dropped
        fields["lat"] = self.stats.take_latency()
        self._summary = fields
        self._wake.set()

    def state(self, fields):
        """Send an `ota_state` message, in order and until a broker has it. Adds boot.

        Progress within one state takes the place of what was not sent yet.
        """
        fields["boot"] = self._outbox.boot
        waiting = self._states[1:] if self._state_pid else self._states
        if waiting and _same_state(waiting[-1], fields):
            self._states.pop()
        elif len(waiting) == _MAX_STATES:
            self._states.remove(waiting[0])
        self._states.append(fields)
        self._wake.set()

    def rebirth(self):
        """Send the birth again: what it says has changed. birth_acked is set again with the gateway's answer."""
        self.birth_acked.clear()
        self._birth_tries = 0
        self._wake.set()

    async def drained(self, timeout_ms):
        """Wait until every ota_state is with a broker; False when that takes longer."""
        waited_ms = 0
        while self._states:
            if waited_ms >= timeout_ms:
                return False
            await asyncio.sleep(_DRAIN_POLL_MS / 1000)
            waited_ms += _DRAIN_POLL_MS
        return True

    @property
    def idle(self):
        """Whether the gateway has everything, and nothing is left to say."""
        return not (len(self._outbox) or self._states or self._summary)

    def rest(self):
        """Switch the radio off; only while run() is not under way."""
        if self._wifi:
            self._wifi.down()

    async def run(self):
        """Connect, serve, and connect again, for ever."""
        while True:
            try:
                await self._connect_and_serve()
            except (OSError, MqttError, MemoryError) as e:  # TLS wants much memory at once; the sensing goes on
                log.warning(_TAG, e)
            except asyncio.TimeoutError:
                log.warning(_TAG, "no connection within", _CONNECT_TIMEOUT_MS, "ms")
            await asyncio.sleep(self._backoff.next_ms() / 1000)

    async def _connect_and_serve(self):
        if self._wifi:
            await self._wifi.up()
        reader, writer = await asyncio.wait_for(self._connect(), _CONNECT_TIMEOUT_MS / 1000)
        session = Session(reader, writer, self._on_message, self._on_puback)
        try:
            await self._open(session)
            log.info(_TAG, "connected to", self._mqtt["host"])
            self._begin()
            await self._serve(session)
        finally:
            self._end()
            self.stats.oversized += session.oversized
            await session.close()

    async def _open(self, session):
        mqtt = self._mqtt
        try:
            await session.open(
                self._client_id,
                mqtt["user"],
                mqtt["password"],
                mqtt["keepalive_s"],
                self._prefix + "death",
                _compact({"boot": self._outbox.boot}),
                [self._prefix + kind for kind in ("ack", "ota", "cmd")],
            )
        finally:
            forget("link.handshake")

    def _begin(self):
        self.connected = True
        self.stats.connects += 1
        self._birth_tries = 0
        self._state_pid = 0
        self._delivery.begin()

    def _end(self):
        self.connected = False
        self._gateway_there = False
        self.birth_acked.clear()

    async def _serve(self, session):
        """Receive, send and watch until one of the three fails, then end the others."""
        self._failed = asyncio.Event()
        parts = (session.serve(), self._send(session), self._watch(session))
        tasks = [asyncio.create_task(self._until_failure(part)) for part in parts]
        try:
            await self._failed.wait()
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                try:
                    await task
                except asyncio.CancelledError:
                    pass
        raise self._failure

    async def _until_failure(self, part):
        try:
            await part
        except Exception as e:  # raised again by _serve(), errors of ours included
            self._failure = e
            self._failed.set()

    async def _send(self, session):
        while True:
            self._wake.clear()
            while self._send_next(session):
                await session.flush()
            await session.flush()  # a PINGREQ
            await self._wake.wait()

    async def _watch(self, session):
        while True:
            await asyncio.sleep(_WATCH_MS / 1000)
            session.check()
            self._wake.set()

    def _send_next(self, session):
        """Publish the most urgent message that is due; False when there is none."""
        if not self._birth_tries or (not self.birth_acked.is_set() and resend_due(self._birth_sent, self._birth_tries)):
            self._birth_sent = ticks_ms()
            self._birth_tries += 1
            birth = self._birth_fn()
            birth["boot"] = self._outbox.boot
            session.publish(self._prefix + "birth", _compact(birth), 1, True)
            return True
        # Before the gateway has answered, alerts would only fill the broker's queues.
        if self._gateway_there and self._delivery.send_next(self._prefix + "alert", session):
            return True
        if self._states and not self._state_pid:
            self._state_pid = session.publish(
                self._prefix + "ota_state", _compact(self._states[0]), 1, False, self._state_dup
            )
            self._state_dup = True
            return True
        if self._summary:
            session.publish(self._prefix + "data", _compact(self._summary))
            self._summary = None
            return True
        return False

    def _on_puback(self, pid, elapsed_ms):
        if pid == self._state_pid:
            self._states.pop(0)
            self._state_pid = 0
            self._state_dup = False
        else:
            self._delivery.on_puback(pid)
        self._wake.set()

    def _on_message(self, topic, payload):
        kind = topic[len(self._prefix) :]
        try:
            message = json.loads(payload) if payload else None
            if kind == b"ack":
                self._on_ack(message)
            elif kind == b"ota":
                self._on_offer(_object(message) if payload else None)
            elif kind == b"cmd":
                self._on_command(_object(message))
            else:
                raise ValueError("topic")
        # RuntimeError and MemoryError: nested too deeply. A callback finds fault with KeyError or TypeError.
        except (ValueError, TypeError, KeyError, RuntimeError, MemoryError) as e:
            self.stats.bad_inbound += 1
            log.warning(_TAG, "message ignored:", kind, repr(e))

    def _on_ack(self, message):
        message = _object(message)
        if message.get("birth") == self._outbox.boot and self._birth_tries:
            self._backoff.reset()
            self._gateway_there = True
            self.birth_acked.set()
        for boot, seq in message.get("ids", ()):
            if type(boot) is not int or type(seq) is not int:
                raise ValueError("ids")
            self._delivery.on_ack(boot, seq)
        self._wake.set()


def _compact(fields):
    return json.dumps(fields, separators=(",", ":")).encode()


def _alert_payload(fields):
    payload = _compact(fields)
    while len(payload) > MAX_PAYLOAD_BYTES and fields["k"]:
        fields["k"] = fields["k"][:-1]  # rather a short label than no alert
        payload = _compact(fields)
    return payload


def _same_state(one, other):
    return one["state"] == other["state"] and one["sequence"] == other["sequence"]


def _object(message):
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def _default_connect(mqtt):
    from picket.link import transport

    context = None

    async def connect():
        nonlocal context
        if mqtt["tls"] and not context:
            context = transport.tls_context(mqtt["ca"])
        return await transport.connect(mqtt["host"], mqtt["port"], context)

    return connect


def _default_wifi(wifi):
    if not wifi["ssid"]:
        return None
    from picket.link.wifi import Wifi

    return Wifi(wifi)
