"""Recordings from a board's live sensor are what training reads, without a gap inside, and the board keeps a record."""

from __future__ import annotations

import json

import numpy as np
import pytest
from picket_flash import VIBRATION_FRAMES, vibration_samples

from picket_host.board.capture import capture, labels
from picket_host.board.raw_repl import BoardTraceback
from picket_host.commands.device.plot import LivePlot, outline
from picket_host.errors import BoardError, InputError
from picket_host.models import recipes

_RATE_HZ = 26_667


def _recordings_module():
    recipes.find("vibration")
    import picket_recipes.vibration.recordings as module

    return module


def test_every_sample_of_the_sensor_arrives_in_order_and_the_device_logs_it(picket_session, tmp_path):
    heard = []
    done = capture(picket_session, "healthy", 1.8, tmp_path / "data", on_samples=lambda *a: heard.append(a))
    samples = np.load(done.files[0])
    assert (len(done.files), done.gaps, done.discarded_s) == (1, 0, 0)
    assert len(samples) >= 1.8 * _RATE_HZ
    source = np.resize(vibration_samples(), len(samples))  # the replayed file repeats without end
    np.testing.assert_array_equal(samples, source)
    assert len(samples) > VIBRATION_FRAMES
    np.testing.assert_array_equal(np.concatenate([burst for burst, _, _ in heard]), samples)
    log = picket_session.read_file("/state/captures.log").decode()
    assert log.count("\n") == 1 and log.endswith("healthy 1.8 s\n")


def test_training_reads_the_recordings(picket_session, tmp_path):
    """One class from the board, the others beside it: what `train --data` loads."""
    module = _recordings_module()
    done = capture(picket_session, "inner_race", 1.8, tmp_path)
    others = [label for label in labels() if label != "inner_race"]
    for label in others:
        module.save(tmp_path, label, np.resize(vibration_samples(), 60_000), done.rate_hz, done.counts_per_g)
    loaded = module.load_folder(tmp_path, int(module.SHORTEST_S * _RATE_HZ) - 1000)
    assert sorted(recording.label for recording in loaded) == sorted(labels())
    recorded = next(recording for recording in loaded if recording.label == "inner_race")
    np.testing.assert_array_equal(recorded.samples, np.load(done.files[0]))


def test_a_device_that_cannot_log_the_capture_gives_no_samples(picket_session, tmp_path):
    session = picket_session
    # The application may have made the folder before it was interrupted.
    session.run("import os\n'state' in os.listdir('/') or os.mkdir('/state')\nos.mkdir('/state/captures.log')")
    with pytest.raises(BoardError, match="the board can't record"):
        capture(session, "healthy", 1.8, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_folder_of_another_rate_is_refused_before_anything_is_recorded(picket_session, tmp_path):
    module = _recordings_module()
    module.save(tmp_path, "healthy", np.zeros(60_000, np.int16), 12_000, 4096)
    with pytest.raises(InputError, match="another rate"):
        capture(picket_session, "healthy", 1.8, tmp_path)
    assert "/state/captures.log" not in [file.path for file in picket_session.files()]


class _ScriptedBoard:
    """A session whose board answers `take` with bursts; the line is so slow that samples are lost between them."""

    port = "scripted"

    def __init__(self, room):
        self._room = room
        self._next = 0

    def ask(self, source, timeout_s=0):
        return {"rate_hz": _RATE_HZ, "room": self._room, "driver": "iis3dwb", "range_g": 8, "app": 0}

    def run(self, source, timeout_s=0):
        if not source.startswith("take("):
            return b""
        import base64
        import zlib

        count = int(source[5:-1])
        samples = (np.arange(self._next, self._next + count) % 30_000).astype("<i2")
        lost = self._next > 0
        self._next += count + 777
        lines = [base64.b64encode(samples[i : i + 512].tobytes()) for i in range(0, count, 512)]
        said = {"count": count, "lost": lost, "crc": zlib.crc32(samples.tobytes())}
        return b"\n".join([*lines, json.dumps(said).encode()])


@pytest.fixture
def _prepared(monkeypatch):
    monkeypatch.setattr("picket_host.board.capture.prepare", lambda session, progress: None)


def test_on_a_slow_line_each_memory_full_is_a_recording_of_its_own(_prepared, tmp_path):
    done = capture(_ScriptedBoard(room=51_200), "ball", 5.0, tmp_path)
    assert len(done.files) == 3 and done.gaps >= 2
    for file in done.files:
        samples = np.load(file).astype(int)
        assert len(samples) == 51_200
        assert set(np.diff(samples)) <= {1, -29_999}


def test_a_slow_line_and_a_small_memory_are_told(_prepared, tmp_path):
    with pytest.raises(BoardError, match="memory holds 0.8 s"):
        capture(_ScriptedBoard(room=20_480), "ball", 5.0, tmp_path)


def test_too_short_a_recording_is_refused_at_once(tmp_path):
    with pytest.raises(InputError, match="too short to train on"):
        capture(None, "healthy", 1.0, tmp_path)


def test_an_unknown_class_is_refused(_prepared, tmp_path):
    with pytest.raises(InputError, match="no class of this application"):
        capture(_ScriptedBoard(room=51_200), "wobbly", 2.0, tmp_path)


def test_without_a_sensor_in_the_configuration_nothing_is_recorded(picket_session, tmp_path):
    picket_session.write_file("/config.json", b'{"device":{"id":"x"},"vibration":{"driver":"none"}}')
    with pytest.raises(BoardError, match="no vibration sensor is configured"):
        capture(picket_session, "healthy", 1.8, tmp_path)


def test_a_sensor_that_fails_is_an_error_with_the_boards_words(picket_session, tmp_path):
    picket_session.remove_file("/recordings/vibration.i16")
    with pytest.raises(BoardError, match="the board can't record: OSError.*ENOENT") as raised:
        capture(picket_session, "healthy", 1.8, tmp_path)
    assert isinstance(raised.value.__cause__, BoardTraceback)


def test_the_plot_shows_where_the_signal_goes():
    square = np.repeat([0, 100, 0, -100], 25)
    lines = outline(square, width=4, height=5)
    assert [line[1] for line in lines] == ["▪", " ", " ", " ", " "]
    assert [line[3] for line in lines] == [" ", " ", " ", " ", "▪"]
    assert [line[0] for line in lines] == [" ", " ", "▪", " ", " "]


def test_the_plot_shows_the_level_of_each_part_of_the_recording():
    plot = LivePlot("healthy", 2.0)
    plot.take(np.array([-100, 100], np.int16), 1.0, _RATE_HZ)
    plot.take(np.array([-200, 200], np.int16), 2.0, _RATE_HZ)
    level = plot.__rich__().renderables[-1].plain
    assert level == "level  " + 31 * "▄" + 33 * "█"


def test_the_plot_of_silence_and_of_a_few_samples_does_not_fail():
    plot = LivePlot("healthy", 2.0)
    plot.take(np.zeros(3, np.int16), 2.0, _RATE_HZ)
    assert "healthy  2.0 of 2 s" in plot.__rich__().renderables[0].plain
