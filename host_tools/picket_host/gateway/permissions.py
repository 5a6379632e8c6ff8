"""Who may say and hear what at a broker with users: the gateway everything, a device its own topics.

A device's user name is its device id. docs/contracts.md has the same rules for Mosquitto.
"""

from __future__ import annotations

from typing import Final

from amqtt.contexts import Action

from picket_host.gateway import wire

GATEWAY_USER: Final = "picket-gateway"
_UP: Final = frozenset(topic.rpartition("/")[2] for topic, _ in wire.SUBSCRIPTIONS)
_DOWN: Final = frozenset(("ack", "cmd", "ota"))


def may(user: str | None, action: Action, topic: str) -> bool:
    """Say whether the user may do that with the topic; a subscription's is its filter."""
    if user == GATEWAY_USER:
        return True
    prefix, _, rest = topic.partition(f"{wire.PREFIX}/")
    parts = rest.split("/")
    if prefix or len(parts) != 3 or not all(map(wire.is_name, parts)):  # a wildcard is no name
        return False
    _, device, kind = parts
    return device == user and kind in (_UP if action is Action.PUBLISH else _DOWN)
