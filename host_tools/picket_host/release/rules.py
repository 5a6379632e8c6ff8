"""The device's own rules for releases, ``device/picket/update/release.py``, unchanged: one truth for both sides."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from picket_host.paths import DEVICE


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picket_device_release", DEVICE / "picket" / "update" / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rules = _load()
