"""Rooms, noises and levels are what they are said to be."""

import numpy as np
import pytest
from picket_recipes.wakeword import scenes
from picket_recipes.wakeword.scenes import Background
from picket_recipes.wakeword.speech import RATE_HZ, Utterance


def _utterance(word="hello", seconds=0.5, seed=1):
    samples = np.random.default_rng(seed).normal(0, 3000, round(seconds * RATE_HZ)).clip(-32768, 32767)
    return Utterance("somebody", word, samples.astype(np.int16))


@pytest.mark.parametrize("rt60_s", [0.15, 0.4, 0.6])
def test_echoes_fade_by_60_db_in_the_rooms_time(rt60_s):
    decays = []
    for seed in range(20):
        response = scenes.echoes(rt60_s, np.random.default_rng(seed))
        assert np.sum(response**2) == pytest.approx(1)
        energy = np.cumsum(response[::-1] ** 2)[::-1]  # Schroeder's backward integration
        early, late = (round(share * rt60_s * RATE_HZ) for share in (0.1, 0.4))
        decays.append(10 * np.log10(energy[early] / energy[late]))
    assert np.mean(decays) == pytest.approx(60 * 0.3, rel=0.1)


@pytest.mark.parametrize("kind", ["white", "pink", "hum", "babble", "recorded"])
def test_every_noise_has_the_same_power(kind):
    background = Background([_utterance()], [_utterance(seed=2).samples])
    made = scenes.noise(kind, 40_000, background, np.random.default_rng(1))
    assert made.shape == (40_000,) and made.std() == pytest.approx(1, rel=1e-3)


def test_pink_noise_falls_by_3_db_an_octave():
    made = scenes.coloured(1 << 18, 1.0, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(made)) ** 2
    hz = np.fft.rfftfreq(len(made), 1 / RATE_HZ)
    octaves = [power[(hz >= low) & (hz < 2 * low)].mean() for low in (100, 200, 400, 800, 1600, 3200)]
    np.testing.assert_allclose(np.diff(10 * np.log10(octaves)), -3.01, atol=0.3)


def test_babble_and_recordings_are_only_there_when_given():
    assert Background().kinds == ("white", "pink", "hum")
    assert set(Background([_utterance()], [np.ones(9)]).kinds) == {"white", "pink", "hum", "babble", "recorded"}


def test_words_stand_where_the_scene_says():
    made = scenes.scene([_utterance("a"), _utterance("b", 0.3, 2)], Background(), (60, 60), np.random.default_rng(4))
    assert [spoken.word for spoken in made.spoken] == ["a", "b"]
    loud = made.samples.astype(float) ** 2
    before = loud[: made.spoken[0].start].mean()
    for spoken, seconds in zip(made.spoken, (0.5, 0.3), strict=True):
        assert spoken.end - spoken.start == round(seconds * RATE_HZ)
        assert loud[spoken.start : spoken.end].mean() > 100 * before
    assert made.spoken[0].start >= RATE_HZ and made.spoken[1].start > made.spoken[0].end


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_noise_is_as_strong_as_asked(snr_db):
    ratios = []
    for seed in range(15):
        words = [_utterance(seed=k) for k in range(8)]
        made = scenes.scene(words, Background(), (snr_db, snr_db), np.random.default_rng(seed))
        power = made.samples.astype(float) ** 2
        noise = power[: made.spoken[0].start].mean()
        speech = np.mean([power[s.start : s.end].mean() for s in made.spoken]) - noise
        ratios.append(10 * np.log10(max(speech, 1e-9) / noise))
    assert np.mean(ratios) == pytest.approx(snr_db, abs=2.5)


def test_the_same_seed_gives_the_same_scene():
    a, b = (scenes.scene([_utterance()], Background(), (5, 20), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a.samples, b.samples)
    assert (a.spoken, a.noise, a.snr_db) == (b.spoken, b.noise, b.snr_db)
