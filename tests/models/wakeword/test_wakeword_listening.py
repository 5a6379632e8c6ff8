"""Alerts are counted against what was said, through the device's gate. The model is a script."""

from types import SimpleNamespace

import numpy as np
import pytest
from picket_recipes.wakeword import listening
from picket_recipes.wakeword.scenes import Scene, Spoken
from picket_recipes.wakeword.speech import RATE_HZ

from picket_host.models import recipes

RECIPE = recipes.find("wakeword")
WORD = "hey_picket"


@pytest.fixture
def hear(monkeypatch):
    """Lets a scene of ten seconds go by a model that is sure between the given times."""

    def listen(sure, *spoken, gate=None):
        class Engine:
            def __init__(self, model):
                self.inputs = [SimpleNamespace(shape=(1, 4, 40, 1), scale=0.02, zero_point=0)]
                self.outputs = [SimpleNamespace(scale=1 / 256, zero_point=-128)]
                self._end = 0.0

            def invoke(self, inputs):
                self._end += 0.04
                on = any(start <= self._end <= end for start, end in sure)
                return [np.array([[-128, 127] if on else [127, -128]], np.int8)]

        monkeypatch.setattr(listening, "Engine", Engine)
        places = tuple(Spoken(word, round(a * RATE_HZ), round(b * RATE_HZ)) for word, a, b in spoken)
        scene = Scene(np.zeros(10 * RATE_HZ, np.int16), places, "white", 20.0)
        return listening.listen([scene], b"", WORD, RECIPE.pipeline(), gate or RECIPE.gate)

    return listen


def test_an_alert_shortly_after_the_word_is_a_hit(hear):
    heard = hear([(2.7, 3.1)], (WORD, 2.0, 2.6))
    assert (heard.spoken, heard.missed, heard.false_accepts, heard.seconds) == (1, 0, 0, 10.0)
    assert 0.1 <= heard.delay_s <= 0.3


def test_no_alert_is_a_miss(hear):
    heard = hear([], (WORD, 2.0, 2.6), (WORD, 5.0, 5.6))
    assert (heard.missed, heard.false_rejects, heard.delay_s) == (2, 1.0, None)


def test_fewer_windows_than_the_gate_wants_are_no_alert(hear):
    assert hear([(2.7, 2.75)], (WORD, 2.0, 2.6), gate={**RECIPE.gate, "min_windows": 3}).missed == 1


def test_alerts_without_the_word_are_counted_by_what_was_said(hear):
    heard = hear([(2.7, 3.1), (8.0, 8.4)], ("ticket", 2.2, 2.6))
    assert (heard.spoken, heard.false_accepts, heard.taken_for_it) == (0, 2, {"ticket": 1, "": 1})
    assert heard.false_accepts_per_hour == pytest.approx(720)
    assert heard.false_rejects == 0


def test_an_alert_long_after_the_word_is_both(hear):
    heard = hear([(4.5, 4.9)], (WORD, 2.0, 2.6))
    assert (heard.missed, heard.false_accepts) == (1, 1)
