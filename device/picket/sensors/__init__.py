"""Sensor sources, all of one shape; `open_source` builds the one that a configuration section names.

    source.channels, .rate_hz    int16 values in a frame, frames a second
    source.poll_ms               read at least this often, or a frame may be lost
    source.start(), .stop()
    source.read_into(h, at=0)    -> whole frames written to h from index `at` on (0: none waits), or OVERRUN
    source.overruns              how often frames were lost; reading has begun anew after each
    source.slack_ms              of sources that a stream can be cut from: how long they keep frames for a late reader

read_into() does not allocate. It raises OSError when the bus or the chip fails.
"""

from picket.compat import const

OVERRUN = const(-1)


def need_rate(source, rate_hz):
    """ValueError: the source's rate is more than a hundredth from the one that features are made for."""
    if abs(source.rate_hz - rate_hz) * 100 > rate_hz:
        raise ValueError("the source gives %d frames a second, not %d" % (source.rate_hz, rate_hz))


def open_source(section, channels=1):
    """Build the source of a configuration section; None for the driver "none".

    channels: values in a frame, for drivers that can't know (a recording). ValueError: no such driver, or it can't do
    what the section says; OSError: its chip does not answer as it should.
    """
    name = section["driver"]
    if name == "none":
        return None
    try:
        # Only the driver in use takes heap.
        driver = __import__("picket.sensors." + name, None, None, ("from_config",))
    except ImportError as e:
        raise ValueError("driver: %s is not known here (%s)" % (name, e))
    return driver.from_config(section, channels)
