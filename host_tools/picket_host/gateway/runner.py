"""The whole gateway as one process: broker (where it is embedded), HTTP server and service."""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from picket_host.errors import EnvironmentError_
from picket_host.gateway import broker, http, releases
from picket_host.gateway.ingest import Event
from picket_host.gateway.permissions import GATEWAY_USER
from picket_host.gateway.service import DEFAULT_KEEP_DAYS, BrokerAddress, Health, Service

# How long the start waits for the broker before it reports to be ready without.
_FIRST_CONNECTION_S = 30  # for a broker that neither lets it in nor turns it away
_POLL_S = 0.02
_SOMEWHERE_ELSE = "192.0.2.1"  # TEST-NET-1, RFC 5737: nobody's address, reached over the default route


@dataclass(frozen=True)
class Options:
    """How to run; ``broker`` None means the embedded one, ``users`` are its users; port 0 lets the system choose.

    ``advertise`` is the host name or address under which devices reach the HTTP server; ``keep_days`` is how long
    summaries are kept.
    """

    state: Path
    host: str = "127.0.0.1"
    http_port: int = 8080
    broker: BrokerAddress | None = None
    mqtt_port: int = 1883
    users: Mapping[str, str] = field(default_factory=dict)
    advertise: str | None = None
    keep_days: float = DEFAULT_KEEP_DAYS


@dataclass(frozen=True)
class Ready:
    """The gateway runs; ``connected`` says whether the broker was there at once."""

    state: Path
    mqtt_port: int
    http_port: int
    base_url: str
    connected: bool


async def run(
    options: Options, on_ready: Callable[[Ready], None], on_event: Callable[[Event], None], stop: asyncio.Event
) -> None:
    """Run until ``stop`` is set, then stop in order.

    ``on_event`` is called from a thread of its own.

    Raises:
        EnvironmentError_: a port is in use, another gateway runs on this state folder, or it can't store any more.
        InputError: the state folder or a certificate is not usable.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(_only_one(options.state))
        loop = asyncio.get_running_loop()
        running: asyncio.Future[Service] = loop.create_future()
        failed: asyncio.Future[BaseException] = loop.create_future()
        address = options.broker
        if address is None:
            address = await _embed_broker(options, stack, running)
        health = Health()
        http_port = await stack.enter_async_context(
            http.serving(options.host, options.http_port, releases.release_folder(options.state), health.as_dict)
        )
        base_url = f"http://{options.advertise or _reachable_host(options.host, address)}:{http_port}"
        announced = threading.Event()

        def tell(event: Event) -> None:
            announced.wait()  # whoever reads wants to know where the gateway is before what happens there
            on_event(event)

        def fail(error: BaseException) -> None:
            loop.call_soon_threadsafe(failed.set_result, error)

        service = Service(options.state, address, base_url, tell, health, options.keep_days, fail)
        service.start()
        running.set_result(service)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_CONNECTION_S):
                    while not (health.connected or service.turned_away or failed.done() or stop.is_set()):
                        await asyncio.sleep(_POLL_S)
            on_ready(Ready(options.state, address.port, http_port, base_url, health.connected))
            announced.set()
            stopped = asyncio.ensure_future(stop.wait())
            await asyncio.wait((stopped, failed), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
        finally:
            announced.set()
            # In a thread: taking leave of an embedded broker needs this loop.
            await asyncio.to_thread(service.stop)
        if failed.done():
            what = f"the gateway can't go on storing what comes: {failed.result()}"
            hint = "a backup of gateway.db, if it is damaged"
            raise EnvironmentError_(what, options.state, hint)


async def _embed_broker(options: Options, stack: AsyncExitStack, service: asyncio.Future[Service]) -> BrokerAddress:
    users = dict(options.users)
    user = password = None
    if users:
        user = GATEWAY_USER
        password = users.setdefault(user, secrets.token_hex(16))

    def tell(refusal: broker.Refusal) -> None:
        event = broker.refusal_event(refusal)
        service.add_done_callback(lambda done: done.result().tell(event))

    serving = broker.serving(options.host, options.mqtt_port, users=users, on_refused=tell)
    port = await stack.enter_async_context(serving)
    return BrokerAddress("127.0.0.1" if _is_wildcard(options.host) else options.host, port, user, password)


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Hold the state folder; the kernel releases it however this process ends."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "gateway.lock").open("w")
    except OSError as error:
        raise EnvironmentError_(f"can't use the state folder: {error.strerror}", state) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EnvironmentError_(
                "another gateway runs on this state folder", state, "--state with another folder"
            ) from error
        yield


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _reachable_host(host: str, broker_address: BrokerAddress) -> str:
    """The address for devices: the one listened on, or the interface's towards the broker, or the default route's."""
    if not _is_wildcard(host):
        return host
    for target in (broker_address.host, _SOMEWHERE_ELSE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, broker_address.port))  # UDP: chooses a route, sends nothing
            except OSError:
                continue
            chosen = probe.getsockname()[0]
        if not ipaddress.ip_address(chosen).is_loopback:
            return chosen
    return "127.0.0.1"
