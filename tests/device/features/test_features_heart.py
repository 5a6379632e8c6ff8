"""The device's wrapper over the native heartbeats: when it judges, and when it has nothing to judge."""

import math
from array import array

from fakes import Model, Source
from support import error_of

from picket.features.heart import HeartFeatures, from_params
from picket.sensors import checks

_RATE_HZ = 100
# A Butterworth band-pass of 0.5 to 4 Hz at 100 Hz, as bits of float32.
_BIQUADS = (
    (0x3C2AECB7, 0x3CAAECB7, 0x3C2AECB7, 0xBFDBE255, 0x3F4373FD),
    (0x3F800000, 0xC0000000, 0x3F800000, 0xBFFAB124, 0x3F75AF6B),
)


def _params():
    """Pieces of a second, features of 30 s, at 100 Hz."""
    head = (_RATE_HZ).to_bytes(2, "little") + (30).to_bytes(2, "little") + (100_000).to_bytes(4, "little")
    return b"PHB1" + head + b"".join([bits.to_bytes(4, "little") for section in _BIQUADS for bits in section])


def _pulse(seconds, periods):
    """Light in which a beat takes away 1000 counts, int16; periods: samples from beat to beat, again and again."""
    light = array("h", [-8000] * (seconds * _RATE_HZ))
    at = number = 0
    while at < len(light):
        for k in range(30):
            if at + k < len(light):
                light[at + k] -= int(500 - 500 * math.cos(2 * math.pi * k / 30))
        at += periods[number % len(periods)]
        number += 1
    return light


def _breath(seconds):
    """Light that changes slowly, without a pulse."""
    return array("h", [int(300 * math.sin(i / 200)) - 8000 for i in range(seconds * _RATE_HZ)])


def _judged(features, beats, seconds):
    """(second, flags) of each judgement."""
    found = []
    for second in range(1, seconds + 1):
        if beats.poll():
            found.append((second, features.check(beats.samples)))
    return found


def test_says_what_it_takes():
    features = from_params(_params())
    assert (len(features.samples), features.inputs, features.rate_hz) == (100, 5, 100)
    assert (features.section, features.channels, len(features.values)) == ("heart", 1, 5)


def test_it_judges_every_ten_seconds_once_half_a_span_was_heard():
    features = from_params(_params())
    beats = features.window(Source(_RATE_HZ, _pulse(50, (80,))))
    assert _judged(features, beats, 50) == [(20, 0), (30, 0), (40, 0), (50, 0)]
    model = Model()
    features.feed(model)
    assert abs(model.fed[0] - 0.8) < 1e-3
    assert features.beats > 30
    assert features.level() < 3


def test_level_is_rmssd_in_milliseconds():
    features = from_params(_params())
    beats = features.window(Source(_RATE_HZ, _pulse(40, (75, 85))))
    assert _judged(features, beats, 40)[-1] == (40, 0)
    assert abs(features.level() - 100) < 10


def test_a_sensor_off_the_skin_is_missing_without_waiting_for_half_a_span():
    features = from_params(_params())
    bare = array("h", [-31990 if i & 1 else -32000 for i in range(10 * _RATE_HZ)])
    beats = features.window(Source(_RATE_HZ, bare + _pulse(20, (80,))))
    assert _judged(features, beats, 30) == [(10, checks.MISSING), (30, 0)]
    assert checks.MISSING & features.spoiling


def test_light_without_a_pulse_is_missing():
    features = from_params(_params())
    beats = features.window(Source(_RATE_HZ, _breath(30)))
    assert _judged(features, beats, 30) == [(20, checks.MISSING), (30, checks.MISSING)]


def test_a_dead_sensor_is_stuck():
    features = from_params(_params())
    beats = features.window(Source(_RATE_HZ, array("h", [-8000] * (10 * _RATE_HZ))))
    assert _judged(features, beats, 10) == [(10, checks.STUCK)]


def test_after_a_gap_it_waits_for_half_a_span_again():
    features = from_params(_params())
    beats = features.window(Source(_RATE_HZ, _pulse(60, (80,))))
    assert [second for second, _ in _judged(features, beats, 25)] == [20]
    beats._stream.gap = True
    assert [25 + second for second, _ in _judged(features, beats, 35)] == [40, 50, 60]


def test_streams_are_of_the_rate_that_the_features_are_made_for():
    features = from_params(_params())
    assert features.window(Source(_RATE_HZ)).samples is features.samples
    assert "50 frames" in error_of(ValueError, features.window, Source(50))


def test_wrong_parameters_are_refused_with_the_reason():
    assert "magic" in error_of(ValueError, HeartFeatures, b"PHB9" + _params()[4:])
    assert "length" in error_of(ValueError, HeartFeatures, _params() + b"\0")
