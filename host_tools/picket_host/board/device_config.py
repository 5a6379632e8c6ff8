"""The device's own schema of its configuration, ``device/picket/config.py``, unchanged: one truth for both sides."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from picket_host.paths import DEVICE


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picket_device_config", DEVICE / "picket" / "config.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schema = _load()
