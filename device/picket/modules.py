"""Modules that do their work and go: what is needed at start or during an update must not take heap all year."""

import gc
import sys


def load(name):
    """The module of that name below `picket`, imported if need be."""
    return __import__("picket." + name, None, None, ("*",))


def forget(*names):
    """Let go of modules below `picket`; what somebody still uses stays in memory, but is imported anew next time."""
    for name in names:
        module = sys.modules.pop("picket." + name, None)
        if module:
            parent, _, last = ("picket." + name).rpartition(".")
            delattr(sys.modules[parent], last)
    gc.collect()
