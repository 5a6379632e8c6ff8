"""The device's link under the simulator's MicroPython, over TCP and TLS, to the real broker."""

from __future__ import annotations

import datetime
import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from picket_host.gateway.broker import Tls
from picket_host.paths import DEVICE
from picket_host.simulator.board import Board

sys.path.insert(0, str(Path(__file__).parent / "gateway"))

from gateway_harness import PATIENCE_S, RunningBroker, until  # noqa: E402

_PREFIX = "picket/v1/plant-a/press-1/"

# An application of nothing but the link: "samples" without end, and alerts as planned. It prints what it has promised.
_MAIN = """
import asyncio, json
from picket import config
from picket.compat import ticks_ms
from picket.link.backoff import Backoff
from picket.link.boot_count import advance
from picket.link.outbox import Outbox
from picket.link.uplink import Uplink

settings = config.load("/config.json")
with open("/plan.json") as file:
    plan = json.load(file)
outbox = Outbox(settings["outbox"]["max_entries"])
outbox.begin(advance("/state", outbox.last_boot()))
uplink = Uplink(settings, outbox, print, print, dict, backoff=Backoff(20, 300))
samples = 0


async def sample():
    global samples
    while True:
        await asyncio.sleep_ms(10)
        samples += 1


async def alert():
    for number in range(plan["alerts"]):
        await asyncio.sleep_ms(plan["every_ms"])
        fields = {"t": 0, "u": 0, "w": number, "k": "inner", "p": 90, "a": 1, "on": 1}
        key = uplink.alert(fields, ticks_ms())
        if key:
            print("ALERT %d %d" % key)


async def tell():
    while True:
        await asyncio.sleep_ms(100)
        stats = uplink.stats
        print("STATUS", json.dumps({"samples": samples, "out": len(outbox), "connects": stats.connects,
            "connected": uplink.connected, "puback_ms": stats.puback_ms, "ack_ms": stats.ack_ms}))


async def main():
    await asyncio.gather(sample(), alert(), tell(), uplink.run())


asyncio.run(main())
"""


