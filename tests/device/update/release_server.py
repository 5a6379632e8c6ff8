"""Releases for tests, and a server for them in memory that speaks HTTP, misbehaves on request, and never waits."""

import binascii
import hashlib
import json

from picket import board

KEY = b"k" * 32


def sha(data):
    return hashlib.sha256(data).digest()


def verify(signature, key, message):
    """Stands for picket_native.verify: the real one is tested where the native module is there."""
    return signature == sign(message, key)


def sign(message, key=KEY):
    return sha(key + message) + sha(message + key)


MODEL = {"model/model.json": b"{}", "model/model.tflite": b"weights" * 300, "model/golden.bin": b"golden" * 20}
APPLICATION = {
    "main.py": b"print()", "picket/app.mpy": b"code" * 700, "picket/update/slots.mpy": b"slots" * 10,
    "lib/empty.mpy": b"",
}


def full(**changes):
    tree = dict(MODEL)
    tree.update(APPLICATION)
    tree.update(changes)
    return tree


def manifest(tree, sequence, kind="full", **changes):
    """The bytes of a release.json for the files in `tree`."""
    entries = []
    for path in sorted(tree):
        entries.append({"path": path, "size": len(tree[path]), "sha256": binascii.hexlify(sha(tree[path])).decode()})
    fields = {
        "format": 1, "sequence": sequence, "replaces_min": 0, "kind": kind, "version": "0.1.0",
        "created": "2026-11-22T12:00:00Z", "notes": "",
        "hardware": [board.hardware()], "micropython": board.micropython_version(), "mpy": board.mpy_version(),
        "files": entries,
    }
    fields.update(changes)
    return json.dumps(fields, separators=(",", ":")).encode()


class Server:
    """Serves one release. cut_at: the connection breaks, once, after so many bytes sent in all; `sent` counts them."""

    url = "http://gateway:8080/releases/1"

    def __init__(self, tree, raw, signature=None):
        self.files = dict(tree)
        self.files["release.json"] = raw
        self.files["release.sig"] = sign(raw) if signature is None else signature
        self.cut_at = None
        self.sent = 0
        self.requests = []
        self.status = None

    def offer(self, sequence):
        digest = binascii.hexlify(sha(self.files["release.json"])).decode()
        return {"sequence": sequence, "url": self.url, "size": 1, "manifest_sha256": digest}

    async def connect(self, host, port, secure):
        if (host, port, secure) != ("gateway", 8080, False):
            raise OSError("unknown host")
        connection = _Connection(self)
        return connection, connection

    def answer(self, request):
        lines = request.decode().split("\r\n")
        method, path, version = lines[0].split(" ")
        name = path[len("/releases/1/") :]
        self.requests.append(name)
        start = 0
        for line in lines[1:]:
            if line.startswith("Range: bytes="):
                start = int(line[13:-1])
        if method != "GET" or version != "HTTP/1.1" or name not in self.files:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if self.status:
            return b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % self.status
        body = self.files[name][start:]
        head = b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n" % (206 if start else 200, len(body))
        if start:
            head += b"Content-Range: bytes %d-%d/%d\r\n" % (start, start + len(body) - 1, start + len(body))
        return head + b"\r\n" + body


class _Connection:
    """Reader and writer at once, as in MicroPython."""

    def __init__(self, server):
        self._server = server
        self._out = b""

    def write(self, data):
        self._out = self._server.answer(data)

    async def drain(self):
        pass

    async def read(self, limit):
        server = self._server
        part = self._out[:limit]
        if server.cut_at is not None and server.sent + len(part) >= server.cut_at:
            part = part[: server.cut_at - server.sent]
            server.cut_at = None
            self._out = part
            if not part:
                raise OSError("connection reset")
        self._out = self._out[len(part) :]
        server.sent += len(part)
        return part

    def close(self):
        pass

    async def wait_closed(self):
        pass
