"""An analogue input as a source: one channel, half of the 16-bit reading (0 to 32767)."""

from picket.compat import const
from picket.sensors import OVERRUN
from picket.sensors.pace import Pace

_MAX_RATE_HZ = const(1000)


class Adc:
    """See `picket.sensors` for the interface.

    adc: has read_u16(). rate_hz: 1 to 1000, because nothing keeps a sample until it is read.
    """

    channels = 1

    def __init__(self, adc, rate_hz):
        if not 1 <= rate_hz <= _MAX_RATE_HZ:
            raise ValueError(f"rate_hz: {rate_hz} is out of range 1..{_MAX_RATE_HZ}")
        self.rate_hz = rate_hz
        self.poll_ms = max(1, 500 // rate_hz)
        self.overruns = 0
        self._adc = adc
        self._pace = Pace(rate_hz)

    def start(self):
        self._pace.begin()

    def stop(self):
        pass

    def read_into(self, samples, at=0):
        """One sample when it is due; when more than one was, the others are lost."""
        due = self._pace.due()
        if due > 1:
            self.overruns += 1
            self._pace.begin()
            return OVERRUN
        if due == 0 or at >= len(samples):
            return 0
        samples[at] = self._adc.read_u16() >> 1
        return 1


def from_config(section, channels):
    from machine import ADC, Pin

    return Adc(ADC(Pin(section["pin"]), atten=ADC.ATTN_11DB), section["rate_hz"])
