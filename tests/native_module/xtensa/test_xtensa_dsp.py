"""The signal processing on the ESP32's processor against the same code on this machine: the same bits."""

import numpy as np
from esp32_program import Esp32

from picket_host.native import dsp

RNG_SEED = 11


def windows(count: int, samples: int) -> np.ndarray:
    """int16, shape (count, samples): noise of several magnitudes, tones, silence and extremes."""
    rng = np.random.default_rng(RNG_SEED)
    noise = rng.normal(size=(count, samples)) * 10 ** rng.uniform(0, 4, (count, 1))
    tone = 8000 * np.sin(np.arange(samples) * 0.37)
    special = np.stack([tone, np.zeros(samples), np.where(np.arange(samples) % 2, 32767, -32768)])
    return np.concatenate([noise, special]).clip(-32768, 32767).astype("<i2")


def test_vibration_features_have_the_same_bits(esp32: Esp32) -> None:
    small = {"window": 512, "bands": 6, "band_hz": (100.0, 12000.0), "envelope_bands": 5, "envelope_hz": (55.0, 1000.0)}
    for params in (dsp.vibration_params(), dsp.vibration_params(**small)):
        vibration = dsp.Vibration(params)
        x = windows(5, vibration.window)
        answer = esp32.ask("V", len(params), len(x), params, x.tobytes())
        assert int.from_bytes(answer[:4], "little") == vibration.features
        actual = np.frombuffer(answer[4:], "<u4").reshape(len(x), -1)
        np.testing.assert_array_equal(actual, vibration.compute(x).view(np.uint32))


def test_log_mel_frames_have_the_same_bits(esp32: Esp32) -> None:
    mel = dsp.Mel(dsp.mel_params())
    sound = windows(2, 4000).ravel()
    answer = esp32.ask("L", len(mel.params), sound.size, mel.params, sound.tobytes())
    expected = mel.frames(sound)
    assert int.from_bytes(answer[:4], "little") == len(expected)
    actual = np.frombuffer(answer[4:], "<u4").reshape(-1, mel.bands)
    np.testing.assert_array_equal(actual, expected.view(np.uint32))


def test_motion_features_have_the_same_bits(esp32: Esp32) -> None:
    motion = dsp.Motion(dsp.motion_params())
    hops = windows(9, motion.hop * dsp.MOTION_CHANNELS)
    answer = esp32.ask("B", len(motion.params), len(hops), motion.params, hops.tobytes())
    expected = motion.windows(hops.reshape(-1, dsp.MOTION_CHANNELS))
    assert int.from_bytes(answer[:4], "little") == motion.features
    actual = np.frombuffer(answer[4:], "<u4").reshape(len(hops), -1)
    np.testing.assert_array_equal(actual, expected.view(np.uint32))


def test_heartbeat_features_have_the_same_bits(esp32: Esp32) -> None:
    heart = dsp.Heart(dsp.heart_params())
    phase = np.cumsum(1.2 + 0.1 * np.sin(np.arange(4000) / 300)) / 100
    light = (-8000 - 400 * np.cos(2 * np.pi * phase)).astype("<i2")
    answer = esp32.ask("H", len(heart.params), light.size, heart.params, light.tobytes())
    heart.feed(light)
    features, beats = heart.compute()
    assert int.from_bytes(answer[:4], "little") == beats > 30
    np.testing.assert_array_equal(np.frombuffer(answer[4:], "<u4"), features.view(np.uint32))


def test_window_statistics_have_the_same_bits(esp32: Esp32) -> None:
    for x in windows(6, 1000):
        actual = np.frombuffer(esp32.ask("S", len(x), x.tobytes()), "<f4")
        expected = np.array(dsp.window_stats(x), np.float32)
        np.testing.assert_array_equal(actual.view(np.uint32), expected.view(np.uint32))


def test_anomaly_scores_are_the_same(esp32: Esp32) -> None:
    rng = np.random.default_rng(RNG_SEED)
    table = dsp.anomaly_table(1.5, rng.normal(size=70), rng.uniform(1, 2, 70), rng.normal(size=(3, 70)))
    for spread in (0.1, 1.0, 30.0, 1e6, np.inf):
        with np.errstate(invalid="ignore"):
            features = (rng.normal(size=70) * spread).astype("<f4")
        answer = esp32.ask("A", len(table), len(features), table, features.tobytes())
        assert int.from_bytes(answer, "little", signed=True) == dsp.centroid_distance(features, table)


def test_attitudes_are_the_same(esp32: Esp32) -> None:
    rng = np.random.default_rng(RNG_SEED)
    accel = (rng.normal(size=(400, 3)) * 3000 + [0, 6000, 14000]).clip(-32768, 32767).astype("<i2")
    gyro = (rng.normal(size=(400, 3)) * 4000).clip(-32768, 32767).astype("<i2")
    accel[::50], gyro[::50] = 0, 32767
    rates = (100.0, 16384.0, 131.0)
    filters = (dsp.Complementary(*rates, 0.5), dsp.Kalman(*rates, 1e-3, 3e-3, 0.03), dsp.Madgwick(*rates, 0.05))
    expected = np.concatenate([each.update(accel, gyro) for each in filters], axis=1)
    readings = np.concatenate([accel, gyro], axis=1)
    actual = np.frombuffer(esp32.ask("F", len(readings), readings.tobytes()), "<i2").reshape(-1, 7)
    np.testing.assert_array_equal(actual, expected)
