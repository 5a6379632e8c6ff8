"""The sensors of a field as one source: two capacitive probes on ADC pins, SHT3x and BH1750 on I2C.

A frame is int16 mV, mV, hundredths of a degree, hundredths of a percent, lux by four; ABSENT for what does not answer.
"""

from picket import log
from picket.compat import const, sleep_ms
from picket.soil.probe import ABSENT

CHANNELS = const(5)
_READINGS = const(16)  # of a probe, averaged
_SETTLE_MS = const(100)  # of a probe's oscillator once it has power
_TAG = "soil"


class Probes:
    """See `picket.sensors` for the interface; a frame is taken whenever one is read.

    section: "soil" of the configuration, for whoever wants to know about the field. probes: have read_uv(). make_air,
    make_light: return the chips' drivers; a chip that fails is made anew with the next frame. power: called with 1
    before and with 0 after the probes are read.
    """

    channels = CHANNELS
    rate_hz = 1
    poll_ms = 1000
    overruns = 0

    def __init__(self, section, probes, make_air, make_light, power=None):
        self.section = section
        self._probes = probes
        self._makers = [make_air, make_light]
        self._chips = [None, None]
        self._power = power or _no_power

    def start(self):
        pass

    def stop(self):
        pass

    def read_into(self, frame, at=0):
        """One frame; blocks for 0.2 s. Failing sensors give ABSENT instead of an error."""
        self._power(1)
        begun = [self._begin(i) for i in range(len(self._chips))]
        sleep_ms(_SETTLE_MS)  # longer than either chip measures
        for i in range(len(self._probes)):
            frame[at + i] = _millivolts(self._probes[i])
        self._power(0)
        air = self._read(0) if begun[0] else None
        lux = self._read(1) if begun[1] else None
        frame[at + 2], frame[at + 3] = air or (ABSENT, ABSENT)
        frame[at + 4] = ABSENT if lux is None else min(lux // 4, 32767)
        return 1

    def _begin(self, i):
        try:
            self._chips[i] = self._chips[i] or self._makers[i]()
            self._chips[i].begin()
        except OSError as error:
            self._failed(i, error)
            return False
        return True

    def _read(self, i):
        try:
            return self._chips[i].read()
        except OSError as error:
            self._failed(i, error)
            return None

    def _failed(self, i, error):
        log.warning(_TAG, ("air", "light")[i], error)
        self._chips[i] = None


def _millivolts(adc):
    try:
        total = 0
        for _ in range(_READINGS):
            total += adc.read_uv() // 100
    except OSError as error:
        log.warning(_TAG, "probe", error)
        return ABSENT
    return (total // _READINGS + 5) // 10


def _no_power(on):
    pass


def from_config(section, channels):
    from machine import ADC, I2C, Pin

    from picket.sensors.bh1750 import BH1750
    from picket.sensors.sht3x import SHT3x

    i2c = I2C(section["i2c"], freq=100_000)
    probes = [ADC(Pin(section[name]), atten=ADC.ATTN_11DB) for name in ("pin", "pin2")]
    power = Pin(section["power_pin"], Pin.OUT, value=0) if section["power_pin"] >= 0 else None
    return Probes(
        section, probes, lambda: SHT3x(i2c, section["air_addr"]), lambda: BH1750(i2c, section["light_addr"]), power
    )
