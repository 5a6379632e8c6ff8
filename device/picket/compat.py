"""MicroPython's clock and const, with equals for CPython, where the logic modules are tested."""

try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

    from micropython import const
except ImportError:
    import time

    _PERIOD = 1 << 30  # as on 32-bit boards: what forgets that ticks wrap fails in the tests, too

    def const(value):
        return value

    def ticks_ms():
        return time.monotonic_ns() // 1_000_000 % _PERIOD

    def ticks_add(ticks, delta):
        return (ticks + delta) % _PERIOD

    def ticks_diff(end, start):
        return (end - start + _PERIOD // 2) % _PERIOD - _PERIOD // 2

    def sleep_ms(ms):
        time.sleep(ms / 1000)
