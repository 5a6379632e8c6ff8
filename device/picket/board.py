"""What this board is, in the words of release manifests."""

import sys


def hardware():
    """The platform; "sim" for the simulator on a host."""
    return "sim" if sys.platform == "linux" else sys.platform


def micropython_version():
    """As "1.25"."""
    return "%d.%d" % tuple(sys.implementation.version[:2])


def mpy_version():
    """Version of the .mpy files that this MicroPython loads, as "6.3"."""
    mpy = getattr(sys.implementation, "_mpy", 0)
    return "%d.%d" % (mpy & 0xFF, mpy >> 8 & 3)
