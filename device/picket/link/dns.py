"""Names to IPv4 addresses without blocking: an ESP32's getaddrinfo() stops everything while the server is silent."""

import os

from picket import link
from picket.compat import const

_TIMEOUT_MS = const(1500)
_ATTEMPTS = const(2)
_HEADER_BYTES = const(12)
_A_IN = b"\0\x01\0\x01"  # type A, class IN

_known = {}  # host -> its last address, for when the server is silent


def is_address(host):
    """Whether `host` is an IPv4 address already."""
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


async def resolve(host):
    """The IPv4 address of a host, which may be one already. OSError when there is none and none was known before."""
    if is_address(host):
        return host
    from picket.link.datagram import ask

    question = query(host, os.urandom(2))
    fault = None
    for _ in range(_ATTEMPTS):
        try:
            answer = await ask(link.name_server, question, lambda data: answers(data, question), _TIMEOUT_MS)
            _known[host] = address(answer)
            return _known[host]
        except OSError as e:
            fault = e
    if host in _known:
        return _known[host]
    raise OSError("%s: %s" % (host, fault))


def query(host, ident):
    """A question for the A record of `host`; ident: two bytes. OSError when no such name can be."""
    labels = host.encode().split(b".")
    if not all(0 < len(label) < 64 for label in labels):
        raise OSError("no host name")
    name = b"".join([bytes([len(label)]) + label for label in labels])
    return ident + b"\x01\0\0\x01\0\0\0\0\0\0" + name + b"\0" + _A_IN  # recursion desired, one question


def answers(data, question):
    """Whether `data` is a response to this very question."""
    return (
        data[:2] == question[:2]
        and len(data) >= len(question)
        and data[2] & 0x80 != 0
        and data[_HEADER_BYTES : len(question)] == question[_HEADER_BYTES:]
    )


def address(data):
    """The first A record of a response. OSError when there is none, or the response is malformed."""
    if data[3] & 0x0F:
        raise OSError("name server says %d" % (data[3] & 0x0F))
    try:
        at = _after_name(data, _HEADER_BYTES) + 4
        for _ in range(data[6] << 8 | data[7]):
            at = _after_name(data, at)
            size = data[at + 8] << 8 | data[at + 9]
            if data[at : at + 4] == _A_IN and size == 4:
                return "%d.%d.%d.%d" % (data[at + 10], data[at + 11], data[at + 12], data[at + 13])
            at += 10 + size
    except IndexError:
        raise OSError("malformed answer")
    raise OSError("no address")


def _after_name(data, at):
    while data[at]:
        if data[at] & 0xC0 == 0xC0:  # the rest of the name stands elsewhere
            return at + 2
        at += 1 + data[at]
    return at + 1
