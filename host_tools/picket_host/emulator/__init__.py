"""Real MicroPython on RISC-V: its QEMU port, built, started and scripted."""
