"""Xtensa, the processor of the ESP32, S2 and S3: compilers, the native module, and programs that QEMU runs."""
