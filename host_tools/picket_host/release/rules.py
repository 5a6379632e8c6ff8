"""The device's own rules for releases, ``device/picket/update/release.py``, unchanged: one truth for both sides."""

from __future__ import annotations

from picket_host import device_code

rules = device_code.load("update.release")