class _Gateway:
    """Acknowledges births and alerts, and keeps what it was told."""

    def __init__(self, port: int):
        self.alerts: list[tuple[int, int]] = []
        self.others: list[tuple[str, dict]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("picket/v1/#", 1)
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_message(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        kind = message.topic.removeprefix(_PREFIX)
        if kind in ("ack", "ota", "cmd"):
            return
        payload = json.loads(message.payload)
        if kind == "alert":
            self.alerts.append((payload["b"], payload["s"]))
            client.publish(_PREFIX + "ack", json.dumps({"ids": [[payload["b"], payload["s"]]]}), 1)
        else:
            self.others.append((kind, payload))
            if kind == "birth":
                client.publish(_PREFIX + "ack", json.dumps({"birth": payload["boot"]}), 1)

    def send(self, kind: str, payload: bytes) -> None:
        self._client.publish(_PREFIX + kind, payload, 1)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class _Device:
    """A simulated board that runs the application above."""

    def __init__(
        self, folder: Path, port: int, alerts: int = 0, every_ms: int = 20, heap: str = "200k", **mqtt: object
    ):
        self.board = Board(folder, heap=heap)
        self.board.write({})
        self.board.deploy(DEVICE / "picket", "/picket")
        self.board.deploy(DEVICE / "lib", "/lib")
        (self.board.flash / "main.py").write_text(_MAIN)
        self.set_mqtt(port=port, **mqtt)
        self.plan(alerts, every_ms)

    def set_mqtt(self, **mqtt: object) -> None:
        settings = {"device": {"id": "press-1", "group": "plant-a"}, "mqtt": {"host": "localhost", **mqtt}}
        (self.board.flash / "config.json").write_text(json.dumps(settings))

    def plan(self, alerts: int, every_ms: int = 20) -> None:
        (self.board.flash / "plan.json").write_text(json.dumps({"alerts": alerts, "every_ms": every_ms}))

    def promised(self) -> list[tuple[int, int]]:
        """The alerts that the outbox has accepted, over all boots."""
        return [(int(boot), int(seq)) for boot, seq in re.findall(r"^ALERT (\d+) (\d+)$", self.board.console(), re.M)]

    def status(self) -> dict:
        """The last that it said of itself since it was last started; zeros before."""
        said = re.findall(r"^STATUS (\{.*\})$", self.board.console(), re.M)
        return json.loads(said[-1]) if said else {"samples": 0, "out": 0, "connects": 0, "connected": False}

    def until(self, condition: Callable[[dict], object], what: str) -> dict:
        until(lambda: condition(self.status()), what=f"{what}; the device:\n{self.board.console()[-2000:]}")
        return self.status()

    def goes_on_sampling(self) -> None:
        """Fails unless it takes in another 50 samples."""
        before = self.status()["samples"]
        self.until(lambda status: status["samples"] > before + 50, "sampling goes on")


@pytest.fixture
def broker() -> Iterator[RunningBroker]:
    running = RunningBroker()
    yield running
    running.stop()


@pytest.fixture
def gateway(broker: RunningBroker) -> Iterator[_Gateway]:
    running = _Gateway(broker.port)
    yield running
    running.stop()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Callable[..., _Device]]:
    made: list[_Device] = []

    def make(port: int, **options: object) -> _Device:
        made.append(_Device(tmp_path / "board", port, **options))
        return made[-1]

    yield make
    for one in made:
        one.board.stop()


def test_alerts_arrive_in_order_while_sampling_goes_on(broker, gateway, device):
    board = device(broker.port, alerts=40)
    board.board.start()
    until(lambda: len(gateway.alerts) >= 40, what="all alerts")
    assert gateway.alerts == [(1, seq) for seq in range(1, 41)] == board.promised()
    status = board.until(lambda status: status["out"] == 0, "the outbox is empty")
    assert status["connects"] == 1
    assert status["puback_ms"] is not None and status["ack_ms"] is not None
    assert ("birth", {"boot": 1}) in gateway.others


def test_a_broker_killed_and_started_again_costs_no_alert_and_no_sample(broker, gateway, device):
    board = device(broker.port, alerts=120)
    board.board.start()
    until(lambda: len(gateway.alerts) >= 10, what="the first alerts")
    broker.stop()
    board.until(lambda status: not status["connected"], "the loss is noticed")
    board.goes_on_sampling()
    again = RunningBroker(broker.port)
    try:
        until(lambda: len(set(gateway.alerts)) == 120, what="all alerts")
        board.until(lambda status: status["out"] == 0, "the outbox is empty")
        assert set(gateway.alerts) == {(1, seq) for seq in range(1, 121)} == set(board.promised())
    finally:
        again.stop()


def test_a_power_cut_without_a_broker_loses_no_promised_alert(broker, gateway, device):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # it does not listen: whoever connects is refused
        board = device(nobody.getsockname()[1], alerts=1000, every_ms=10)
        for cut in range(3):
            board.board.start()
            until(lambda enough=20 * (cut + 1): len(board.promised()) >= enough, what="alerts are raised")
            board.board.kill()
    board.set_mqtt(port=broker.port)
    board.plan(0)
    board.board.start()
    board.until(lambda status: status["connected"] and status["out"] == 0, "the outbox is empty")
    # One more than promised may come: stored, and the power gone before it was printed.
    assert set(board.promised()) <= set(gateway.alerts)
    assert len(gateway.alerts) == len(set(gateway.alerts)) <= len(board.promised()) + 3
    assert gateway.alerts == sorted(gateway.alerts)
    assert {boot for boot, _ in gateway.alerts} == {1, 2, 3}


def test_the_will_tells_the_death_with_its_boot(broker, gateway, device):
    board = device(broker.port)
    board.board.start()
    until(lambda: ("birth", {"boot": 1}) in gateway.others, what="the birth")
    board.board.kill()
    until(lambda: ("death", {"boot": 1}) in gateway.others, what="the death")


def test_offers_and_commands_come_down_and_a_huge_one_is_passed_over(broker, gateway, device):
    board = device(broker.port)
    board.board.start()
    board.until(lambda status: status["connected"], "connected")
    gateway.send("ota", json.dumps({"sequence": 2, "notes": "x" * 5000}).encode())
    gateway.send("ota", b'{"sequence": 3}')
    gateway.send("cmd", b'{"cmd": "identify"}')
    until(lambda: "{'cmd': 'identify'}" in board.board.console(), what="the command")
    assert "{'sequence': 3}" in board.board.console()
    assert "xxxx" not in board.board.console()
    assert board.status()["connects"] == 1


@pytest.mark.parametrize("greeting", [b"", b"\x20"], ids=["silent", "half a CONNACK"])
def test_a_broker_that_accepts_and_says_nothing_does_not_stop_the_sampling(device, greeting):
    with _Listener(lambda connection: connection.sendall(greeting)) as listener:
        board = device(listener.port)
        board.board.start()
        until(lambda: listener.connections, what="a connection")
        board.goes_on_sampling()
        assert not board.status()["connected"]


def test_user_and_password_are_checked(tmp_path, device):
    broker = RunningBroker(users={"press-1": "geh\u00e4use"})
    try:
        board = device(broker.port, user="press-1", password="wrong")
        board.board.start()
        until(lambda: "refused: " in board.board.console(), what="the refusal")
        board.board.kill()
        board.set_mqtt(port=broker.port, user="press-1", password="geh\u00e4use")
        board.board.start()
        board.until(lambda status: status["connected"], "connected")
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """ca.der, other_ca.der, and for localhost and for elsewhere <name>.pem with <name>.key, signed by the first CA."""
    folder = tmp_path_factory.mktemp("certificates")
    ca_key, ca = _certificate("Plant CA", None, None)
    (folder / "ca.der").write_bytes(ca.public_bytes(serialization.Encoding.DER))
    _, other = _certificate("Other CA", None, None)
    (folder / "other_ca.der").write_bytes(other.public_bytes(serialization.Encoding.DER))
    for host in ("localhost", "elsewhere"):
        key, certificate = _certificate(host, ca_key, ca)
        (folder / f"{host}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{host}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return folder


@pytest.mark.parametrize(
    ("ca", "server", "refusal"),
    [
        ("ca.der", "localhost", None),
        ("other_ca.der", "localhost", r"TLS: .* not correctly signed by the trusted CA"),
        ("ca.der", "elsewhere", r"TLS: .* Common Name \(CN\) does not match"),
        ("localhost.key", "localhost", r"/certs/ca\.der: not a certificate in DER"),
    ],
    ids=["right", "wrong CA", "wrong host", "no certificate"],
)
def test_tls_trusts_the_right_ca_and_host_alone(device, certificates, ca, server, refusal):
    broker = RunningBroker(tls=Tls(certificates / f"{server}.pem", certificates / f"{server}.key"))
    try:
        # A TLS context of Debian's mbedTLS takes 40 KB in one piece, most of it for an entropy source that boards lack.
        board = device(broker.port, tls=True, ca="/certs/ca.der", heap="400k")
        (board.board.flash / "certs").mkdir()
        (board.board.flash / "certs" / "ca.der").write_bytes((certificates / ca).read_bytes())
        board.board.start()
        if refusal is None:
            board.until(lambda status: status["connected"], "connected")
        else:
            until(lambda: re.search(f"WARN uplink: {refusal}", board.board.console()), what="the refusal")
            board.goes_on_sampling()
            assert board.status()["connects"] == 0
    finally:
        broker.stop()


def test_a_handshake_wrong_or_cut_at_any_byte_is_survived_and_a_right_one_taken(device):
    # CONNACK, then the SUBACKs of packets 1 to 3; byte 8, 13 and 18 grant a QoS, of which 0 is legal, too.
    whole = b"\x20\x02\x00\x00" + b"".join(b"\x90\x03\x00%c\x01" % pid for pid in (1, 2, 3))
    scripts = [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))]
    scripts += [whole[:length] for length in range(len(whole))]
    attempts = iter(scripts)

    def speak(connection: socket.socket) -> None:
        script = next(attempts, None)
        connection.sendall(whole if script is None else script)
        if script is not None:
            connection.shutdown(socket.SHUT_WR)

    with _Listener(speak) as listener:
        board = device(listener.port)
        board.board.start()
        board.until(lambda status: status["connected"], "connected")
        assert listener.connections == len(scripts) + 1
        assert board.status()["connects"] == 1
        assert "Traceback" not in board.board.console()


