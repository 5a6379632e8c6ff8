"""The time of day from an NTP server: certificates can't be checked without it."""

import os
import struct
import time

from picket.compat import const

_PORT = const(123)
_TIMEOUT_MS = const(2000)
_SIZE = const(48)
_CLIENT = const(0x23)  # version 4, mode 3
_SERVER_MODE = const(4)
# Without const: too large for a small integer of a 32-bit board.
_FROM_1900_TO_1970 = 2208988800
_ERA = 1 << 32


async def unix_time(server):
    """Seconds since 1970 as the server at this IPv4 address has them. OSError when it does not tell."""
    from picket.link.datagram import ask

    # What would be our time is a random number: the server repeats it, and nobody else can.
    nonce = os.urandom(8)
    question = bytes([_CLIENT]) + bytes(_SIZE - 9) + nonce
    return seconds(await ask((server, _PORT), question, lambda data: is_answer(data, nonce), _TIMEOUT_MS))


def is_answer(data, nonce):
    return len(data) >= _SIZE and data[0] & 7 == _SERVER_MODE and data[24:32] == nonce


def seconds(data):
    """The transmit time of a response, in seconds since 1970. OSError when the server's own clock is not set."""
    if not 1 <= data[1] <= 15 or data[0] >> 6 == 3:
        raise OSError("the NTP server does not know the time")
    ntp = struct.unpack_from(">I", data, 40)[0]
    if ntp < _ERA // 2:
        ntp += _ERA  # after February 2036
    return ntp - _FROM_1900_TO_1970


def set_clock(unix_s):
    """Set the board's clock."""
    import machine

    epoch_year = time.gmtime(0)[0]  # 1970 or 2000, by port
    year, month, day, hour, minute, second, weekday = time.gmtime(unix_s - (946684800 if epoch_year == 2000 else 0))[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
