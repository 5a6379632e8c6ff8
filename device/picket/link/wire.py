"""What umqtt takes for its socket: gathers the packets it writes, hands out received ones, and never waits."""

from picket.compat import const

_MAX_HEADER_BYTES = const(5)
_PUBLISH = const(0x30)
_QOS_BITS = const(0x06)
_QOS_1 = const(0x02)

CHUNK_BYTES = const(256)  # the most that one feed() takes


class MqttError(Exception):
    """The connection is of no use any more; the text says why."""


class Pending(Exception):
    """umqtt wants to read on, but there is nothing for it to wait for here."""


class Wire:
    """`out` holds what is to be sent. feed() what was received, then next() until it returns 0.

    umqtt reads the packet at hand while `readable` is set; otherwise it learns that nothing is there.
    A message of more than `max_packet` bytes is skipped: counted in `oversized` and, so that the broker
    does not send it for ever, acknowledged.
    """

    def __init__(self, max_packet):
        self.out = bytearray()
        self.readable = False
        self.oversized = 0
        self._max_packet = max_packet
        self._in = memoryview(bytearray(max_packet + _MAX_HEADER_BYTES + CHUNK_BYTES))
        self._start = self._at = self._end = 0  # of the packet at hand: first byte, next to be read, after its last
        self._have = 0
        self._skip = 0

    # What umqtt calls; connect() also takes its socket from here.

    def socket(self):
        return self

    def getaddrinfo(self, host, port):
        return ((host, port),)

    def connect(self, address):
        pass

    def setblocking(self, flag):
        pass

    def write(self, data, size=None):
        self.out += data if size is None else data[:size]

    def read(self, size):
        if not self.readable:
            raise Pending
        if not 0 <= size <= self._end - self._at:
            raise MqttError("packet shorter than its fields")
        data = bytes(self._in[self._at : self._at + size])
        self._at += size
        return data

    # What the session calls.

    def take(self):
        """The bytes to be sent, which are then no longer here."""
        out = self.out
        self.out = bytearray()
        return out

    def feed(self, data):
        """Take in at most CHUNK_BYTES received bytes; everything that next() finds must have been consumed before."""
        left = self._have - self._end
        self._in[:left] = self._in[self._end : self._have]
        self._in[left : left + len(data)] = data
        self._have = left + len(data)
        self._start = self._at = self._end = 0

    def next(self):
        """Make the next whole packet readable. Returns its first byte, 0 when more bytes must come first."""
        while True:
            self._start = self._at = self._end
            if self._skip:
                skipped = min(self._skip, self._have - self._end)
                self._end += skipped
                self._skip -= skipped
                if self._skip:
                    return 0
                continue
            have = self._have - self._start
            length, header = self._remaining_length(have)
            if not header:
                return 0
            first = self._in[self._start]
            if length > self._max_packet:
                if not self._begin_skip(first, header, length, have):
                    return 0
            elif header + length > have:
                return 0
            else:
                if not first & 0xF0:
                    raise MqttError("packet of type 0")
                self._end = self._start + header + length
                return first

    def body(self):
        """The packet at hand after its header, as umqtt has not read it."""
        at = self._start + 1
        while self._in[at] & 0x80:
            at += 1
        return self._in[at + 1 : self._end]

    def _remaining_length(self, have):
        """(remaining length, length of the header), (0, 0) while the header is not whole."""
        length = 0
        for k in range(1, min(have, _MAX_HEADER_BYTES)):
            byte = self._in[self._start + k]
            length |= (byte & 0x7F) << (7 * k - 7)
            if not byte & 0x80:
                return length, k + 1
        if have >= _MAX_HEADER_BYTES:
            raise MqttError("remaining length of more than four bytes")
        return 0, 0

    def _begin_skip(self, first, header, length, have):
        """Pass over a message that is too long; False while its topic and packet id are not whole."""
        if first & 0xF0 != _PUBLISH:
            raise MqttError("packet 0x%02x of %d bytes" % (first, length))
        if have < header + 2:
            return False
        at = self._start + header
        head = 2 + (self._in[at] << 8 | self._in[at + 1])
        if first & _QOS_BITS:
            head += 2
        if head > self._max_packet:
            raise MqttError("topic of more than %d bytes" % self._max_packet)
        if have < header + head:
            return False
        if first & _QOS_BITS == _QOS_1:
            self.write(b"\x40\x02")
            self.write(self._in[at + head - 2 : at + head])
        self.oversized += 1
        self._skip = header + length
        return True
