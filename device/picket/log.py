"""The console log: "[ticks] LEVEL tag: text"."""

from picket.compat import const, ticks_ms

INFO = const(0)
WARNING = const(1)
ERROR = const(2)

_NAMES = ("INFO", "WARN", "ERROR")

level = INFO


def info(tag, *parts):
    _print(INFO, tag, parts)


def warning(tag, *parts):
    _print(WARNING, tag, parts)


def error(tag, *parts):
    _print(ERROR, tag, parts)


def _print(severity, tag, parts):
    # print() writes part after part: the line is never put together in memory.
    if severity >= level:
        print("[%d] %s %s:" % (ticks_ms(), _NAMES[severity], tag), *parts)
