"""What is said, by whom, and that espeak-ng says it with as many voices as the plan counts on."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from picket_recipes.wakeword import speech
from picket_recipes.wakeword.speech import Say

from picket_host.errors import EnvironmentError_


def _family(variant):
    return re.sub(r"(?<=[a-zA-Z]{3})\d+$", "", variant)


def test_no_voice_is_in_two_parts_nor_a_version_of_one():
    families = {part: {_family(variant) for variant in variants} for part, variants in speech.VARIANTS.items()}
    assert not families["train"] & families["test"]
    assert not families["train"] & families["validation"]
    assert not families["validation"] & families["test"]


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_every_speaker_says_the_wake_word_and_others(part, quick):
    says = speech.plan(part, quick)
    assert says == speech.plan(part, quick)
    by_voice = {}
    for say in says:
        by_voice.setdefault(say.voice, []).append(say.word)
        assert say.voice.split("+")[1] in speech.VARIANTS[part]
    for words in by_voice.values():
        assert words.count(speech.WORD) >= 6 and len(set(words)) > 10


def test_some_words_and_all_sentences_of_the_test_part_are_never_heard_in_training():
    heard = {say.word for part in ("train", "validation") for say in speech.plan(part, False)}
    tested = {say.word for say in speech.plan("test", False)}
    assert not heard & {*speech.UNHEARD, *speech.UNHEARD_SENTENCES}
    assert tested & {*speech.UNHEARD} and not tested & {*speech.SENTENCES}


def test_trimming_takes_silence_and_level_away():
    t = np.arange(8000) / speech.RATE_HZ
    word = 500 * np.sin(2 * np.pi * 440 * t)
    recording = np.concatenate([np.zeros(4000), word, np.zeros(6000)]).astype(np.int16)
    cut = speech.trimmed(recording)
    assert len(cut) == 8000
    assert cut.std() == pytest.approx(3000, rel=0.01)
    np.testing.assert_allclose(np.corrcoef(cut, word)[0, 1], 1, atol=1e-4)


@pytest.mark.parametrize("samples", [np.zeros(4000), np.full(4000, 7), np.zeros(0)])
def test_nothing_is_left_of_a_recording_without_sound(samples):
    assert len(speech.trimmed(samples.astype(np.int16))) == 0


def test_a_missing_espeak_is_said_with_what_to_install(monkeypatch):
    speech.version.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EnvironmentError_, match="espeak-ng.*missing") as caught:
        speech.synthesise([Say("gmw/en+f2", "hello", 170, 50, 1.0)])
    assert "apt-get install espeak-ng" in str(caught.value.hint)
    speech.version.cache_clear()


@pytest.mark.parametrize("voice", ["gmw/en+nobody", "gmw/xx+f2", "en-gb+f2", "f2"])
def test_a_voice_that_espeak_would_silently_replace_is_refused(espeak, monkeypatch, tmp_path, voice):
    monkeypatch.setattr(speech, "CACHE", tmp_path)
    with pytest.raises(EnvironmentError_, match="has no voice"):
        speech.synthesise([Say(voice, "hello", 170, 50, 1.0)])


def test_every_variant_and_every_accent_sounds_different(espeak, monkeypatch, tmp_path):
    monkeypatch.setattr(speech, "CACHE", tmp_path)
    variants = [variant for part in speech.VARIANTS.values() for variant in part]
    text = "a_dancer_heard_the_party_over_there"
    says = [Say(f"{speech.ACCENTS[0]}+{variant}", text, 170, 50, 1.0) for variant in variants]
    says += [Say(f"{accent}+f1", text, 170, 50, 1.0) for accent in speech.ACCENTS[1:]]
    spoken = speech.synthesise(says)
    assert len({utterance.samples.tobytes() for utterance in spoken}) == len(says)


def test_what_was_spoken_once_comes_from_the_cache(espeak, monkeypatch, tmp_path):
    monkeypatch.setattr(speech, "CACHE", tmp_path)
    says = [Say("gmw/en+f2", word, 170, 50, 1.0) for word in ("hello", "good_bye")]
    first = speech.synthesise(says)
    assert [(u.speaker, u.word) for u in first] == [("gmw/en+f2", "hello"), ("gmw/en+f2", "good_bye")]
    monkeypatch.setattr(speech, "_speak", lambda say: pytest.fail("spoken again"))
    for old, new in zip(first, speech.synthesise(says), strict=True):
        np.testing.assert_array_equal(old.samples, new.samples)


def test_a_longer_tract_lowers_the_voice(espeak, monkeypatch, tmp_path):
    monkeypatch.setattr(speech, "CACHE", tmp_path)
    say = Say("gmw/en+m3", "hello", 170, 50, 0.93)
    short, long = speech.synthesise([say, replace(say, tract=1.07)])
    assert len(long.samples) / len(short.samples) == pytest.approx(1.07 / 0.93, rel=0.05)
