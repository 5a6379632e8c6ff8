"""One question and its answer over UDP, without blocking."""

import asyncio
import socket

from picket.compat import const

_LARGEST = const(512)


async def ask(server, question, is_answer, timeout_ms):
    """Send `question` to server, (IPv4 address, port), and return the first datagram for which is_answer(data) holds.

    OSError when there is none within the time limit.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        # Connected: the stack drops what comes from anybody else.
        sock.connect(socket.getaddrinfo(*server)[0][-1])
        sock.send(question)
        return await asyncio.wait_for(_answer(sock, is_answer), timeout_ms / 1000)
    except asyncio.TimeoutError:
        raise OSError("no answer from %s within %d ms" % (server[0], timeout_ms))
    finally:
        sock.close()


async def _answer(sock, is_answer):
    while True:
        await _readable(sock)
        data = sock.recv(_LARGEST)  # a stream's read() would join datagrams
        if is_answer(data):
            return data


def _readable(sock):
    """To be awaited, as MicroPython's own coroutines are."""
    yield asyncio.core._io_queue.queue_read(sock)
