"""From speech to an alert: a model trained on the spot, made to stream, on a simulated board with a microphone.

The first test trains; the others use its model.
"""

import json
import sys

import numpy as np
import pytest
from picket_recipes.wakeword import listening, speech
from picket_recipes.wakeword.scenes import Background, scene
from picket_recipes.wakeword.speech import RATE_HZ, WORD

from picket_host.models import build_package, golden, recipes
from picket_host.native.engine import Engine
from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "support"))

from on_board import gateway, needs_simulator, running_board, until  # noqa: E402, F401 - fixtures

pytestmark = pytest.mark.timeout(1800)  # trains; minutes where others use the machine, too

RECIPE = recipes.find("wakeword")
SPEED = 4  # of the board's time: a minute of speech in a quarter of it


@pytest.fixture(scope="module")
def report(espeak, tmp_path_factory):
    """A package trained in quick mode."""
    return build_package("wakeword", None, None, True, tmp_path_factory.mktemp("wakeword") / "package")


@pytest.fixture(scope="module")
def hall(report):
    """What a held-back voice says in a hall, by what it is: calls of the wake word that the model hears on the host,
    and other words that it does not take for it."""
    model = (report.folder / "model.tflite").read_bytes()
    spoken = speech.synthesise(speech.plan("test", True))
    rng = np.random.default_rng(8)
    made = {}
    for name, own in (("calls", True), ("talk", False)):
        said = [utterance for utterance in spoken if (utterance.word == WORD) is own]
        chosen = []
        for index in rng.permutation(len(said)):
            alone = scene([said[index]], Background(), (25, 30), rng)
            heard = listening.listen([alone], model, WORD, RECIPE.pipeline(), RECIPE.gate)
            if (heard.spoken - heard.missed, heard.false_accepts) == (int(own), 0):
                chosen.append(alone.samples)
            if len(chosen) == 6:
                break
        made[name] = np.concatenate(chosen).reshape(-1, 1)
    return made


def test_int8_keeps_what_float_knows_and_the_stream_its_bits(report):
    proof = report.proof
    assert proof.fault is None and proof.bit_exact
    assert proof.scores["engine"].accuracy >= 0.8
    assert proof.loss_points <= 1.0
    assert proof.stream.runs == 240 and proof.stream.windows == 211


def test_the_package_carries_the_stream_with_one_sequence_of_golden_vectors(report):
    description = json.loads((report.folder / "model.json").read_text())
    assert description["labels"] == ["background", WORD] and description["pipeline"]["kind"] == "mel"
    assert not (report.folder / "anomaly.bin").exists()
    engine = Engine((report.folder / "model.tflite").read_bytes())
    assert engine.inputs[0].shape == (1, 4, 40, 1)
    inputs, outputs = golden.unpack((report.folder / "golden.bin").read_bytes())
    for source, expected in zip(inputs, outputs, strict=True):
        np.testing.assert_array_equal(engine.invoke([source.reshape(1, 4, 40, 1)])[0].ravel(), expected)


@pytest.fixture(scope="module")
def board(report, hall, gateway, tmp_path_factory):  # noqa: F811
    """A board whose microphone hears talk."""
    config = {
        "microphone": {"driver": "i2s"}, "vibration": {"driver": "none"}, "attitude": {"driver": "none"},
    }  # fmt: skip
    recordings = {f"{name}.i16": samples for name, samples in hall.items()}
    recordings["dead.i16"] = np.zeros((RATE_HZ, 1), np.int16)
    folder = tmp_path_factory.mktemp("hall")
    arguments = {"config": config, "recordings": recordings, "package": report.folder}
    with running_board(folder, gateway, board=_surroundings("talk"), **arguments) as bench:
        yield bench


def _surroundings(name, at_s=0):
    microphone = {"rate_hz": RATE_HZ, "timeline": [{"at_s": at_s, "file": f"{name}.i16"}]}
    return {"time": {"speed": SPEED}, "i2s": {"0": microphone}, "wifi": {"up": True}}


def _change(bench, name):
    bench.board.write(_surroundings(name, "now"))
    bench.board.signal_reload()
    bench.wait_for_console("SURROUNDINGS changed")


def test_other_words_are_heard_without_a_gap_and_without_an_alert(board):
    def heard():
        return sum(data["win"] for data in board.gateway.events("data", board.name))

    seconds = 12
    until("enough talk", lambda: heard() >= 25 * seconds, board.board.console)
    summaries = board.gateway.events("data", board.name)
    assert sum(data["missed"] + data["bad"] for data in summaries) == 0
    assert max(data["rms"] for data in summaries) > 0.001
    assert board.gateway.events("alert", board.name) == []
    assert min(data["heap_low"] for data in summaries) > 45_000  # of 200 KB, with 64-bit words


def test_the_wake_word_is_an_alert_at_the_gateway(board):
    _change(board, "calls")
    board.wait_for_event("alert", label=WORD, on=True)
    board.wait_for_event("alert", label=WORD, on=False)
    board.wait_for_event("alert", after=4, label=WORD, on=True)


def test_a_dead_microphone_is_an_alert_about_the_sensor(board):
    assert {event["label"] for event in board.gateway.events("alert", board.name)} == {WORD}
    _change(board, "dead")
    board.wait_for_event("alert", label="sensor", on=True)
    until(
        "a summary that says stuck",
        lambda: any(data["chk"] & 1 and data["bad"] for data in board.gateway.events("data", board.name)),
        board.board.console,
    )
