"""The gateway's HTTP server: releases, read-only and resumable, and a health page.

GET /releases/<sequence>/<path>     with Range, If-Range, If-None-Match; the ETag is the content's SHA-256
GET /health                         JSON; 200 while the gateway is connected to its broker and stores, else 503
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from picket_host.errors import EnvironmentError_

_CHUNK_BYTES = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class _Unsatisfiable(Exception):
    """The requested range lies wholly behind the end."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return (first, behind the last) of a Range header's one range, or None where the whole is to be sent.

    What is not understood (another unit, several ranges, nonsense) is ignored, as RFC 9110 14.2 allows.

    Raises:
        _Unsatisfiable: the range holds no byte of the file.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last), size - 1) + 1 if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise _Unsatisfiable
    return start, stop


class _Files:
    """Finds files below a folder, and knows their hashes."""

    def __init__(self, root: Path):
        self._root = root
        self._hashes: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def find(self, sequence: str, path: str) -> Path | None:
        parts = path.split("/")
        if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
            return None
        root = (self._root / sequence).resolve()
        try:
            found = root.joinpath(*parts).resolve()
            return found if found.is_relative_to(root) and found.is_file() else None
        except OSError:  # a name that is too long
            return None

    def sha256(self, path: Path) -> str:
        """The hash of the content, computed again only when the file has changed."""
        stat = path.stat()
        version = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        known = self._hashes.get(path)
        if known is None or known[0] != version:
            with path.open("rb") as file:
                known = (version, hashlib.file_digest(file, "sha256").hexdigest())
            self._hashes[path] = known
        return known[1]


class _Server:
    def __init__(self, releases: Path, health: Callable[[], dict[str, Any]]):
        self._files = _Files(releases)
        self._health = health

    async def release_file(self, request: web.Request) -> web.StreamResponse:
        path = self._files.find(request.match_info["sequence"], request.match_info["path"])
        if path is None:
            raise web.HTTPNotFound(text="no such file\n")
        etag = f'"{self._files.sha256(path)}"'
        size = path.stat().st_size
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if etag in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")):
            return web.Response(status=304, headers={"ETag": etag})
        # If-Range: what the client has is of another content, so it gets the whole (RFC 9110 13.1.5).
        wanted = request.headers.get("Range") if request.headers.get("If-Range", etag) == etag else None
        try:
            chosen = byte_range(wanted, size)
        except _Unsatisfiable:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{size}", "ETag": etag})
        start, stop = chosen or (0, size)
        response = web.StreamResponse(status=206 if chosen else 200, headers=headers)
        if chosen:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        response.content_length = stop - start
        with suppress(ConnectionResetError):  # the device is gone; it comes back and goes on from what it has
            await response.prepare(request)
            if request.method != "HEAD":
                await _send(response, path, start, stop)
            await response.write_eof()
        return response

    async def health(self, _: web.Request) -> web.Response:
        state = self._health()
        return web.json_response(state, status=200 if state["connected"] and not state.get("failed") else 503)


async def _send(response: web.StreamResponse, path: Path, start: int, stop: int) -> None:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop:
            chunk = file.read(min(_CHUNK_BYTES, stop - start))
            if not chunk:  # the file has shrunk: the client sees too few bytes and asks again
                return
            await response.write(chunk)
            start += len(chunk)


@asynccontextmanager
async def serving(host: str, port: int, releases: Path, health: Callable[[], dict[str, Any]]) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port (``port`` 0 lets the system choose).

    Args:
        releases: the folder whose sub-folders are named after sequences.
        health: returns what ``/health`` shows; its keys ``connected`` and ``failed`` decide on the status.

    Raises:
        EnvironmentError_: the port is in use or can't be bound.
    """
    server = _Server(releases, health)
    application = web.Application()
    # add_get answers HEAD as well; everything else is 405.
    application.router.add_get(r"/releases/{sequence:\d{1,10}}/{path:.+}", server.release_file)
    application.router.add_get("/health", server.health)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise EnvironmentError_(
                    f"port {port} is in use", "HTTP server", "--http-port with another port, or 0 for any free one"
                ) from error
            raise EnvironmentError_(
                f"can't listen on {host}:{port}: {error.strerror or error}", "HTTP server"
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
