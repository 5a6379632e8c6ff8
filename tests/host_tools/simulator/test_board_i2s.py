"""The microphone's driver and the simulated I2S bus, against the recording that the microphone hears."""

from __future__ import annotations

import numpy as np
import pytest
from sensing import assert_stretch

_OPEN = """
from array import array
import json, micropython, time
from picket import config
from picket.sensors import OVERRUN, open_source

def opened(**more):
    settings = {"driver": "i2s"}
    settings.update(more)
    return open_source(config.check({"device": {"id": "a"}, "microphone": settings})["microphone"])
"""


@pytest.fixture
def hearing(scenarios):
    """Puts a microphone on I2S 0 that hears the given samples."""

    def put(samples):
        timeline = scenarios.record("sound.i16", np.asarray(samples).reshape(-1, 1))
        scenarios.description["i2s"] = {"0": {"rate_hz": 16000, "timeline": timeline}}
        return scenarios

    return put


def _noise(count: int) -> np.ndarray:
    return np.random.default_rng(3).permutation(np.arange(-count // 2, count // 2)).astype(np.int16)


def test_reads_the_recording_without_a_gap_and_allocates_nothing(hearing):
    recording = _noise(20_000)
    [heard] = hearing(recording).run(
        _OPEN
        + """
source = opened()
samples = array("h", bytearray(2 * 2400))
at = polls = 0
source.start()
while at < 2400:
    micropython.heap_lock()
    got = source.read_into(samples, at)
    micropython.heap_unlock()
    assert got >= 0, (got, polls, at, source.overruns)
    at += got
    polls += 1
    time.sleep_ms(source.poll_ms if polls % 5 else 90)
assert (source.overruns, polls > 4) == (0, True), (source.overruns, polls)
print(json.dumps(list(samples)))
"""
    )
    assert_stretch(heard, recording)


def test_gain_doubles_by_the_bit_and_clips(hearing):
    quiet, loud = hearing(np.array([1000, -1000, 30000, -30000])).run(
        _OPEN
        + """
for bits in (0, 5):
    source = opened(gain_bits=bits)
    samples = array("h", bytearray(2 * 400))
    time.sleep_ms(100)
    source.read_into(samples)
    print(json.dumps(sorted(set(samples))))
"""
    )
    assert quiet == [-1875, -63, 62, 1875]
    assert loud == [-32768, -2000, 2000, 32767]


def test_a_late_reader_is_told_and_hears_what_is_new(hearing):
    recording = _noise(30_000)
    late, got, heard = hearing(recording).run(
        _OPEN
        + """
source = opened()
samples = array("h", bytearray(2 * 1600))
source.start()
time.sleep_ms(source.slack_ms + 300)
late = source.read_into(samples)
print(json.dumps([late == OVERRUN, source.overruns]))
time.sleep_ms(50)
got = source.read_into(samples)
print(json.dumps(got))
print(json.dumps(list(samples)[:got]))
"""
    )
    assert late == [True, 1]
    assert 750 <= got <= 1600
    [first] = np.flatnonzero(recording == heard[0])
    assert first > 16 * 650, "what waited too long was heard"


def test_a_microphone_that_is_not_there_is_silent(scenarios):
    assert scenarios.run(
        _OPEN
        + """
source = opened()
samples = array("h", [5] * 320)
time.sleep_ms(100)
print(json.dumps(source.read_into(samples)))
print(json.dumps(sorted(set(samples))))
"""
    ) == [320, [0]]


def test_a_bus_without_a_clock_is_an_error(scenarios):
    [errors] = scenarios.run(
        _OPEN
        + """
import io
from picket.sensors.i2s import Microphone

class Dead(io.IOBase):
    def ioctl(self, request, argument):
        return 0 if request == 3 else -1  # MP_STREAM_POLL: nothing is ready

    def readinto(self, buffer):
        return 0

source = Microphone(lambda buffer_bytes: Dead(), 16000, 4)
samples = array("h", bytearray(640))
errors = 0
source.start()
for _ in range(30):
    try:
        assert source.read_into(samples) == 0
    except OSError as error:
        errors += error.errno == 110
    time.sleep_ms(50)
print(json.dumps(errors))
"""
    )
    assert errors > 0
