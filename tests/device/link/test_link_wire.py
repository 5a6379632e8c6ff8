from support import error_of

from picket.link.wire import CHUNK_BYTES, MqttError, Pending, Wire

_LIMIT = 300


def _publish(topic, payload, qos=0, pid=7):
    """An MQTT 3.1.1 PUBLISH, put together from the standard."""
    body = len(topic).to_bytes(2, "big") + topic + (pid.to_bytes(2, "big") if qos else b"") + payload
    return bytes([0x30 | qos << 1]) + _length(len(body)) + body


def _length(length):
    encoded = b""
    while True:
        length, low = length >> 7, length & 0x7F
        encoded += bytes([low | (0x80 if length else 0)])
        if not length:
            return encoded


def _packets(wire, data, step):
    """What comes out when data arrives `step` bytes at a time, as (first byte, body)."""
    found = []
    for at in range(0, len(data), step):
        wire.feed(data[at : at + step])
        while True:
            first = wire.next()
            if not first:
                break
            found.append((first, bytes(wire.body())))
    return found


def test_packets_come_out_whole_however_the_bytes_arrive():
    big = _publish(b"t/ota", bytes(range(250)), 1)
    data = b"\x20\x02\0\0" + big + b"\xd0\0" + b"\x40\x02\0\x09" + _publish(b"t/ack", b"") + big
    expected = [(0x20, b"\0\0"), (0x32, big[3:]), (0xD0, b""), (0x40, b"\0\x09")]
    expected += [(0x30, b"\0\x05t/ack"), (0x32, big[3:])]
    for step in (1, 2, 3, 7, 64, CHUNK_BYTES):
        assert _packets(Wire(_LIMIT), data, step) == expected, step


def test_a_packet_of_exactly_the_limit_is_taken():
    packet = _publish(b"t", bytes(_LIMIT - 3))
    assert len(_packets(Wire(_LIMIT), packet, 100)) == 1


def test_a_longer_message_is_skipped_counted_and_at_qos_1_acknowledged():
    for length in (_LIMIT - 2, 2 * _LIMIT, 100000):
        for qos in (0, 1):
            for step in (1, 11, CHUNK_BYTES):
                if step == 1 and length > 1000:
                    continue
                wire = Wire(_LIMIT)
                data = _publish(b"t", bytes(length), qos, 0x1234) + b"\xd0\0"
                assert _packets(wire, data, step) == [(0xD0, b"")]
                assert wire.oversized == 1
                assert bytes(wire.take()) == (b"\x40\x02\x12\x34" if qos else b"")


def test_what_is_too_long_and_no_message_ends_the_connection():
    for first in (0x20, 0x40, 0x90, 0xD0):
        error_of(MqttError, _packets, Wire(_LIMIT), bytes([first]) + _length(_LIMIT + 1), 1)


def test_a_topic_longer_than_the_limit_ends_the_connection():
    error_of(MqttError, _packets, Wire(_LIMIT), b"\x30" + _length(70000) + b"\xff\xff", 1)


def test_a_remaining_length_of_five_bytes_ends_the_connection():
    error_of(MqttError, _packets, Wire(_LIMIT), b"\x30\xff\xff\xff\xff\x01", 1)
    assert _packets(Wire(_LIMIT), b"\x30\xff\xff\xff", 1) == []


def test_a_packet_of_type_0_ends_the_connection():
    error_of(MqttError, _packets, Wire(_LIMIT), b"\0\0", 1)


def test_reading_past_a_packet_is_an_error_and_without_one_means_wait():
    wire = Wire(_LIMIT)
    error_of(Pending, wire.read, 1)
    wire.feed(b"\x40\x02\0\x09")
    assert wire.next() == 0x40
    error_of(Pending, wire.read, 1)
    wire.readable = True
    assert wire.read(3) == b"\x40\x02\0"
    error_of(MqttError, wire.read, 2)
    error_of(MqttError, wire.read, -1)
    assert wire.read(1) == b"\x09"
    assert wire.read(0) == b""
    error_of(MqttError, wire.read, 1)


def test_writes_are_gathered_until_taken():
    wire = Wire(_LIMIT)
    wire.write(b"\xc0\0rest", 2)
    wire.write(b"abc")
    assert bytes(wire.take()) == b"\xc0\0abc"
    assert bytes(wire.take()) == b""
