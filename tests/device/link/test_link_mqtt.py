import asyncio

from streams import Streams
from support import cancel, run

from picket.link.mqtt import Session
from picket.link.wire import MqttError

# Golden bytes, put together by hand from the MQTT 3.1.1 standard.
_CONNECT = (
    b"\x10\x38\x00\x04MQTT\x04\xee\x00\x1e"  # user, password, Will retained at QoS 1, clean session; keepalive 30 s
    b"\x00\x0aplant.dev1\x00\x07t/death\x00\x0a{\"boot\":3}\x00\x05us\xc3\xa9r\x00\x04pass"
)
_SUBSCRIBE_1 = b"\x82\x0a\x00\x01\x00\x05t/ack\x01"
_SUBSCRIBE_2 = b"\x82\x0a\x00\x02\x00\x05t/ota\x01"
_CONNACK = b"\x20\x02\x00\x00"
_SUBACKS = b"\x90\x03\x00\x01\x01\x90\x03\x00\x02\x01"
_PATIENCE_MS = 100_000  # longer than a host stands still


class _Device:
    """A session over given streams, with what it has heard."""

    def __init__(self, streams, timeout_ms=_PATIENCE_MS):
        self.streams = streams
        self.messages = []
        self.pubacks = []
        self.session = Session(streams, streams, self._on_message, self._on_puback, timeout_ms, 512)

    def _on_message(self, topic, payload):
        self.messages.append((bytes(topic), bytes(payload)))

    def _on_puback(self, pid, elapsed_ms):
        self.pubacks.append(pid)

    async def open(self, user="us\u00e9r", keepalive_s=30):
        await self.session.open("plant.dev1", user, "pass", keepalive_s, "t/death", b'{"boot":3}', ["t/ack", "t/ota"])

    async def serve_to_the_end(self):
        """Serve until the session fails; the error's text."""
        try:
            await self.session.serve()
        except MqttError as e:
            return str(e)


def _opened(more=b"", ends=True):
    return _Device(Streams(_CONNACK + _SUBACKS + more, ends))


def _after_opening(more):
    """Open, then serve what follows; returns the device and why the session ended."""
    device = _opened(more)

    async def go():
        await device.open()
        device.streams.sent = b""
        return await device.serve_to_the_end()

    return device, run(go())


def _outcome(data):
    """Of a handshake in which the broker says `data` and closes: "open", or the error."""
    device = _Device(Streams(data, True))

    async def go():
        try:
            await device.open()
        except MqttError as e:
            await device.session.close()
            return str(e)
        return "open"

    return run(go())


def test_the_handshake_is_byte_for_byte_as_the_standard_wants():
    device = _opened()
    run(device.open())
    assert device.streams.sent == _CONNECT + _SUBSCRIBE_1 + _SUBSCRIBE_2


def test_without_a_user_none_is_sent():
    device = _opened()
    run(device.open(user=""))
    assert device.streams.sent[9] == 0x2E
    assert b"pass" not in device.streams.sent


def test_a_refusal_says_why():
    assert _outcome(b"\x20\x02\x00\x04") == "refused: bad user or password"
    assert _outcome(b"\x20\x02\x00\x05") == "refused: not authorised"
    assert _outcome(b"\x20\x02\x00\x63") == "refused: 99"
    assert _outcome(_CONNACK + b"\x90\x03\x00\x01\x80") == "subscription to t/ack answered 0x80"


def test_a_message_between_the_subscriptions_is_heard():
    retained = b"\x31\x09\x00\x05t/ack{}"
    device = _Device(Streams(_CONNACK + _SUBACKS[:5] + retained + _SUBACKS[5:], True))
    run(device.open())
    assert device.messages == [(b"t/ack", b"{}")]


def test_a_message_is_acknowledged_before_the_next_suback_is_awaited():
    """A broker may deliver a retained message first, and hold the SUBACK back until it has the PUBACK."""

    class HoldsBack(Streams):
        async def read(self, n):
            if not self.data and self.sent.endswith(b"\x40\x02\x00\x09"):
                self.data = _SUBACKS[5:]
            return await Streams.read(self, n)

    retained = b"\x33\x0b\x00\x05t/ack\x00\x09{}"
    device = _Device(HoldsBack(_CONNACK + _SUBACKS[:5] + retained, False))
    run(device.open())
    assert device.messages == [(b"t/ack", b"{}")]


