"""One MQTT 3.1.1 connection. umqtt.simple makes and reads the packets; every wait is ours, and none is without end."""

import asyncio

from picket.compat import const, ticks_diff, ticks_ms
from picket.link.wire import CHUNK_BYTES, MqttError, Pending, Wire

_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_PINGRESP = const(0xD0)
_DUP = const(0x08)
_QOS_2 = const(0x04)  # and the illegal 3


class Session:
    """Over an open pair of streams: open(), then serve() in one task while others publish(), flush() and check().

    on_message(topic, payload): bytes each; on_puback(packet_id, elapsed_ms). Neither may publish or raise.
    max_packet: longer messages are skipped and counted in `oversized`.
    """

    def __init__(self, reader, writer, on_message, on_puback, timeout_ms=10000, max_packet=1024):
        self.timeout_ms = timeout_ms
        self._reader = reader
        self._writer = writer
        self._on_message = on_message
        self._on_puback = on_puback
        self._wire = Wire(max_packet)
        self._codec = None
        self._half_keepalive_ms = 0
        self._last_pid = 0
        self._unacked = {}  # packet id -> ticks when it was published
        self._sent = self._received = ticks_ms()
        self._pinged = None  # ticks of a PINGREQ without PINGRESP
        self._draining = None  # ticks since when the socket has not taken all
        self._turn = asyncio.Lock()

    @property
    def oversized(self):
        return self._wire.oversized

    async def open(self, client_id, user, password, keepalive_s, will_topic, will, topics):
        """CONNECT with a clean session and a retained Will at QoS 1, then SUBSCRIBE to `topics` at QoS 1.

        Texts are str, the Will is bytes. MqttError when the broker refuses, errs or does not answer in time.
        """
        from picket.link.handshake import shake_hands  # whoever opens sessions seldom may forget the module in between

        try:
            await asyncio.wait_for(
                shake_hands(self, client_id, user, password, keepalive_s, will_topic, will, topics),
                self.timeout_ms / 1000,
            )
        except asyncio.TimeoutError:
            raise MqttError("no answer within %d ms" % self.timeout_ms)
        except ValueError as e:
            # So does MicroPython's tls refuse a certificate, one line for each fault.
            raise MqttError("TLS: %s" % " ".join(str(e).split()))

    def publish(self, topic, payload, qos=0, retain=False, dup=False):
        """Put a PUBLISH among what flush() sends. topic: str; payload: bytes. Returns the packet id, 0 at QoS 0."""
        start = len(self._wire.out)
        pid = self._take_pid() if qos else 0
        self._codec.pid = pid - 1
        try:
            self._codec.publish(topic.encode(), payload, retain, qos)
        except Pending:  # for the PUBACK, which serve() will see
            self._unacked[pid] = ticks_ms()
        if dup:
            self._wire.out[start] |= _DUP
        return pid

    async def flush(self):
        """Send what was put together; one task at a time, one write for all that is there."""
        async with self._turn:
            while self._wire.out:
                self._sent = self._draining = ticks_ms()
                self._writer.write(self._wire.take())
                await self._writer.drain()
            self._draining = None

    async def serve(self):
        """Receive until the connection ends, which is always an exception: MqttError or OSError."""
        while True:
            first = self._wire.next()
            if first:
                self._handle(first)
            else:
                await self.flush()
                await self._receive()

    def check(self):
        """To be called every second or so: MqttError when a wait has lasted too long; a PINGREQ when it is time."""
        now = ticks_ms()
        if self._draining is not None and ticks_diff(now, self._draining) > self.timeout_ms:
            raise MqttError("the broker takes no data")
        for since in self._unacked.values():
            if ticks_diff(now, since) > self.timeout_ms:
                raise MqttError("no PUBACK within %d ms" % self.timeout_ms)
        if self._pinged is not None:
            if ticks_diff(now, self._pinged) > self.timeout_ms:
                raise MqttError("no PINGRESP within %d ms" % self.timeout_ms)
        elif self._half_keepalive_ms < max(ticks_diff(now, self._sent), ticks_diff(now, self._received)):
            # Also when only we talk: a dead connection swallows what is sent for a long time.
            self._pinged = now
            self._codec.ping()

    async def close(self):
        """Close the streams without DISCONNECT: whatever ended the session, the broker shall publish the Will."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass  # it was broken before

    async def _receive(self):
        data = await self._reader.read(CHUNK_BYTES)
        if not data:
            raise MqttError("closed by the broker")
        self._received = ticks_ms()
        self._wire.feed(data)

    def _handle(self, first):
        if first & 0xF0 == _PUBLISH:
            if first & _QOS_2:
                raise MqttError("message at QoS 2 or 3")
            self._wire.readable = True
            try:
                self._codec.wait_msg()  # calls on_message, and at QoS 1 writes the PUBACK
            finally:
                self._wire.readable = False
            return
        body = self._wire.body()
        if first == _PUBACK and len(body) == 2:
            pid = body[0] << 8 | body[1]
            since = self._unacked.pop(pid, None)
            if since is not None:
                self._on_puback(pid, ticks_diff(ticks_ms(), since))
        elif first == _PINGRESP and not len(body):
            self._pinged = None
        else:
            raise MqttError("unexpected packet 0x%02x of %d bytes" % (first, len(body)))

    def _take_pid(self):
        pid = self._last_pid
        while True:
            pid = pid % 0xFFFF + 1  # 1..65535: 0 is no packet id
            if pid not in self._unacked:
                self._last_pid = pid
                return pid
