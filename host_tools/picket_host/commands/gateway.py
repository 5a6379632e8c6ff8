"""``picket gateway``: run the gateway or its embedded broker, and look at what was stored."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from picket_host import console
from picket_host.commands.gateway_state import clock, plain, print_aligned, state_option, status_command
from picket_host.errors import InputError
from picket_host.gateway import commands
from picket_host.gateway.follow import follow_alerts
from picket_host.gateway.ingest import Event
from picket_host.gateway.store import Device, Store, StoredAlert
from picket_host.gateway.wire import Source, sensor_findings

if TYPE_CHECKING:
    from picket_host.gateway.runner import Ready

# What serves (broker, HTTP, MQTT client) is imported where it is run: that takes half a second.
_PATH = click.Path(path_type=Path)
_PORT = click.IntRange(0, 65535)
_host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for devices in the network."
)
_users_option = click.option(
    "--users",
    "users_file",
    type=_PATH,
    help="File with name:password lines, each device's id its name; without it the broker lets everybody in.",
)
_lines_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line on stdout.")


@click.group()
def command() -> None:
    """Run the gateway, its embedded broker, and look at what it stored.

    \b
    Examples:
      picket gateway run --embedded-broker              all of it on this machine
      picket gateway run --broker mqtt://192.168.1.10   with a broker that runs already
      picket gateway alerts --follow                    alerts as they come
      picket gateway devices                            who is there, and which conditions last
      picket gateway status                             how far updates are
      picket gateway send summary plant-a               ask for a word
    """


@command.command("run")
@state_option
@click.option(
    "--broker", "broker_url", metavar="URL", envvar="PICKET_BROKER", help="mqtt[s]://[user:password@]host[:port]"
)
@click.option("--ca", type=_PATH, help="PEM file with the CA of an mqtts broker.")
@click.option("--embedded-broker", is_flag=True, help="Run a broker inside the gateway.")
@click.option(
    "--mqtt-port", type=_PORT, default=1883, show_default=True, help="The embedded broker's; 0 for any free one."
)
@_users_option
@_host_option
@click.option("--http-port", type=_PORT, default=8080, show_default=True, help="The HTTP server's; 0 for any free one.")
@click.option("--advertise", metavar="HOST", help="Name or address under which devices reach the HTTP server.")
@click.option(
    "--keep-days",
    type=click.FloatRange(min=0, min_open=True),
    default=90.0,
    show_default=True,
    help="How long summaries and update states are kept; alerts are kept for ever.",
)
@_lines_option
def run_command(
    state: Path,
    broker_url: str | None,
    ca: Path | None,
    embedded_broker: bool,
    mqtt_port: int,
    users_file: Path | None,
    host: str,
    http_port: int,
    advertise: str | None,
    keep_days: float,
    as_json: bool,
) -> None:
    """Store what devices send, acknowledge it, and offer releases, until Ctrl-C or SIGTERM.

    With --users a device, whose user name is its id, may use its own topics alone.
    The URL of the broker may stand in the environment variable PICKET_BROKER, where no process list shows its password.
    With --json the first line is {"event":"ready","mqtt_port":...,"http_port":...}, then comes one line for each event.

    \b
    Examples:
      picket gateway run --embedded-broker
      picket gateway run --embedded-broker --host 0.0.0.0 --users users.txt
      picket gateway run --broker mqtts://picket-gateway:secret@broker.plant --ca ca.pem --state /var/lib/picket
      picket gateway run --embedded-broker --mqtt-port 0 --http-port 0 --json
    """
    from picket_host.gateway.broker import read_users
    from picket_host.gateway.runner import Options, run
    from picket_host.gateway.service import BrokerAddress

    if embedded_broker == (broker_url is not None):
        raise click.UsageError("give either --broker or --embedded-broker")
    if users_file is not None and not embedded_broker:
        raise click.UsageError("--users is for the embedded broker")
    options = Options(
        state=state,
        host=host,
        http_port=http_port,
        broker=BrokerAddress.parse(broker_url, ca) if broker_url is not None else None,
        mqtt_port=mqtt_port,
        users=read_users(users_file) if users_file is not None else {},
        advertise=advertise,
        keep_days=keep_days,
    )
    lines = _Lines(as_json)
    _until_stopped(lambda stop: run(options, lines.ready, lines.event, stop))


@command.command("broker")
@_host_option
@click.option("--port", type=_PORT, default=1883, show_default=True, help="Port to listen on; 0 for any free one.")
@_users_option
@click.option("--tls-cert", type=_PATH, help="PEM file with the server's certificate.")
@click.option("--tls-key", type=_PATH, help="PEM file with its private key.")
@_lines_option
def broker_command(
    host: str, port: int, users_file: Path | None, tls_cert: Path | None, tls_key: Path | None, as_json: bool
) -> None:
    """Run the embedded MQTT broker alone, until Ctrl-C or SIGTERM.

    It is MQTT 3.1.1 and keeps its state in memory; for many machines use Mosquitto or a cluster. With --users a device,
    whose user name is its id, may use its own topics alone; the gateway is the user picket-gateway.

    \b
    Examples:
      picket gateway broker --port 1883
      picket gateway broker --host 0.0.0.0 --users users.txt --tls-cert server.pem --tls-key server.key --port 8883
    """
    from picket_host.gateway.broker import Refusal, Tls, read_users, refusal_event, run_broker

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    tls = Tls(tls_cert, tls_key) if tls_cert is not None else None
    users = read_users(users_file) if users_file is not None else {}
    lines = _Lines(as_json)

    def tell(refusal: Refusal) -> None:
        lines.event(refusal_event(refusal))

    async def serve(stop: asyncio.Event) -> None:
        broker = asyncio.ensure_future(
            run_broker(host, port, users=users, tls=tls, ready=lines.broker_ready, on_refused=tell)
        )
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((broker, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        broker.cancel()
        with suppress(asyncio.CancelledError):
            await broker

    _until_stopped(serve)


@command.command("alerts")
@state_option
@click.option("--follow", is_flag=True, help="Go on with each new alert, until Ctrl-C.")
@click.option("--device", metavar="GROUP/DEVICE", help="Only this device's.")
@click.option("--newest", type=click.IntRange(min=0), help="Only the newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array; with --follow one object a line.")
def alerts_command(state: Path, follow: bool, device: str | None, newest: int | None, as_json: bool) -> None:
    """Show stored alerts, oldest first.

    \b
    Examples:
      picket gateway alerts --newest 20
      picket gateway alerts --follow --newest 0
      picket gateway alerts --device plant-a/press-1 --json
    """
    source = None
    if device is not None:
        group, slash, name = device.partition("/")
        if not (slash and group and name):
            raise InputError("not a device's full name", device, "plant-a/press-1")
        source = Source(group, name)
    if follow:
        lines = _Lines(as_json)
        for alert in follow_alerts(state, source, newest):
            lines.write(console.to_json(alert), _alert_line(alert))
            if lines.closed:
                return
    with Store.open_existing(state) as store:
        alerts = store.alerts(source=source, newest=newest)
    console.emit(alerts, as_json, lambda found: [click.echo(_alert_line(alert)) for alert in found])


@command.command("devices")
@state_option
@console.json_option
def devices_command(state: Path, as_json: bool) -> None:
    """Show the devices that have ever spoken, whether they are there, and which conditions last.

    \b
    Example:
      picket gateway devices --json
    """
    with Store.open_existing(state) as store:
        devices = store.devices()
    console.emit(devices, as_json, _render_devices)


command.add_command(status_command)


@command.command("send")
@click.argument("name", type=click.Choice(commands.SIMPLE))
@click.argument("target", metavar="GROUP[/DEVICE]")
@state_option
@console.json_option
def send_command(name: str, target: str, state: Path, as_json: bool) -> None:
    """Tell a device, or all known ones of a group, to send a summary now, to show itself, or to restart.

    The gateway that runs on the state folder sends it; only devices that are there get it.

    \b
    Examples:
      picket gateway send summary plant-a/press-1
      picket gateway send identify plant-a --json
    """
    console.emit(commands.send(state, target, name), as_json, _render_commands)


def _days(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[int, float]]:
    try:
        pairs = [value.split(":") for value in values]
        return [(int(percent), float(mm)) for percent, mm in pairs]
    except ValueError:
        raise click.BadParameter(f"{' '.join(values)}; for example 90:12 20:1") from None


@command.command("forecast")
@click.argument("target", metavar="GROUP[/DEVICE]")
@click.argument("days", nargs=2, metavar="PERCENT:MM PERCENT:MM", callback=_days)
@state_option
@console.json_option
def forecast_command(target: str, days: list[tuple[int, float]], state: Path, as_json: bool) -> None:
    """Tell stations that water a field what rain to expect in the next 24 hours and in those after them.

    Each day is the probability of rain and the millimetres to be expected when it rains. The broker keeps the forecast
    for stations that sleep.

    \b
    Examples:
      picket gateway forecast field-1 90:12 20:1
      picket gateway forecast field-1/plot-3 0:0 55:4.5 --json
    """
    console.emit(commands.forecast(state, target, days), as_json, _render_commands)


class _Lines:
    """Lines on stdout, one for each thing that happens; who reads them may go away without stopping the gateway."""

    def __init__(self, as_json: bool):
        self._as_json = as_json
        self._lock = threading.Lock()
        self.closed = False

    def ready(self, ready: Ready) -> None:
        broker = f"broker at port {ready.mqtt_port}" + ("" if ready.connected else " (not there yet)")
        text = f"ready: {broker}, releases at {ready.base_url}/releases/"
        self.write({"event": "ready", **console.to_json(ready)}, text)

    def broker_ready(self, port: int) -> None:
        self.write({"event": "ready", "mqtt_port": port}, f"ready: MQTT broker at port {port}")

    def event(self, event: Event) -> None:
        if event.kind == "data" and not self._as_json:
            return
        who = f"{event.group}/{event.device} " if event.device else ""
        what = " ".join(f"{name}={plain(value)}" for name, value in event.details.items())
        self.write(event.as_dict(), f"{clock(event.at)} {event.kind:<9} {who}{what}")

    def write(self, value: dict[str, Any], text: str) -> None:
        line = json.dumps(value, separators=(",", ":")) if self._as_json else text
        with self._lock:
            if self.closed:
                return
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except OSError:
                self.closed = True
                # The interpreter flushes stdout once more when it ends.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGTERM or SIGINT, which end the work in order."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    asyncio.run(main())


def _render_devices(devices: list[Device]) -> None:
    rows = [
        (
            f"{device.group}/{device.name}",
            "yes" if device.online else "no",
            _ago(device.last_seen),
            *(plain(value) for value in (device.boot, device.alerts, device.rejected, device.birth.get("model_name"))),
            _sensor(device.summary),
            ", ".join(device.active) or "-",
        )
        for device in devices
    ]
    print_aligned(("DEVICE", "ONLINE", "SEEN", "BOOT", "ALERTS", "REJECTED", "MODEL", "SENSOR", "CONDITIONS"), rows)


def _render_commands(sent: tuple[commands.Command, ...]) -> None:
    for each in sent:
        how = "sent" if each.sent else "waits for the gateway to run (picket gateway run)"
        there = "" if each.online else "; the device is not there"
        click.echo(f"{each.group}/{each.device}: {each.command['cmd']} {how}{there}")


def _sensor(summary: dict[str, Any]) -> str:
    """What the device's check of its sensor found, as its newest summary tells."""
    flags = summary.get("chk")
    return "-" if flags is None else ", ".join(sensor_findings(flags)) or "ok"


def _alert_line(alert: StoredAlert) -> str:
    what = "on " if alert.on else "off"
    return (
        f"{clock(alert.received)} {alert.group}/{alert.device} {what} {alert.label} {alert.percent} %"
        f" anomaly {alert.anomaly / 1000:.2f} (boot {alert.boot}, alert {alert.seq}, window {alert.window})"
    )


def _ago(at: float) -> str:
    seconds = max(0, time.time() - at)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
