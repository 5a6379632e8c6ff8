"""Tells boot.py that this start came out well. Loaded only for that; `boot.py` says what stands in the memory."""

import os

import machine

_MARK = b"PKB"


def well(crash="/state/crash"):
    """The next reset does not count as a failed start; nothing happens on a board that does not count. The note of an
    earlier crash (`picket.crash`) goes."""
    try:
        os.remove(crash)
    except OSError:
        pass  # there was none
    try:
        rtc = machine.RTC()
        kept = rtc.memory()
        if kept[:3] == _MARK:
            rtc.memory(_MARK + b"\0" + kept[4:])
    except (AttributeError, ValueError):
        pass  # no such memory
