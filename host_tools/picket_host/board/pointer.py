"""The pointer file that says which slot of a board runs; format and meaning as in docs/contracts.md, "Flash"."""

from __future__ import annotations

import binascii
import json
from dataclasses import asdict, dataclass
from typing import Any

_HEAD_BYTES = 18  # {"crc":"01234567",


@dataclass(frozen=True)
class Pointer:
    """Application and model that are active (sequences, 0 is the factory's), and how they came to be so."""

    app: int = 0
    model: int = 0
    state: str = "confirmed"
    boots: int = 0
    highest: int = 0
    previous: dict[str, int] | None = None
    rolled_back: dict[str, Any] | None = None

    @classmethod
    def decode(cls, raw: bytes) -> Pointer | None:
        """What the file says; None when it is empty or damaged."""
        if raw[:_HEAD_BYTES] != _head(raw[_HEAD_BYTES:]):
            return None
        fields = json.loads(raw)
        del fields["crc"]
        return cls(**fields)

    def encode(self) -> bytes:
        """The bytes of the file."""
        body = json.dumps(asdict(self))[1:].encode()
        return _head(body) + body

    @property
    def slots(self) -> set[str]:
        """Names of the slots that must stay."""
        previous = self.previous or {}
        numbers = {self.app, self.model, previous.get("app", 0), previous.get("model", 0)}
        return {str(number) for number in numbers - {0}}


def _head(body: bytes) -> bytes:
    return b'{"crc":"%08x",' % binascii.crc32(body)
