"""ESP32 firmware: MicroPython with ``picket_native`` built in, TensorFlow Lite Micro and ESP-NN under it.

An ESP-IDF project of our own (``project/``) takes MicroPython's ESP32 port and its boards as they are, adds our module,
the pinned component and a partition table with two slots for the application, and is built in Espressif's container.
"""