def test_a_message_before_connack_ends_the_session():
    assert "instead of 0x20" in _outcome(b"\x31\x09\x00\x05t/ack{}" + _CONNACK + _SUBACKS)


def test_a_handshake_cut_at_any_byte_is_an_error():
    whole = _CONNACK + _SUBACKS
    for length in range(len(whole)):
        assert _outcome(whole[:length]) == "closed by the broker", length
    assert _outcome(whole) == "open"


def test_a_handshake_with_any_byte_wrong_never_opens_unless_the_byte_says_nothing_wrong():
    whole = _CONNACK + _SUBACKS
    harmless = {(8, 0), (13, 0)}  # a subscription granted at QoS 0 is legal
    for at in range(len(whole)):
        for value in range(256):
            if value == whole[at]:
                continue
            outcome = _outcome(whole[:at] + bytes([value]) + whole[at + 1 :])
            assert (outcome == "open") == ((at, value) in harmless), (at, value, outcome)


def test_silence_in_the_handshake_ends_by_time():
    for length in (0, 3, 4, 9):
        device = _Device(Streams((_CONNACK + _SUBACKS)[:length]), timeout_ms=20)

        async def go(device=device):
            try:
                await device.open()
            except MqttError as e:
                return str(e)

        assert run(go()) == "no answer within 20 ms"


def test_messages_are_heard_and_acknowledged_at_qos_1():
    device, end = _after_opening(
        b"\x32\x0b\x00\x05t/ack\x12\x34{}" + b"\x30\x07\x00\x05t/ota" + b"\x33\x0a\x00\x05t/ota\x00\x01!"
    )
    assert device.messages == [(b"t/ack", b"{}"), (b"t/ota", b""), (b"t/ota", b"!")]
    assert device.streams.sent == b"\x40\x02\x12\x34\x40\x02\x00\x01"
    assert end == "closed by the broker"


def test_what_a_broker_must_not_say_ends_the_session():
    for wrong in (
        _CONNACK,
        b"\x90\x03\x00\x01\x01",  # SUBACK
        b"\x34\x0a\x00\x05t/ack\x00\x01!",  # QoS 2
        b"\x36\x0a\x00\x05t/ack\x00\x01!",  # QoS 3
        b"\x62\x02\x00\x01",  # PUBREL
        b"\x10\x00",
        b"\xc0\x00",
        b"\xe0\x00",
        b"\xf0\x00",
        b"\x41\x02\x00\x01",  # PUBACK with a flag
        b"\x40\x01\x00",
        b"\x40\x03\x00\x01\x00",
        b"\xd0\x01\x00",
        b"\x30\x00",
        b"\x30\x01\x00",
        b"\x30\x02\x00\x05",
        b"\x30\x06\x00\x05t/ac",
        b"\x32\x07\x00\x05t/ack",  # no room for a packet id
        b"\x32\x08\x00\x05t/ack\x00",
    ):
        device, end = _after_opening(wrong + b"\xd0\x00")
        assert end and end != "closed by the broker", (wrong, end)
        assert device.messages == []


def test_any_byte_of_a_message_may_be_wrong_and_nothing_but_a_clean_end_follows():
    message = b"\x32\x0b\x00\x05t/ack\x12\x34{}" + b"\x40\x02\x00\x03"
    for at in range(len(message)):
        for value in range(0, 256, 5):
            device, end = _after_opening(message[:at] + bytes([value]) + message[at + 1 :])
            assert end, (at, value)


def test_an_oversized_message_is_skipped_and_the_next_one_heard():
    device, end = _after_opening(b"\x32\x89\x08\x00\x05t/ack\x12\x34" + bytes(1024) + b"\x30\x08\x00\x05t/ack!")
    assert device.session.oversized == 1
    assert device.messages == [(b"t/ack", b"!")]
    assert device.streams.sent == b"\x40\x02\x12\x34"


