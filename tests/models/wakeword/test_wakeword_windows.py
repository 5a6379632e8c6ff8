"""Windows are the device's own frames, and their labels say when a listener could know."""

import numpy as np
from picket_recipes.wakeword import windows
from picket_recipes.wakeword.scenes import Background, Scene, Spoken
from picket_recipes.wakeword.speech import RATE_HZ, Utterance

from picket_host.models import recipes
from picket_host.native.dsp import Mel

PARAMS = recipes.find("wakeword").pipeline()
WORD = "hey_picket"


def _scene(*spoken, seconds=6.0):
    samples = np.random.default_rng(1).normal(0, 300, round(seconds * RATE_HZ)).astype(np.int16)
    places = tuple(Spoken(word, round(start * RATE_HZ), round(end * RATE_HZ)) for word, start, end in spoken)
    return Scene(samples, places, "white", 20.0)


def _asked(scene, times):
    return windows.labels(scene, WORD, np.array(times), 1.2).tolist()


def test_the_wake_word_is_asked_for_from_its_end_until_it_leaves_the_window():
    scene = _scene((WORD, 2.0, 2.6))
    assert _asked(scene, [1.5, 2.1, 2.45]) == [0, 0, 0], "before it can be known"
    assert _asked(scene, [2.5, 2.6, 2.64]) == [-1, -1, -1], "while its end is being guessed"
    assert _asked(scene, [2.67, 2.9, 3.16]) == [1, 1, 1]
    assert _asked(scene, [3.18, 3.3]) == [-1, -1], "while it leaves"
    assert _asked(scene, [3.4, 5.0]) == [0, 0]


def test_a_word_longer_than_the_window_is_never_asked_for():
    scene = _scene((WORD, 2.0, 3.3))
    assert 1 not in _asked(scene, np.arange(0, 6, 0.01))


def test_other_words_are_background():
    assert set(_asked(_scene(("ticket", 2.0, 2.5)), np.arange(0, 6, 0.01))) == {0}


def test_windows_are_the_device_codes_frames_sample_by_sample():
    scene = _scene((WORD, 2.0, 2.6), ("ticket", 3.5, 4.0))
    x, y = windows.cut(scene, WORD, Mel(PARAMS), np.random.default_rng(3))
    assert set(y) == {0, 1} and x.dtype == np.float32
    stream = Mel(PARAMS)
    frames = np.concatenate([stream.feed(piece) for piece in np.array_split(scene.samples, 77)])
    heard = {frames[i : i + windows.FRAMES].tobytes() for i in range(len(frames) - windows.FRAMES + 1)}
    assert all(window.tobytes() in heard for window in x)


def test_windows_do_not_depend_on_the_number_of_threads(monkeypatch):
    rng = np.random.default_rng(5)
    words = [WORD if i % 3 == 0 else "other" for i in range(50)]
    said = [Utterance("s", word, rng.normal(0, 3000, 8000).clip(-32768, 32767).astype(np.int16)) for word in words]
    first = windows.make(said, Background(), WORD, PARAMS, (10, 30), 60, [1, 2])
    monkeypatch.setattr(windows, "_THREADS", 1)
    again = windows.make(said, Background(), WORD, PARAMS, (10, 30), 60, [1, 2])
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert len(first) == 60 and set(first.y) == {0, 1}
