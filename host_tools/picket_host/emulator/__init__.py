"""Real MicroPython on RISC-V: its QEMU port, built, started and scripted."""

# A whole release with the full native module runs in it: this firmware keeps the module's code on the heap, in one
# piece of 100 KB, where an ESP32 has its own memory for that.
HEAP_BYTES = 400_000
