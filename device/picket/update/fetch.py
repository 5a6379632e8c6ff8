"""HTTP/1.1 GET over asyncio streams: bounded buffers, a time-out on every wait, resumed after a cut at any byte."""

import asyncio
import hashlib

from picket.compat import const
from picket.update import files
from picket.update.errors import FetchError, Interrupted

_CHUNK = const(1024)
_FLUSH_BYTES = const(4096)  # littlefs rewrites a block that was flushed half full
_MAX_HEAD = const(2048)


def _split(url):
    """(secure, host, port, path) of an http or https address."""
    for scheme, secure, port in (("http://", False, 80), ("https://", True, 443)):
        if url.startswith(scheme):
            host, slash, path = url[len(scheme) :].partition("/")
            host, colon, number = host.partition(":")
            if host and (not colon or number.isdigit()):
                return secure, host, int(number) if colon else port, (slash + path).rstrip("/")
    raise FetchError("the address %s is not an http address" % url)


class Fetcher:
    """Fetches files below one address.

    turn: awaited before each write to the flash, so that writes fall between two windows.
    connect(host, port, secure): coroutine, returns reader and writer.
    `received` counts bytes of bodies that came over the network.
    """

    def __init__(self, url, turn, connect, timeout_s=10):
        self._secure, self._host, self._port, self._path = _split(url)
        self._turn = turn
        self._connect = connect
        self._timeout_s = timeout_s
        self.received = 0

    async def small(self, path, to, limit):
        """Fetch `path`, whose size is not known but at most `limit` bytes, into the file `to`, from its beginning."""
        files.remove(to)
        await self._append(path, to, 0, None, None, limit)

    async def file(self, path, to, size, digest):
        """Fetch `path` into the file `to`, going on behind what already lies there.

        Raises Interrupted (try again), FetchError (the file is not to be had, or is another one; nothing of it stays).
        """
        resumed = files.size(to)
        if resumed > size:
            files.remove(to)
            resumed = -1
        sha = hashlib.sha256()
        if resumed > 0:
            await files.feed(to, sha)
        if resumed < size:
            await self._append(path, to, max(resumed, 0), size, sha)
        if sha.digest() != digest:
            files.remove(to)
            if resumed > 0:
                raise Interrupted("%s: what had arrived before was damaged" % path)
            raise FetchError("%s: the SHA-256 differs from the manifest's" % path)

    async def _append(self, path, to, at, size, sha, limit=0):
        """Fetch what the file lacks behind its `at` bytes; update the hash, if there is one.

        size: bytes of the whole; None: what the server says, if that is at most `limit`.
        """
        reader, writer, body, length = await self._get(path, at)
        try:
            if size is None:
                if length > limit:
                    raise FetchError("%s has %d bytes, at most %d are allowed" % (path, length, limit))
                size = length
            if length != size - at:
                raise FetchError("%s: the server has %d bytes, the manifest says %d" % (path, at + length, size))
            with open(to, "ab") as f:
                while True:
                    self.received += len(body)
                    if sha:
                        sha.update(body)
                    await self._turn()
                    f.write(body)
                    if at // _FLUSH_BYTES < (at + len(body)) // _FLUSH_BYTES:
                        f.flush()
                    at += len(body)
                    if at == size:
                        return
                    body = await self._read(reader, path, min(_CHUNK, size - at))
        except OSError as error:  # what the network does wrong has become Interrupted: this is the flash
            raise FetchError(files.fault(error))
        finally:
            await _close(writer)

    async def _get(self, path, offset):
        """Ask for `path` from `offset` on: reader, writer, the first bytes of the body, and how many the body has."""
        host = self._host
        try:
            opening = self._connect(host, self._port, self._secure)
            reader, writer = await asyncio.wait_for(opening, self._timeout_s)
        except (OSError, asyncio.TimeoutError) as error:
            raise Interrupted("%s:%d can't be reached: %r" % (host, self._port, error))
        except ValueError as error:  # an unusable CA
            raise FetchError("TLS: %s" % error)
        try:
            request = "GET %s/%s HTTP/1.1\r\nHost: %s:%d\r\n" % (self._path, path, host, self._port)
            if offset:
                request += "Range: bytes=%d-\r\n" % offset
            request += "Connection: close\r\n\r\n"
            writer.write(request.encode())
            await self._guard(writer.drain(), path)
            head = b""
            end = -1
            while end < 0:
                if len(head) > _MAX_HEAD:
                    raise FetchError("%s: the server's header is too long" % path)
                head += await self._read(reader, path, 256)
                end = head.find(b"\r\n\r\n")
            length = _judge(path, head[:end], offset)
            body = head[end + 4 :]
            if len(body) > length:
                raise FetchError("%s: the server sent more than it announced" % path)
            return reader, writer, body, length
        except BaseException:  # a task that is cancelled leaves no socket behind, either
            await _close(writer)
            raise

    async def _read(self, reader, path, limit):
        part = await self._guard(reader.read(limit), path)
        if not part:
            raise Interrupted("%s: the connection was closed" % path)
        return part

    async def _guard(self, waiting, path):
        try:
            return await asyncio.wait_for(waiting, self._timeout_s)
        except (OSError, asyncio.TimeoutError) as error:
            raise Interrupted("%s: %r" % (path, error))
        except ValueError as error:  # so does MicroPython's tls refuse a certificate
            raise FetchError("TLS: %s" % error)


def _judge(path, head, offset):
    """The length of the body that a response header announces; raises when it is not what was asked for."""
    lines = head.split(b"\r\n")
    status = lines[0].split(b" ", 2)
    if len(status) < 2 or not lines[0].startswith(b"HTTP/1.") or not status[1].isdigit():
        raise FetchError("%s: the server does not speak HTTP" % path)
    code = int(status[1])
    if code >= 500 or code in (408, 429):
        raise Interrupted("%s: the server answered %d" % (path, code))
    if code == 200 and offset:
        raise FetchError("%s: the server can't resume (no Range)" % path)
    if code != (206 if offset else 200):
        raise FetchError("%s: the server answered %d" % (path, code))
    length = None
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        value = value.strip()
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"content-range" and not value.startswith(b"bytes %d-" % offset):
            raise FetchError("%s: the server sent another range" % path)
    if length is None:
        raise FetchError("%s: the server does not say how long the file is" % path)
    return length


async def _close(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass  # the other side was faster