def test_several_messages_are_in_flight_and_acknowledged_in_any_order():
    device = _opened(ends=False)

    async def go():
        await device.open()
        device.streams.sent = b""
        pids = [device.session.publish("t/alert", b"{%d}" % n, 1) for n in range(3)]
        await device.session.flush()
        device.streams.data = b"".join([b"\x40\x02" + pids[n].to_bytes(2, "big") for n in (2, 0, 1)])
        device.streams.data += b"\x40\x02\xff\xff"  # of nobody's
        device.streams.ends = True
        await device.serve_to_the_end()
        return pids

    pids = run(go())
    assert pids == [3, 4, 5]  # 1 and 2 were the subscriptions'
    assert device.pubacks == [5, 3, 4]
    assert device.streams.sent == b"".join([b"\x32\x0e\x00\x07t/alert\x00%c{%d}" % (pids[n], n) for n in range(3)])


def test_flags_of_a_publish():
    device = _opened()

    async def go():
        await device.open()
        sent = []
        for arguments in ((0, False, False), (1, True, False), (1, False, True)):
            device.streams.sent = b""
            device.session.publish("t", b"x", *arguments)
            await device.session.flush()
            sent.append(device.streams.sent)
        return sent

    assert run(go()) == [b"\x30\x04\x00\x01tx", b"\x33\x06\x00\x01t\x00\x03x", b"\x3a\x06\x00\x01t\x00\x04x"]


def test_a_payload_of_any_length_is_framed_right():
    device = _opened()

    async def go():
        await device.open()
        for size, header in ((124, b"\x30\x7f"), (125, b"\x30\x80\x01"), (400, b"\x30\x93\x03")):
            device.streams.sent = b""
            device.session.publish("t", bytes(size))
            await device.session.flush()
            assert device.streams.sent == header + b"\x00\x01t" + bytes(size)

    run(go())


def test_packet_ids_wrap_past_0_and_past_those_in_flight():
    device = _opened()

    async def go():
        await device.open()
        in_flight = device.session.publish("t", b"", 1)
        device.session._last_pid = 0xFFFE  # as after some 65,000 messages
        return [in_flight] + [device.session.publish("t", b"", 1) for _ in range(5)]

    assert run(go()) == [3, 0xFFFF, 1, 2, 4, 5]


def _checked_until_it_fails(device):
    """check() every 5 ms of an open session in which nobody answers for 30 ms; the error's text."""

    async def go():
        await device.open(keepalive_s=0)
        device.session.timeout_ms = 30
        serving = asyncio.create_task(device.serve_to_the_end())
        device.before()
        error = None
        while not error:
            await asyncio.sleep(0.005)
            try:
                device.session.check()
            except MqttError as e:
                error = str(e)
        await cancel(serving)
        return error

    return run(go())


def test_a_missing_puback_ends_the_session():
    device = _opened(ends=False)
    device.before = lambda: device.session.publish("t", b"", 1)
    assert _checked_until_it_fails(device) == "no PUBACK within 30 ms"


def test_a_missing_pingresp_ends_the_session():
    device = _opened(ends=False)
    device.before = lambda: None
    assert _checked_until_it_fails(device) == "no PINGRESP within 30 ms"


def test_a_peer_that_takes_no_data_ends_the_session():
    device = _opened(ends=False)

    def before():
        device.streams.stuck = True
        device.session.publish("t", b"")
        device.flushing = asyncio.create_task(device.session.flush())

    device.before = before
    assert _checked_until_it_fails(device) == "the broker takes no data"


def test_an_answered_ping_keeps_the_session():
    device = _opened(ends=False)

    async def go():
        await device.open(keepalive_s=0)
        device.streams.sent = b""
        serving = asyncio.create_task(device.serve_to_the_end())
        pings = 0
        while pings < 4:  # the next one is sent when the last one was answered
            await asyncio.sleep(0.005)
            device.session.check()
            await device.session.flush()
            if device.streams.sent:
                assert device.streams.sent == b"\xc0\x00"
                device.streams.sent = b""
                device.streams.data = b"\xd0\x00"
                pings += 1
        device.streams.ends = True
        return await serving

    assert run(go()) == "closed by the broker"


def test_closing_closes_the_stream_without_disconnect():
    device = _opened()

    async def go():
        await device.open()
        device.streams.sent = b""
        await device.session.close()

    run(go())
    assert device.streams.closed and device.streams.sent == b""
