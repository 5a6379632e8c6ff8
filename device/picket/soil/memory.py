"""What was learned about a field, as bytes that outlive a sleep: of each part the attributes that its KEPT names."""

import os
import struct
from binascii import crc32

from picket.compat import const

_PATH = "/state/soil"
# The first bytes of the RTC's memory are boot.py's, which counts failed starts there.
_BOOT_MARK = b"PKB"
_BOOT_BYTES = const(4)


def pack(parts):
    values = [getattr(part, name) for part in parts for name in part.KEPT]
    body = struct.pack("<%di" % len(values), *values)
    return struct.pack("<I", crc32(body)) + body


def unpack(parts, data):
    """Give the parts back what `pack` took. False, and nothing changed: not whole, or of another version."""
    names = [(part, name) for part in parts for name in part.KEPT]
    if len(data) != 4 + 4 * len(names) or struct.unpack_from("<I", data)[0] != crc32(data[4:]):
        return False
    values = struct.unpack_from("<%di" % len(names), data, 4)
    for i in range(len(names)):
        setattr(names[i][0], names[i][1], values[i])
    return True


def through_sleep(rtc, data=None):
    """Read, or with `data` write, what the RTC's memory has for us."""
    kept = rtc.memory()
    boot = kept[:_BOOT_BYTES] if kept[:3] == _BOOT_MARK else b""
    if data is None:
        return kept[len(boot) :]
    rtc.memory(boot + data)
    return data


def write(data, path=_PATH):
    """Keep it through a power cut, too. OSError when the flash can't be written."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


def read(path=_PATH):
    """What `write` kept; nothing when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(1024)
    except OSError:
        return b""
