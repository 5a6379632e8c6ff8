"""``picket gateway`` as a user types it: a ready line, events, tables, and one clear line when something is wrong."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from fake_device import FakeDevice, data_payload
from gateway_harness import PATIENCE_S, GatewayProcess, make_release, until

from picket_host.gateway import releases


def picket(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "picket_host", "gateway", *arguments], capture_output=True, text=True, timeout=PATIENCE_S
    )


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    running = GatewayProcess(
        "run", "--state", str(state), "--embedded-broker", "--mqtt-port", "0", "--http-port", "0", "--json"
    )
    running.state = state
    yield running
    if running.process.poll() is None:
        assert running.end() == 0


def test_it_says_that_it_is_ready_and_what_happens(gateway):
    press = FakeDevice(gateway.ready["mqtt_port"], "teller").connect()
    press.birth()
    press.raise_alert()
    assert press.wait(lambda: press.birth_acks and press.acked)
    until(lambda: gateway.events("alert"))
    event = gateway.events("alert")[0]
    assert (event["device"], event["label"], event["boot"], event["seq"], event["on"]) == (
        "teller",
        "inner",
        1,
        1,
        True,
    )
    assert gateway.ready["connected"] is True
    press.disconnect()


def test_a_published_release_is_served_and_offered(gateway, tmp_path):
    press = FakeDevice(gateway.ready["mqtt_port"], "updater").connect()
    releases.publish(gateway.state, make_release(tmp_path / "r", 2), devices=["plant-a/updater"])
    assert press.wait(lambda: press.offers)
    url = press.offers[0]["url"]
    assert url == f"http://127.0.0.1:{gateway.ready['http_port']}/releases/2"
    with urllib.request.urlopen(f"{url}/release.json") as answer:
        assert json.load(answer)["sequence"] == 2
    status = json.loads(picket("status", "--state", str(gateway.state), "--json").stdout)
    assert [device["offered"] for device in status if device["device"] == "updater"] == [2]
    press.disconnect()


def test_alerts_are_listed_and_followed(gateway):
    press = FakeDevice(gateway.ready["mqtt_port"], "followed").connect()
    press.raise_alert()
    assert press.wait(lambda: press.acked)
    state = str(gateway.state)
    listed = json.loads(picket("alerts", "--state", state, "--device", "plant-a/followed", "--json").stdout)
    assert [(alert["boot"], alert["seq"]) for alert in listed] == [(1, 1)]
    follower = subprocess.Popen(
        [sys.executable, "-m", "picket_host", "gateway", "alerts", "--state", state, "--follow", "--json",
         "--device", "plant-a/followed"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert json.loads(follower.stdout.readline())["seq"] == 1
    press.raise_alert("outer")
    assert json.loads(follower.stdout.readline())["label"] == "outer"
    follower.send_signal(signal.SIGINT)
    assert follower.wait(PATIENCE_S) == 130
    follower.stdout.close()
    text = picket("alerts", "--state", state, "--newest", "1").stdout
    assert "plant-a/followed on  outer 97 %" in text
    press.disconnect()


def test_devices_and_status_as_tables(gateway):
    press = FakeDevice(gateway.ready["mqtt_port"], "shown").connect()
    press.birth()
    press.send("data", data_payload(chk=2))
    press.raise_alert("anomaly")
    assert press.wait(lambda: press.birth_acks and press.acked)
    assert "anomaly" in picket("devices", "--state", str(gateway.state)).stdout
    assert "saturated" in picket("devices", "--state", str(gateway.state)).stdout
    devices = json.loads(picket("devices", "--state", str(gateway.state), "--json").stdout)
    assert [device["active"] for device in devices if device["name"] == "shown"] == [["anomaly"]]
    assert "shown" in picket("status", "--state", str(gateway.state)).stdout
    press.disconnect()


def test_health_over_http(gateway):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.ready['http_port']}/health") as answer:
        assert json.load(answer)["connected"] is True


def test_two_gateways_do_not_share_a_state_folder(gateway):
    second = picket("run", "--state", str(gateway.state), "--embedded-broker", "--mqtt-port", "0", "--http-port", "0")
    assert second.returncode == 1
    assert "another gateway runs on this state folder" in second.stderr


@pytest.mark.parametrize("taken", ["mqtt", "http"])
def test_a_port_in_use_is_one_clear_line(tmp_path, taken):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        ports = {"mqtt": "0", "http": "0"} | {taken: port}
        failed = picket(
            "run", "--state", str(tmp_path), "--embedded-broker",
            "--mqtt-port", ports["mqtt"], "--http-port", ports["http"],
        )  # fmt: skip
    assert failed.returncode == 1
    assert failed.stdout == ""
    (line,) = failed.stderr.strip().splitlines()
    assert f"port {port} is in use" in line


def test_the_broker_alone_in_its_own_process(tmp_path):
    broker = GatewayProcess("broker", "--port", "0", "--json")
    url = f"mqtt://127.0.0.1:{broker.ready['mqtt_port']}"
    gateway = GatewayProcess("run", "--state", str(tmp_path), "--broker", url, "--http-port", "0", "--json")
    assert gateway.ready["connected"] is True
    press = FakeDevice(broker.ready["mqtt_port"]).connect()
    broker.kill()
    until(lambda: gateway.events("disconnected"))
    press.raise_alert()
    again = GatewayProcess("broker", "--port", str(broker.ready["mqtt_port"]), "--json")
    press.resend_until_acked()
    press.disconnect()
    assert gateway.end(signal.SIGINT) == 0
    assert again.end(signal.SIGTERM) == 0


def test_users_of_the_embedded_broker(tmp_path):
    users = tmp_path / "users"
    users.write_text("press-1:right\npress-2:too\n")
    gateway = GatewayProcess(
        "run", "--state", str(tmp_path / "s"), "--embedded-broker", "--mqtt-port", "0", "--http-port", "0", "--json",
        "--users", str(users),
    )  # fmt: skip
    press = FakeDevice(gateway.ready["mqtt_port"], user="press-1", password="right").connect()
    press.raise_alert()
    assert press.wait(lambda: press.acked)
    other = FakeDevice(gateway.ready["mqtt_port"], "press-2", user="press-2", password="too").connect()
    for kind in ("cmd", "ack"):
        other.client.publish(press.topic(kind), b'{"cmd":"reset"}', qos=1)
    until(lambda: gateway.events("refused"))
    (refused,) = gateway.events("refused")
    assert (refused["user"], refused["action"], refused["topic"]) == ("press-2", "publish", press.topic("cmd"))
    assert not press.commands
    for device in (press, other):
        device.disconnect()
    assert gateway.end() == 0


def test_who_reads_its_lines_may_go_away(tmp_path):
    gateway = subprocess.Popen(
        [sys.executable, "-m", "picket_host", "gateway", "run", "--state", str(tmp_path), "--embedded-broker",
         "--mqtt-port", "0", "--http-port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    ready = json.loads(gateway.stdout.readline())
    gateway.stdout.close()
    press = FakeDevice(ready["mqtt_port"]).connect()
    for _ in range(5):
        press.raise_alert()
        assert press.wait(lambda: not press.pending)
    press.disconnect()
    gateway.terminate()
    assert gateway.wait(PATIENCE_S) == 0
    assert gateway.stderr.read() == ""
    gateway.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run"], 2, "either --broker or --embedded-broker"),
        (["run", "--embedded-broker", "--broker", "mqtt://x"], 2, "either --broker or --embedded-broker"),
        (["run", "--broker", "x:1"], 1, "not the address of a broker"),
        (["run", "--broker", "mqtt://x", "--users", "u"], 2, "--users is for the embedded broker"),
        (["run", "--embedded-broker", "--http-port", "70000"], 2, "70000"),
        (["broker", "--tls-cert", "x"], 2, "belong together"),
        (["broker", "--port", "0", "--tls-cert", "missing.pem", "--tls-key", "missing.key"], 1, "no such file"),
        (["alerts", "--state", "nowhere"], 1, "no gateway has kept its state here"),
        (["alerts", "--state", "nowhere", "--follow"], 1, "no gateway has kept its state here"),
        (["alerts", "--device", "press-1"], 1, "not a device's full name"),
        (["devices", "--state", "nowhere"], 1, "no gateway has kept its state here"),
        (["status", "--state", "nowhere"], 1, "no gateway has kept its state here"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments, status, message):
    failed = picket(*arguments)
    assert failed.returncode == status
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("name", ["run", "broker", "alerts", "devices", "status"])
def test_help_shows_an_example(name):
    shown = picket(name, "--help")
    assert shown.returncode == 0
    assert f"picket gateway {name}" in shown.stdout.split("Example")[1]
