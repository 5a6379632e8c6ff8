# What is frozen into the emulated board's firmware.
include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821 - functions of MicroPython's manifests
freeze("frozen")  # noqa: F821
