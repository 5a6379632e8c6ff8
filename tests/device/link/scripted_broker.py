"""A broker and gateway without a network, for tests of the uplink: answers as far as it is told to."""

import json

from streams import Streams


class ScriptedBroker:
    """connect() is what the uplink calls. `received`: (kind, payload as dict, flags of the PUBLISH) in order.

    Switches: reachable, pubacks, gateway (acknowledges births and alerts). Each may be turned while it runs.
    """

    def __init__(self, prefix):
        self.reachable = True
        self.pubacks = True
        self.gateway = True
        self.received = []
        self.connects = []  # the CONNECT packets
        self.topics = []
        self._prefix = prefix
        self._line = None

    async def connect(self):
        if not self.reachable:
            raise OSError(111)
        self._line = _Line(self)
        return self._line, self._line

    def drop(self):
        """Close the connection."""
        self._line.ends = True

    def say(self, kind, payload):
        """Publish to the device at QoS 0."""
        topic = (self._prefix + kind).encode()
        body = len(topic).to_bytes(2, "big") + topic + payload
        assert len(body) < 128
        self._line.data += bytes([0x30, len(body)]) + body

    def kinds(self):
        return [kind for kind, _, _ in self.received]

    def of_kind(self, kind):
        return [payload for k, payload, _ in self.received if k == kind]

    def on_packet(self, first, body):
        if first == 0x10:
            self.connects.append(body)
            self._line.data += b"\x20\x02\x00\x00"
        elif first == 0x82:
            self.topics.append(body[4:-1].decode())
            self._line.data += b"\x90\x03" + body[:2] + b"\x01"
        elif first == 0xC0:
            self._line.data += b"\xd0\x00"
        elif first & 0xF0 == 0x30:
            self._on_publish(first & 0x0F, body)

    def _on_publish(self, flags, body):
        end = 2 + (body[0] << 8 | body[1])
        kind = body[2:end].decode()[len(self._prefix) :]
        if flags & 2:
            if self.pubacks:
                self._line.data += b"\x40\x02" + body[end : end + 2]
            end += 2
        payload = json.loads(body[end:])
        self.received.append((kind, payload, flags))
        if self.gateway and kind == "birth":
            self.say("ack", b'{"birth":%d}' % payload["boot"])
        elif self.gateway and kind == "alert":
            self.say("ack", b'{"ids":[[%d,%d]]}' % (payload["b"], payload["s"]))


class _Line(Streams):
    def __init__(self, broker):
        super().__init__()
        self._broker = broker

    def write(self, data):
        super().write(data)
        while True:
            packet = _first_packet(self.sent)
            if not packet:
                return
            first, body, size = packet
            self.sent = self.sent[size:]
            self._broker.on_packet(first, body)


def _first_packet(data):
    """(first byte, body, size) of the packet that `data` begins with, None when it is not whole."""
    length = shift = 0
    for at in range(1, len(data)):
        length |= (data[at] & 0x7F) << shift
        shift += 7
        if not data[at] & 0x80:
            size = at + 1 + length
            return (data[0], data[at + 1 : size], size) if size <= len(data) else None
    return None
