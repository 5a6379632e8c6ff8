"""Modules of the device's package that the host uses unchanged, so that both sides follow one rule."""

from __future__ import annotations

import functools
import importlib.util
from types import ModuleType

from picket_host.paths import DEVICE


@functools.cache
def load(name: str) -> ModuleType:
    """A module of ``device/picket`` that imports nothing of it, by its dotted name, as ``infer.gate``."""
    file = DEVICE.joinpath("picket", *name.split(".")).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(f"picket_device.{name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
