"""The HTTP server: whole files, ranges that resume, hashes as tags, and nothing outside the releases."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
import threading

import pytest
from gateway_harness import PATIENCE_S
from hypothesis import given
from hypothesis import strategies as st

from picket_host.errors import EnvironmentError_
from picket_host.gateway.http import _Unsatisfiable, byte_range, serving

CONTENT = bytes(range(256)) * 1000
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


class Server:
    def __init__(self, root):
        self.root = root
        self.health = {"connected": True, "stored": 3}
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        started = threading.Event()

        async def serve():
            async with serving("127.0.0.1", 0, root / "releases", lambda: self.health) as self.port:
                started.set()
                await self._stop.wait()

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()), daemon=True)
        self._thread.start()
        assert started.wait(PATIENCE_S)

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    def ask(self, path, method="GET", **headers):
        """Status, headers and body of one request; ``If_Range=`` becomes ``If-Range:``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("http")
    (root / "releases" / "2" / "model").mkdir(parents=True)
    (root / "releases" / "2" / "model" / "model.tflite").write_bytes(CONTENT)
    (root / "releases" / "2" / "empty").write_bytes(b"")
    (root / "releases" / "3").mkdir()
    (root / "releases" / "3" / "link").symlink_to(root / "gateway.db")
    (root / "gateway.db").write_bytes(b"secret")
    running = Server(root)
    yield running
    running.stop()


FILE = "/releases/2/model/model.tflite"


def test_a_whole_file(server):
    status, headers, body = server.ask(FILE)
    assert (status, body) == (200, CONTENT)
    assert headers["ETag"] == TAG
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(len(CONTENT))


def test_head_tells_the_same_without_a_body(server):
    status, headers, body = server.ask(FILE, "HEAD")
    assert (status, body) == (200, b"")
    assert (headers["ETag"], headers["Content-Length"]) == (TAG, str(len(CONTENT)))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0), ("bytes=100-", 100, 255_999), ("bytes=255999-", 255_999, 255_999), ("bytes=5-9", 5, 9),
        ("bytes=-10", 255_990, 255_999), ("bytes=-9999999", 0, 255_999), ("bytes=10-9999999", 10, 255_999),
    ],
)  # fmt: skip
def test_a_range(server, asked, first, last):
    status, headers, body = server.ask(FILE, Range=asked)
    assert (status, body) == (206, CONTENT[first : last + 1])
    assert headers["Content-Range"] == f"bytes {first}-{last}/256000"
    assert headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=999999-1000000", "bytes=-0"])
def test_a_range_behind_the_end(server, asked):
    status, headers, _ = server.ask(FILE, Range=asked)
    assert (status, headers["Content-Range"]) == (416, "bytes */256000")


@pytest.mark.parametrize(
    "asked", ["bytes=9-5", "bytes=1-2,4-5", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes 1-2"]
)
def test_a_range_that_is_not_understood_is_ignored(server, asked):
    status, _, body = server.ask(FILE, Range=asked)
    assert (status, body) == (200, CONTENT)


def test_an_empty_file_has_no_range(server):
    assert server.ask("/releases/2/empty")[::2] == (200, b"")
    assert server.ask("/releases/2/empty", Range="bytes=0-")[0] == 416


def test_a_resumed_download_of_the_same_content_goes_on(server):
    assert server.ask(FILE, Range="bytes=1000-", If_Range=TAG)[::2] == (206, CONTENT[1000:])


def test_a_resumed_download_of_other_content_starts_anew(server):
    assert server.ask(FILE, Range="bytes=1000-", If_Range='"other"')[::2] == (200, CONTENT)
    assert server.ask(FILE, Range="bytes=1000-", If_Range="Sun, 22 Nov 2026 12:00:00 GMT")[0] == 200


def test_what_the_client_has_is_not_sent_again(server):
    assert server.ask(FILE, If_None_Match=f'"x", {TAG}')[::2] == (304, b"")


def test_the_tag_follows_the_content(server):
    path = server.root / "releases" / "2" / "changing"
    tags = []
    for content in (b"one", b"two"):
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        tags.append(server.ask("/releases/2/changing")[1]["ETag"])
    assert tags == [f'"{hashlib.sha256(content).hexdigest()}"' for content in (b"one", b"two")]


def test_a_download_resumed_at_every_cut_is_whole(server):
    received, size = b"", len(CONTENT)
    while len(received) < size:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            request = f"GET {FILE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes={len(received)}-\r\n\r\n"
            client.sendall(request.encode())
            head, _, body = client.makefile("rb").read(20_000).partition(b"\r\n\r\n")  # then the power is cut
        assert head.startswith(b"HTTP/1.1 206")
        received += body
    assert received == CONTENT


@pytest.mark.parametrize(
    "path",
    [
        "/releases/2/../../gateway.db", "/releases/2/%2e%2e/%2e%2e/gateway.db", "/releases/2/..%2f..%2fgateway.db",
        "/releases/2//gateway.db", "/releases/2/model/..", "/releases/2/model/../../../gateway.db",
        "/releases/../gateway.db",
        "/releases/2/%2fetc%2fpasswd", "/releases/2/..%5c..%5cgateway.db", "/releases/2/a%00b", "/releases/2/model",
        "/releases/2/",
        "/releases/2", "/releases/", "/", "/gateway.db", "/releases/3/link", "/releases/9/release.json",
        "/releases/x/release.json",
        "/releases/2/" + "x" * 300, "/releases/.incoming-x/release.json", "/releases/2/./model/model.tflite",
    ],
)  # fmt: skip
def test_there_is_nothing_outside_the_releases(server, path):
    with socket.create_connection(("127.0.0.1", server.port)) as client:  # a client library would tidy the path
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = client.makefile("rb").read()
    assert answer.split(b" ", 2)[1] in (b"404", b"400") or answer.endswith(CONTENT)
    assert b"secret" not in answer and b"root:" not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(server, method):
    assert server.ask(FILE, method)[0] == 405


def test_health_says_whether_the_broker_is_there_and_messages_are_stored(server):
    server.health = {"connected": True, "stored": 3}
    status, _, body = server.ask("/health")
    assert (status, json.loads(body)) == (200, {"connected": True, "stored": 3})
    server.health = {"connected": False}
    assert server.ask("/health")[0] == 503
    server.health = {"connected": True, "failed": "DatabaseError: database disk image is malformed"}
    assert server.ask("/health")[0] == 503


def test_a_port_in_use_is_told_in_one_line(tmp_path):
    async def serve(port):
        async with serving("127.0.0.1", port, tmp_path, dict):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(EnvironmentError_, match="is in use"):
        asyncio.run(serve(taken.getsockname()[1]))


@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True), st.integers(0, 3000))
def test_a_range_lies_within_the_file_whatever_is_asked(header, size):
    try:
        chosen = byte_range(header, size)
    except _Unsatisfiable:
        return
    assert chosen is None or 0 <= chosen[0] < chosen[1] <= size
