"""Where things lie in a checkout of Picket."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVICE = ROOT / "device"
NATIVE = ROOT / "native_module"
MODELS = ROOT / "models"
TESTS = ROOT / "tests"
CACHE = Path(os.environ["PICKET_CACHE"]) if os.environ.get("PICKET_CACHE") else ROOT / ".cache"
