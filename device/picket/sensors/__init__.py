"""Sensor sources, all of one shape; `open_source` builds the one that a configuration section names.

    source.channels, .rate_hz    int16 values in a frame, frames a second
    source.poll_ms               read at least this often, or a frame may be lost
    source.start(), .stop()
    source.read_into(h, at=0)    -> whole frames written to h from index `at` on (0: none waits), or OVERRUN
    source.overruns              how often frames were lost; reading has begun anew after each

read_into() does not allocate. It raises OSError when the bus or the chip fails.
"""

from picket.compat import const

OVERRUN = const(-1)

_DRIVERS = ("iis3dwb", "mpu6050", "adc", "replay")


def open_source(section):
    """Build the source of a configuration section; None for the driver "none".

    ValueError: no such driver; OSError: its chip does not answer as it should.
    """
    name = section["driver"]
    if name == "none":
        return None
    if name not in _DRIVERS:
        raise ValueError(f"driver: {name} is none of {_DRIVERS}")
    # Only the driver in use takes heap.
    return __import__("picket.sensors." + name, None, None, ("from_config",)).from_config(section)
