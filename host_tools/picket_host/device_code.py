"""Modules of the device's package that the host uses unchanged, so that both sides follow one rule."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from picket_host.paths import DEVICE


def load(name: str) -> ModuleType:
    """A module of ``device/picket`` by its dotted name, as ``infer.gate``; neither it nor what it imports may need a
    board."""
    if str(DEVICE) not in sys.path:
        sys.path.append(str(DEVICE))
    return importlib.import_module(f"picket.{name}")
