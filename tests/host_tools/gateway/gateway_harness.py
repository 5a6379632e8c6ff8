"""What the gateway's tests share: a broker in a thread, a running service, the real processes, release folders."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import ipaddress
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from picket_host.gateway import broker
from picket_host.gateway.ingest import Event
from picket_host.gateway.service import BrokerAddress, Service
from picket_host.gateway.store import Store

PATIENCE_S = 120  # for anything that must come; only a failure takes so long


class RunningBroker:
    """The real embedded broker, in an event loop of its own thread."""

    def __init__(self, port: int = 0, **options):
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._options = options
        started: threading.Event = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, started), daemon=True)
        self._thread.start()
        assert started.wait(PATIENCE_S)

    def _run(self, port: int, started: threading.Event) -> None:
        async def serve() -> None:
            async with broker.serving("127.0.0.1", port, **self._options) as self.port:
                started.set()
                await self._stop.wait()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(serve())

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive(), "the broker does not stop"


class RunningService:
    """The real service, and what it told."""

    def __init__(self, state: Path, port: int, base_url: str = "http://127.0.0.1:8080"):
        self.state = state
        self.events: list[Event] = []
        self.service = Service(state, BrokerAddress("127.0.0.1", port), base_url, self.events.append)
        self.service.start()
        assert self.service.wait_subscribed(PATIENCE_S)

    def kinds(self) -> list[str]:
        return [event.kind for event in list(self.events)]

    def stop(self) -> None:
        self.service.stop()


class GatewayProcess:
    """A ``picket gateway ...`` or another Python program that prints JSON lines, the first being ``ready``."""

    def __init__(self, *arguments: str, program: Sequence[str] = ("-m", "picket_host", "gateway")):
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[dict] = []
        first: queue.Queue[dict | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(first,), daemon=True)
        self._reader.start()
        self.ready = first.get(timeout=PATIENCE_S)
        assert self.ready is not None, self.process.stderr.read()
        assert self.ready["event"] == "ready"

    def _read(self, first: queue.Queue) -> None:
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if len(self.lines) == 1:
                first.put(self.lines[0])
        first.put(None)

    def events(self, kind: str) -> list[dict]:
        return [line for line in list(self.lines) if line["event"] == kind]

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


def until(condition: Callable[[], object], timeout_s: float = PATIENCE_S, what: str = "the condition") -> None:
    """Wait until ``condition()`` is true; fail when it never is."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.01)


@contextmanager
def reading(state: Path) -> Iterator[Store]:
    """The gateway's database, as another process sees it."""
    with Store.open_existing(state) as store:
        yield store


def make_release(
    folder: Path, sequence: int = 2, *, kind: str = "model", model: bytes = b"\x1c\0\0\0TFL3" * 2000
) -> Path:
    """Write a release folder with a right manifest; its signature is 64 zero bytes: only devices check it."""
    files = {"model/model.tflite": model, "model/model.json": b"{}", "model/golden.bin": b"PGV1"}
    if kind == "full":
        files["main.py"] = b"import picket.app\n"
    for path, raw in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    manifest = {
        "format": 1, "sequence": sequence, "replaces_min": 1, "kind": kind, "version": f"0.{sequence}.0",
        "created": "2026-11-22T12:00:00Z", "hardware": ["sim"], "micropython": "1.25", "mpy": "6.3", "notes": "",
        "files": [
            {"path": path, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
            for path, raw in sorted(files.items())
        ],
    }  # fmt: skip
    (folder / "release.json").write_bytes(json.dumps(manifest, separators=(",", ":")).encode())
    (folder / "release.sig").write_bytes(bytes(64))
    return folder


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
