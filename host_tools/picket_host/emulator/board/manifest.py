# What is frozen into the emulated board's firmware.
include("$(MPY_DIR)/extmod/asyncio")
freeze("frozen")
