"""Folders as Speech Commands has them: split by speaker, and refused with one clear line when they don't fit."""

import wave

import numpy as np
import pytest
from picket_recipes.wakeword import recordings
from picket_recipes.wakeword.recordings import load_folder, part_of

from picket_host.errors import InputError
from picket_host.models import recipes

RATE_HZ = 16_000


def write(path, seconds=0.5, rate_hz=RATE_HZ, channels=1, width=2, seed=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    count = round(seconds * rate_hz) * channels
    noise = np.random.default_rng(seed).integers(-3000, 3000, count).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setframerate(rate_hz)
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.writeframes(noise.tobytes() if width == 2 else noise.astype("<i4").tobytes()[: count * width])


@pytest.fixture
def folder(tmp_path):
    """40 speakers who say two words each, and a long noise."""
    for number in range(40):
        for word in ("hey_picket", "up"):
            write(tmp_path / word / f"{number:08x}_nohash_0.wav", seed=number)
    write(tmp_path / "_background_noise_" / "fan.wav", seconds=10)
    return tmp_path


def test_speakers_are_divided_by_the_data_sets_own_rule(folder):
    word, parts = load_folder(folder, seed=1)
    assert word == "hey_picket"
    speakers = {name: {u.speaker for u in part.utterances} for name, part in parts.items()}
    assert sum(map(len, speakers.values())) == len(set.union(*speakers.values())) == 40
    assert all(part_of(speaker) == name for name, group in speakers.items() for speaker in group)


def test_about_80_10_and_10_of_100_speakers():
    counts = np.array([[part_of(f"{i:08x}") == part for part in recordings.PARTS] for i in range(2000)]).mean(0)
    np.testing.assert_allclose(counts, [0.8, 0.1, 0.1], atol=0.03)


def test_noise_is_divided_in_time(folder):
    _, parts = load_folder(folder, seed=1)
    pieces = [parts[name].noises[0] for name in recordings.PARTS]
    assert [len(piece) / RATE_HZ for piece in pieces] == pytest.approx([6, 2, 2])
    np.testing.assert_array_equal(np.concatenate(pieces), recordings.read(folder / "_background_noise_" / "fan.wav"))


def test_another_word_is_named_by_the_folder(folder):
    (folder / "wakeword.json").write_text('{"word": "up"}')
    word, parts = load_folder(folder, seed=1)
    assert word == "up"
    assert {u.word for u in parts["test"].utterances} == {"up", "hey_picket"}


def test_a_recipe_is_loaded_from_it(folder, monkeypatch):
    recipe = recipes.find("wakeword")
    dataset = recipe.load(folder, True, 1)
    assert dataset.labels == ("background", "hey_picket")
    assert dataset.source == str(folder)
    assert recipe.load(folder, True, 2).fingerprint == dataset.fingerprint
    write(folder / "up" / "00000000_nohash_0.wav", seed=99)
    assert recipe.load(folder, True, 1).fingerprint != dataset.fingerprint


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"rate_hz": 44_100}, "44100 samples a second, 16000 are expected"),
        ({"channels": 2}, "2 channels, one is expected"),
        ({"width": 4}, "32 bit a sample, 16 are expected"),
    ],
)
def test_another_format_is_refused_with_the_file(folder, options, what):
    file = folder / "up" / "00000000_nohash_0.wav"
    write(file, **options)
    with pytest.raises(InputError, match=what) as caught:
        load_folder(folder, seed=1)
    assert caught.value.where == str(file)


def test_what_is_no_wav_is_refused(folder):
    (folder / "up" / "00000000_nohash_0.wav").write_bytes(b"ID3 mp3")
    with pytest.raises(InputError, match="not a readable WAV file"):
        load_folder(folder, seed=1)


def test_missing_classes_and_parts_are_said(tmp_path, folder):
    with pytest.raises(InputError, match="no such folder"):
        load_folder(tmp_path / "nowhere", seed=1)
    (folder / "wakeword.json").write_text('{"word": "marvin"}')
    with pytest.raises(InputError, match="no recordings of marvin"):
        load_folder(folder, seed=1)
    (folder / "wakeword.json").write_text("[]")
    with pytest.raises(InputError, match="does not name the wake word"):
        load_folder(folder, seed=1)
    (folder / "wakeword.json").unlink()
    for file in (folder / "up").glob("*"):
        file.unlink()
    with pytest.raises(InputError, match="no recordings of other words"):
        load_folder(folder, seed=1)
    for file in (folder / "hey_picket").glob("*"):
        if part_of(recordings.speaker_of(file)) != "test":
            write(folder / "up" / file.name)
    with pytest.raises(InputError, match="nobody of the test part says another word"):
        load_folder(folder, seed=1)
