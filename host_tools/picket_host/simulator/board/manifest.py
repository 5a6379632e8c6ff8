"""What is frozen into the simulator: asyncio and ssl, as ESP32 images have them built in, and the simulated board."""

import os

include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821 - a function of MicroPython's manifests

freeze(  # noqa: F821
    ".",
    tuple(
        sorted(
            os.path.relpath(os.path.join(folder, name), ".")
            for folder, _, names in os.walk(".")
            for name in names
            if name.endswith(".py") and name != "manifest.py"
        )
    ),
)