_NAMES = """
import _sim, asyncio
from picket import link
from picket.link import transport

link.name_server = ("127.0.0.1", %d)


async def main():
    for speed in (1, 0.02, 1):  # the second name server has 75 s of the host's time for its 1500 ms
        _sim.speed(speed)
        try:
            reader, writer = await transport.connect("broker.plant", %d)
            writer.write(b"x")
            print("GREETING", await reader.read(5))
            writer.close()
            await writer.wait_closed()
        except OSError as e:
            print("ERROR", e)


asyncio.run(main())
"""


def test_a_silent_name_server_delays_and_a_known_address_serves_without_it(device):
    answers_to = 3  # two attempts of the first connection go unanswered, the second connection's is answered
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        _Listener(lambda connection: connection.sendall(b"hello")) as listener,
    ):
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE_S)
        board = device(0)
        (board.board.flash / "main.py").write_text(_NAMES % (server.getsockname()[1], listener.port))
        board.board.start()
        for _ in range(answers_to):
            question, address = server.recvfrom(512)
        record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01"
        server.sendto(b"nonsense", address)
        server.sendto(b"\0\0" + question[2:], address)
        server.sendto(question[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + question[12:] + record, address)
        until(lambda: board.board.console().count("\n") >= 3, what="three outcomes")
    assert board.board.console().splitlines()[:3] == [
        "ERROR broker.plant: no answer from 127.0.0.1 within 1500 ms",
        "GREETING b'hello'",
        "GREETING b'hello'",
    ]


def test_the_clock_is_set_to_the_time_told(device):
    board = device(0)
    (board.board.flash / "main.py").write_text(
        "from machine import RTC\nfrom picket.link import sntp\nsntp.set_clock(1900000000)\nprint(RTC().datetime())"
    )
    board.board.start()
    # `date -u -d @1900000000`: Sunday, 17 March 2030, 17:46:40; Monday is 0.
    until(lambda: "(2030, 3, 17, 6, 17, 46, 4" in board.board.console(), what="the time")


class _Listener:
    """A TCP server that calls `speak` for each connection, then reads on until the device closes."""

    def __init__(self, speak: Callable[[socket.socket], None]):
        self.connections = 0
        self._speak = speak
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Listener:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(1)  # it is the client that speaks first
                self._speak(connection)
                while connection.recv(4096):
                    pass
            except OSError:
                pass  # the device has given up


def _certificate(
    name: str, issuer_key: ec.EllipticCurvePrivateKey | None, issuer: x509.Certificate | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A CA of its own, or a server's certificate signed by the issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())
