"""The console log, "[ticks] LEVEL tag: text", and the last few warnings for whoever asks later."""

from picket.compat import const, ticks_ms

DEBUG = const(0)
INFO = const(1)
WARNING = const(2)
ERROR = const(3)

_NAMES = ("DEBUG", "INFO", "WARN", "ERROR")
_KEPT = const(8)
_KEPT_CHARS = const(96)

level = INFO
_recent = []


def debug(tag, *parts):
    _print(DEBUG, tag, parts)


def info(tag, *parts):
    _print(INFO, tag, parts)


def warning(tag, *parts):
    _print(WARNING, tag, parts)
    _keep(WARNING, tag, parts)


def error(tag, *parts):
    _print(ERROR, tag, parts)
    _keep(ERROR, tag, parts)


def recent():
    """The last warnings and errors, oldest first, as "LEVEL tag: text"."""
    return list(_recent)


def _print(severity, tag, parts):
    # print() writes part after part: the line is never put together in memory.
    if severity >= level:
        print("[%d] %s %s:" % (ticks_ms(), _NAMES[severity], tag), *parts)


def _keep(severity, tag, parts):
    text = "%s %s: %s" % (_NAMES[severity], tag, " ".join([str(part) for part in parts]))
    if len(_recent) == _KEPT:
        _recent.pop(0)
    _recent.append(text[:_KEPT_CHARS])
