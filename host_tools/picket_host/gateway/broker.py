"""The embedded MQTT broker: amqtt, with what an unattended fleet needs and amqtt 0.12.1 lacks.

- Retained messages answer the subscription of the client that made it. (amqtt sends every client, on connect, all
  retained messages that anybody's subscription matches: 500 devices took 25 s.)
- A client is authenticated before it can take over the session of another; a client that says nothing is let go.
- A silent client is dropped after one and a half times its keep-alive, and its Last Will goes out.
- What a persistent session had received and not acknowledged when its connection broke is sent to it again.
- A new connection with a known client id takes over in order: the old one's Will first, then the new session.
- With users, each may use its own topics alone (permissions.py), and its client ids are its own: nobody takes over the
  session of another user, or what waits in it.

It is MQTT 3.1.1 and keeps its state in memory; for many machines use Mosquitto or a cluster.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import ipaddress
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from amqtt.adapters import ReaderAdapter, StreamReaderAdapter, StreamWriterAdapter, WriterAdapter
from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError, BrokerError, MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import OutgoingApplicationMessage, Session

from picket_host.errors import EnvironmentError_, InputError
from picket_host.gateway.ingest import Event
from picket_host.gateway.permissions import may

_log = logging.getLogger("picket.gateway")

_CONNECT_TIMEOUT_S = 10
_TAKE_OVER_TIMEOUT_S = 5
_CLOSE_TIMEOUT_S = 1
_MAX_PACKET_BYTES = 1 << 20  # releases travel over HTTP; all else is small
# A persistent session that nobody resumes is forgotten after a day, with what was queued for it.
_SESSION_EXPIRY_S = 24 * 3600
_SHOWN = 100  # characters of a topic that was refused


@dataclass(frozen=True)
class Tls:
    """Server certificate and key, PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Refusal:
    """Something that a user may not do; ``topic`` can be printed."""

    user: str
    action: Action
    topic: str


class Credentials(BaseAuthPlugin):
    """Lets in the named users, or everybody when none is named.

    Unlike amqtt's anonymous plugin it does not mark sessions as anonymous: those lose their queue on every disconnect.
    """

    @dataclass
    class Config:
        """User names and their passwords."""

        users: dict[str, str] = field(default_factory=dict)

    async def authenticate(self, *, session: Session) -> bool:
        """Say whether the session's user name and password are right."""
        users = self.context.config.users
        if not users:
            return True
        expected = users.get(session.username or "")
        given = (session.password or "").encode()
        # Compares even for an unknown user, so that the time taken tells nothing.
        return hmac.compare_digest((expected or "").encode(), given) and expected is not None


class _Reader(StreamReaderAdapter):
    """A connection's receiving side; a packet that is too long ends the connection instead of filling the memory."""

    async def read(self, n: int = -1) -> bytes:
        if n > _MAX_PACKET_BYTES:
            raise AMQTTError(f"a packet of {n} bytes")
        return await super().read(n)


class _Writer(StreamWriterAdapter):
    """A connection's sending side; closing it does not wait for a client that reads nothing."""

    async def close(self) -> None:
        if self.is_closed:
            return
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await super().close()
        finally:
            self._writer.transport.abort()


