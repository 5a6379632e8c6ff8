"""Makes ROMFS images, MicroPython's read-only file system, with the data of every file aligned: models and native code
are used in place.

The format: an image is a record, a directory is a record, a file is a record; a record is its kind, the length of
its payload and the payload. Numbers have seven bits a byte, the most significant first. Here all data stands at the
beginning, in records of its own, and the files point to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from picket_host.errors import InputError

ALIGNMENT = 8  # of each file's data, in bytes from the beginning of the image

_MAGIC = b"\xd2\xcd\x31"
_VERBATIM, _POINTER, _DIRECTORY, _FILE = 2, 3, 4, 5


def image(files: Mapping[str, bytes]) -> bytes:
    """A ROMFS image of the files.

    Args:
        files: content by path, relative and with ``/`` between folders.

    Raises:
        InputError: a path is absolute or leads outside, or a file's name is also a folder's.
    """
    content = bytearray()
    root: dict[str, Any] = {}
    for path, data in files.items():
        *folders, name = _parts(path)
        folder = root
        for part in folders:
            folder = folder.setdefault(part, {})
            if not isinstance(folder, dict):
                raise InputError("is a file and a folder", part)
        if name in folder:
            raise InputError("exists twice", path)
        length = _number(len(data))
        pad = -(len(content) + 1 + len(length)) % ALIGNMENT
        content += bytes([_VERBATIM]) + _number(len(data), len(length) + pad)
        folder[name] = (len(data), len(content))
        content += data
    content += _entries(root)
    return _MAGIC + _number(len(content), ALIGNMENT - len(_MAGIC)) + content


def _parts(path: str) -> tuple[str, ...]:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise InputError("not a relative path inside the image", path or '""')
    return parts


def _entries(folder: Mapping[str, Any]) -> bytes:
    packed = b""
    for name, entry in folder.items():
        encoded = name.encode()
        head = _number(len(encoded)) + encoded
        if isinstance(entry, dict):
            packed += _record(_DIRECTORY, head + _entries(entry))
        else:
            size, offset = entry
            packed += _record(_FILE, head + _record(_POINTER, _number(size) + _number(offset)))
    return packed


def _record(kind: int, payload: bytes) -> bytes:
    return _number(kind) + _number(len(payload)) + payload


def _number(value: int, width: int = 1) -> bytes:
    """The number in at least ``width`` bytes."""
    digits = [value & 0x7F]
    value >>= 7
    while value or len(digits) < width:
        digits.append(0x80 | value & 0x7F)
        value >>= 7
    return bytes(reversed(digits))
