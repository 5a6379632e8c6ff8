"""What stands at both ends of the features: a sensor that plays a recording, and a model that keeps what it is given.

For CPython and MicroPython.
"""


class Source:
    """Gives the values of a recording, frame after frame; to read past its end is an IndexError.

    rate_hz: frames a second. values: all frames, one after the other. channels: values in a frame.
    """

    poll_ms = 5
    slack_ms = 100

    def __init__(self, rate_hz, values=(), channels=1):
        self.rate_hz = rate_hz
        self.channels = channels
        self._values = values
        self._at = 0

    def start(self):
        pass

    def stop(self):
        pass

    def read_into(self, h, at=0):
        for i in range(at, len(h)):
            h[i] = self._values[self._at]
            self._at += 1
        return (len(h) - at) // self.channels


class Model:
    """Keeps the values that it is fed with, as a list, in `fed`."""

    def quantize(self, i, values):
        self.fed = list(values)
