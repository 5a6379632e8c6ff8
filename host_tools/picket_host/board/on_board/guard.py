# Keeps a board from waiting for ever when the cable is pulled.
_WATCHDOG_MS = 60000


def feeder(guarded):
    """A function that keeps the watchdog quiet, which starts the old application again when nobody calls it any more.

    Without `guarded`, and on a board without a watchdog, it does nothing.
    """
    try:
        if guarded:
            from machine import WDT

            return WDT(timeout=_WATCHDOG_MS).feed
    except (ImportError, ValueError, OSError):
        pass
    return lambda: None
