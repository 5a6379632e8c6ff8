"""The device's wrapper over the native features."""

from array import array

from fakes import Source
from support import error_of

from picket.features.vibration import VibrationFeatures, from_params
from picket.sensors import checks


def _params():
    """Window of 256 samples, hop 20 ms, 26667 Hz, 1/4096 g per count, 2 bands, 1 envelope band."""
    u16 = (2, 1, 20, 60, 2, 40, 120, 2, 16)
    head = b"PVF1" + bytes([0, 1, 20, 0]) + (26667000).to_bytes(4, "little") + b"\x00\x00\x80\x39"
    return head + b"".join([n.to_bytes(2, "little") for n in u16])


def test_says_what_it_takes():
    features = VibrationFeatures(_params())
    assert (len(features.samples), len(features.values)) == (256, 2 + 1 + 6)
    assert (features.hop_ms, features.rate_hz) == (20, 26667)


def test_level_of_a_square_wave_in_g():
    features = VibrationFeatures(_params())
    features.compute(array("h", [2048 if i & 8 else -2048 for i in range(256)]))
    assert abs(features.level() - 0.5) < 1e-4


def test_a_still_sensor_is_found_and_a_living_one_not():
    features = from_params(_params())
    assert features.check(array("h", [7] * 256)) & features.spoiling == checks.STUCK
    assert features.check(array("h", [i % 40 for i in range(256)])) == 0


def test_windows_are_of_the_rate_that_the_features_are_made_for():
    features = from_params(_params())
    assert features.window(Source(26667)).samples is features.samples
    features.window(Source(26500))
    assert "12000" in error_of(ValueError, features.window, Source(12000))


def test_a_window_gathered_in_the_working_memory_gives_the_same_features():
    features = VibrationFeatures(_params())
    counts = array("h", [(i * 7919 % 4001) - 2000 for i in range(256)])
    features.compute(counts)
    expected = list(features.values)
    for _ in range(2):
        features.samples[:] = counts
        features.compute(features.samples)
        assert list(features.values) == expected


def test_energy_goes_to_its_band():
    features = VibrationFeatures(_params())
    values = {}
    for name, period in (("low", 64), ("high", 4)):
        features.compute(array("h", [2048 if i % period < period // 2 else -2048 for i in range(256)]))
        values[name] = tuple(features.values)[:2]
    assert values["low"][0] > values["low"][1]
    assert values["high"][1] > values["high"][0]


def test_wrong_parameters_are_refused_with_the_reason():
    assert "magic" in error_of(ValueError, VibrationFeatures, b"PVF9" + _params()[4:])
    assert "length" in error_of(ValueError, VibrationFeatures, _params() + b"\0")
