"""How a `mqtt.Session` begins: a part of it that is loaded for as long as that takes, and forgotten."""

from umqtt import simple

from picket.compat import const
from picket.link.wire import MqttError, Pending

_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_SUBACK = const(0x90)

_REFUSALS = ("", "protocol version", "client id", "server unavailable", "bad user or password", "not authorised")


async def shake_hands(session, client_id, user, password, keepalive_s, will_topic, will, topics):
    session._half_keepalive_ms = keepalive_s * 500
    # As bytes: umqtt takes the length of a str in characters.
    session._codec = simple.MQTTClient(
        client_id.encode(), None, 0, user.encode() if user else None, password.encode(), keepalive_s
    )
    session._codec.set_last_will(will_topic.encode(), will, True, 1)
    session._codec.set_callback(session._on_message)
    # umqtt's connect() opens its own socket: it gets the wire in place of the socket module.
    simple.socket = session._wire
    try:
        session._codec.connect(True)
    except Pending:  # for the CONNACK
        pass
    flags, code = await _reply(session, _CONNACK, 2)
    if flags:
        raise MqttError("CONNACK with flags 0x%02x after a clean start" % flags)
    if code:
        raise MqttError("refused: %s" % (_REFUSALS[code] if code < len(_REFUSALS) else code))
    for topic in topics:
        pid = session._take_pid()
        session._codec.pid = pid - 1
        try:
            session._codec.subscribe(topic.encode(), 1)
        except Pending:  # for the SUBACK
            pass
        high, low, granted = await _reply(session, _SUBACK, 3)
        if high << 8 | low != pid:
            raise MqttError("SUBACK for another SUBSCRIBE")
        if granted > 1:
            raise MqttError("subscription to %s answered 0x%02x" % (topic, granted))


async def _reply(session, first, size):
    """The body of the packet that must come next; only messages may come before a SUBACK."""
    await session.flush()
    while True:
        got = session._wire.next()
        if got == first:
            body = bytes(session._wire.body())
            if len(body) != size:
                raise MqttError("packet 0x%02x of %d bytes" % (first, len(body)))
            return body
        if not got:
            await session._receive()
        elif first == _SUBACK and got & 0xF0 == _PUBLISH:
            session._handle(got)
            await session.flush()  # a broker may hold the SUBACK back until it has the message's PUBACK
        else:
            raise MqttError("packet 0x%02x instead of 0x%02x" % (got, first))
