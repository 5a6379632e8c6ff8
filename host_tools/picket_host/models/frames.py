"""The frames between this process and its workers: a JSON header and raw arrays, never pickles.

A worker that has just run a corrupt model may send anything; nothing that it sends is executed.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

import numpy as np

_LENGTHS = struct.Struct("<II")
_MAX_FRAME_BYTES = 1 << 30


def send(channel: socket.socket, header: dict[str, Any], blobs: list[bytes | np.ndarray]) -> None:
    """Send one frame; an array's dtype and shape travel in the header."""
    described = []
    payload = []
    for blob in blobs:
        if isinstance(blob, np.ndarray):
            described.append([blob.dtype.str, list(blob.shape), blob.nbytes])
            payload.append(np.ascontiguousarray(blob).tobytes())
        else:
            described.append([None, None, len(blob)])
            payload.append(bytes(blob))
    text = json.dumps({"header": header, "blobs": described}).encode()
    body = b"".join(payload)
    channel.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[bytes | np.ndarray]]:
    """Receive one frame.

    Raises:
        EOFError: the other side has gone.
        ValueError: what came is not a frame.
        TimeoutError: the socket's own time-out passed.
    """
    text_bytes, body_bytes = _LENGTHS.unpack(_receive_exactly(channel, _LENGTHS.size))
    if text_bytes > _MAX_FRAME_BYTES or body_bytes > _MAX_FRAME_BYTES:
        raise ValueError("frame too long")
    frame = json.loads(_receive_exactly(channel, text_bytes))
    body = _receive_exactly(channel, body_bytes)
    blobs: list[bytes | np.ndarray] = []
    offset = 0
    for dtype, shape, size in frame["blobs"]:
        piece = body[offset : offset + size]
        offset += size
        blobs.append(piece if dtype is None else np.frombuffer(piece, dtype=dtype).reshape(shape).copy())
    return frame["header"], blobs


def _receive_exactly(channel: socket.socket, count: int) -> bytes:
    data = bytearray(count)
    view = memoryview(data)
    done = 0
    while done < count:
        got = channel.recv_into(view[done:])
        if got == 0:
            raise EOFError("the other side has closed the channel")
        done += got
    return bytes(data)