class _ClientHandler(BrokerProtocolHandler):
    """One connection: knows when its message loop runs, keeps what was not acknowledged, enforces the keep-alive."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.serving = False
        self.finished = asyncio.Event()
        self._closing: asyncio.Task | None = None

    async def mqtt_publish(
        self, topic: str, data: bytes | bytearray, qos: int | None, retain: bool, ack_timeout: int | None = None
    ) -> OutgoingApplicationMessage:
        """Send to the client; what a persistent session has not acknowledged waits for its next connection."""
        session = self.session
        try:
            return await super().mqtt_publish(topic, data, qos, retain, ack_timeout)
        except BaseException:  # the connection's end arrives here as a cancellation
            if qos and session is not None and not session.clean_session:
                session.retained_messages.put_nowait(RetainedApplicationMessage(None, topic, data, qos))
            raise

    async def stop(self) -> None:
        """Close the connection first: its end ends the reader surely, while wait_for() may swallow a cancellation."""
        if self.writer is not None:
            with suppress(OSError):
                await self.writer.close()
        await super().stop()

    def handle_read_timeout(self) -> None:
        # The reader calls this when the keep-alive has run out. Closing ends that very reader, so it is done beside it.
        self._closing = asyncio.ensure_future(self.handle_connection_closed())


class _EmbeddedBroker(Broker):
    def __init__(self, config: BrokerConfig, users: bool, on_refused: Callable[[Refusal], None]):
        super().__init__(config)
        self._has_users = users
        self._on_refused = on_refused
        self._refused: set[str] = set()

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        # In place of amqtt's way over plugins, which makes a task for each receiver of each message.
        return self._permitted(session, topic, action)

    def _permitted(self, session: Session, topic: str, action: Action) -> bool:
        if not self._has_users:
            return True
        user = session.username or ""
        permitted = may(user, action, topic)
        if not permitted and user not in self._refused:  # there are as many as the file of users has lines
            self._refused.add(user)
            shown = topic[:_SHOWN] if topic.isprintable() else ascii(topic)[:_SHOWN]
            _log.warning("user %s may not %s: %s (all such is dropped; this is said once)", user, action.value, shown)
            self._on_refused(Refusal(user, action, shown))
        return permitted

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        await self._client_connected(listener_name, _Reader(reader), _Writer(writer))

    async def shutdown(self) -> None:
        """Stop listening first, so that nobody comes back while the sessions are being closed."""
        for server in self._servers.values():
            server.instance.close()
        await super().shutdown()

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                handler, session = await _ClientHandler.init_from_connect(reader, writer, self.plugins_manager)
        except Exception as error:  # whatever a stranger's first bytes provoke in the codec ends this connection only
            with suppress(OSError):
                await writer.close()
            raise MQTTError(f"no valid CONNECT from {remote_address}:{remote_port}: {error!r}") from error
        authorised = await self._authenticate(session, self.listeners_config["default"])
        if authorised and session.will_flag:
            authorised = self._permitted(session, session.will_topic or "", Action.PUBLISH)
        if not authorised:
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError(f"{session.client_id} from {remote_address} is not authorised")
        if self._has_users:
            session.client_id = f"{session.username}\0{session.client_id}"
        session.keep_alive *= 1.5  # [MQTT-3.1.2-24]
        await self._take_over(session.client_id)
        return handler, await self._session_for(session)

    async def _take_over(self, client_id: str) -> None:
        """End the connection that still serves this client; its Will, if any, is on its way when this returns."""
        _, handler = self._sessions.get(client_id, (None, None))
        if isinstance(handler, _ClientHandler) and handler.serving:
            await handler.handle_connection_closed()
            with suppress(TimeoutError):
                async with asyncio.timeout(_TAKE_OVER_TIMEOUT_S):
                    await handler.finished.wait()

    async def _session_for(self, connecting: Session) -> Session:
        """Return the client's stored session with the new connection's terms, or the new session."""
        if connecting.clean_session:
            await self._delete_session(connecting.client_id)
            return connecting
        stored, _ = self._sessions.get(connecting.client_id, (None, None))
        if stored is None:
            return connecting
        for term in (
            "will_flag",
            "will_retain",
            "will_topic",
            "will_message",
            "will_qos",
            "keep_alive",
            "username",
            "password",
            "remote_address",
            "remote_port",
        ):
            setattr(stored, term, getattr(connecting, term))
        stored.parent = 1
        return stored

    async def _client_message_loop(self, client_session: Session, handler: BrokerProtocolHandler) -> None:
        handler.serving = True
        try:
            await super()._client_message_loop(client_session, handler)
        finally:
            handler.serving = False
            handler.finished.set()

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        # amqtt calls this for every filter that anybody holds when a client connects. Retained messages answer a
        # SUBSCRIBE (3.3.1.3), which is handled inside the message loop; before it, there is nothing to send.
        handler = self._get_handler(session)
        if not isinstance(handler, _ClientHandler) or not handler.serving:
            return
        if any(holder is session for holder, _ in self._subscriptions.get(subscription[0], ())):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    @property
    def port(self) -> int:
        """The port that the broker listens on."""
        return self._servers["default"].instance.sockets[0].getsockname()[1]


@asynccontextmanager
async def serving(
    host: str,
    port: int,
    *,
    users: Mapping[str, str] | None = None,
    tls: Tls | None = None,
    on_refused: Callable[[Refusal], None] = lambda refusal: None,
) -> AsyncIterator[int]:
    """Run the broker while the block runs; yields the port (``port`` 0 lets the system choose).

    Args:
        users: names and passwords; who may do what is said in permissions.py. Without them everybody may do everything.
        on_refused: called with the first thing that each user may not do.

    Raises:
        EnvironmentError_: the port is in use or can't be bound.
        InputError: a certificate or key is missing or wrong.
    """
    # amqtt tells every connection at INFO and every broken one at WARNING or ERROR: noise of strangers, not ours.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL + 1)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    broker = _EmbeddedBroker(_configuration(host, port, users or {}, tls), bool(users), on_refused)
    try:
        await broker.start()
    except BrokerError as error:
        raise _start_error(error, host, port) from error
    if not users and not _is_loopback(host):
        _log.warning("the broker on %s has no users: whoever reaches it may do everything (give it --users FILE)", host)
    try:
        yield broker.port
    finally:
        await broker.shutdown()


async def run_broker(
    host: str,
    port: int,
    *,
    users: Mapping[str, str] | None = None,
    tls: Tls | None = None,
    ready: Callable[[int], None] | None = None,
    on_refused: Callable[[Refusal], None] = lambda refusal: None,
) -> None:
    """Run the broker until cancelled; ``ready`` is called once with the port. Raises as ``serving`` does."""
    async with serving(host, port, users=users, tls=tls, on_refused=on_refused) as bound:
        if ready is not None:
            ready(bound)
        await asyncio.Event().wait()


def refusal_event(refusal: Refusal) -> Event:
    """A refusal as those hear of it who watch."""
    details = {"user": refusal.user, "action": refusal.action.value, "topic": refusal.topic}
    return Event("refused", time.time(), details=details)


def read_users(path: Path) -> dict[str, str]:
    """Read ``name:password`` lines; blank lines and lines that begin with ``#`` are skipped.

    Raises:
        InputError: the file is missing or a line is not of that form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read the users: {error}", path) from error
    users = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.partition(":")
        if not colon or not name or not password:
            raise InputError("expected name:password", f"{path}:{number}", "a line such as press-1:correct-horse")
        users[name] = password
    if not users:
        raise InputError("names no user, which would let everybody in", path)
    return users


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _configuration(host: str, port: int, users: Mapping[str, str], tls: Tls | None) -> BrokerConfig:
    for path in (tls.certificate, tls.key) if tls else ():
        if not path.is_file():
            raise InputError("no such file", path)
    listener = ListenerConfig(
        bind=f"{host}:{port}",
        ssl=tls is not None,
        certfile=tls.certificate if tls else None,
        keyfile=tls.key if tls else None,
    )
    return BrokerConfig(
        listeners={"default": listener},
        session_expiry_interval=_SESSION_EXPIRY_S,
        plugins={f"{__name__}.{Credentials.__name__}": {"users": dict(users)}},
    )


def _start_error(error: BrokerError, host: str, port: int) -> EnvironmentError_ | InputError:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return InputError(f"certificate and key don't serve: {cause}", "MQTT broker")
    if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
        return EnvironmentError_(
            f"port {port} is in use", "MQTT broker", "--mqtt-port with another port, or 0 for any free one"
        )
    if isinstance(cause, OSError) and cause.errno is not None:
        return EnvironmentError_(f"can't listen on {host}:{port}: {cause.strerror or cause}", "MQTT broker")
    return InputError(str(cause or error), "MQTT broker")
