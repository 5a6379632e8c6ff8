"""Pictures from a simulated camera through the whole application: to an alert of what they show, or of the camera."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_package import brightness_model, image_package
from on_board import Bench, Gateway, gateway, needs_simulator, running_board  # noqa: F401 - fixtures
from public_pictures import sure_pictures
from small_package import small_package

from picket_host.models.vision import SIZE
from picket_host.paths import ROOT
from picket_host.simulator import recordings

_PUBLIC = ROOT.parent / "shared" / "data" / "tflite" / "person_detect.tflite"
_STUCK = 1
_CAMERA = {"driver": "camera"}


def _surroundings(label: str) -> dict[str, Any]:
    timeline = [{"at_s": 0, "file": f"{label}.u8"}]
    return {"camera": {"width": SIZE, "height": SIZE, "rate_hz": 10, "timeline": timeline}}


def _frames(mean: float) -> bytes:
    rng = np.random.default_rng(int(mean))
    return np.clip(rng.normal(mean, 12, (10, SIZE, SIZE)), 0, 255).astype(np.uint8).tobytes()


@pytest.fixture
def bench(tmp_path: Path, gateway: Gateway) -> Iterator[Bench]:  # noqa: F811
    """A running board that tells bright from dark."""
    package = image_package(tmp_path / "package", brightness_model(), ("dark", "bright"), "brightness")
    sensed = {"dark.u8": _frames(70), "bright.u8": _frames(200), "covered.u8": bytes(SIZE * SIZE)}
    config = {"camera": _CAMERA, "attitude": {"driver": "none"}}
    with running_board(
        tmp_path, gateway, board=_surroundings("dark"), config=config, recordings=sensed, package=package
    ) as bench:
        yield bench


def _show(bench: Bench, label: str) -> None:
    bench.board.write(_surroundings(label))
    bench.board.signal_reload()


def test_what_the_camera_sees_becomes_an_alert_and_a_covered_lens_another(bench: Bench) -> None:
    assert bench.newest("birth")["model_name"] == "brightness"
    calm = bench.wait_for_event("data", chk=0, bad=0, missed=0)
    _show(bench, "bright")
    alert = bench.wait_for_event("alert", label="bright", on=True)
    assert alert["percent"] >= 80 and alert["anomaly"] == 0
    _show(bench, "dark")
    bench.wait_for_event("alert", label="bright", on=False)
    _show(bench, "covered")
    bench.wait_for_event("alert", label="sensor", on=True)
    blind = bench.wait_for_event("data", win=0, chk=_STUCK)
    assert blind["bad"] > 0
    assert calm["rms"] == pytest.approx(70 / 255, abs=0.01) or calm["win"] == 0
    assert [event["label"] for event in bench.gateway.events("alert", bench.name)] == ["bright", "bright", "sensor"]


def test_a_vibration_model_gives_way_to_one_of_pictures_without_a_restart(tmp_path: Path, gateway: Gateway) -> None:  # noqa: F811
    rate_hz = 26_667
    noise = recordings.vibration_frames(np.random.default_rng(1).normal(0, 200, (rate_hz, 3)), rate_hz)
    chip = {"cs": 5, "chip": "iis3dwb", "rate_hz": rate_hz, "timeline": [{"at_s": 0, "file": "quiet.i16"}]}
    board = {"spi": {"1": chip}, **_surroundings("dark")}
    sensed = {"quiet.i16": noise, "dark.u8": _frames(70)}
    package = small_package(tmp_path / "vibration")
    config = {"camera": _CAMERA, "attitude": {"driver": "none"}}
    with running_board(
        tmp_path, gateway, board=board, config=config, recordings=sensed, package=package, heap="300k"
    ) as bench:
        bench.wait_for_event("data", chk=0, bad=0)
        pictures = image_package(tmp_path / "package", brightness_model(), ("dark", "bright"), "brightness")
        bench.offer(bench.release(5, model=pictures))
        bench.wait_for(5, "UPDATED")
        bench.wait_for_birth(boot=1, model=5, model_name="brightness", state="confirmed")
        seen = len(bench.gateway.events("data", bench.name))
        bench.wait_for_event("data", after=seen + 1, chk=0, bad=0)
        assert bench.newest("data")["rms"] == pytest.approx(70 / 255, abs=0.01)
        assert not bench.gateway.events("alert", bench.name)


def test_the_public_person_detection_model_runs_unchanged(tmp_path: Path, gateway: Gateway) -> None:  # noqa: F811
    if not _PUBLIC.is_file():
        pytest.skip(f"{_PUBLIC.name} of the public benchmarks is not here")
    model = _PUBLIC.read_bytes()
    package = image_package(tmp_path / "package", model, ("non_person", "person"), "person_detect", hop_ms=400)
    config = {"camera": _CAMERA, "attitude": {"driver": "none"}}
    with running_board(
        tmp_path, gateway, board=_surroundings("non_person"), config=config,
        recordings=sure_pictures(model), package=package, heap="1m",
    ) as bench:  # fmt: skip
        assert (bench.board.flash / "model" / "model.tflite").read_bytes() == model
        calm = bench.wait_for_event("data", chk=0, bad=0)
        _show(bench, "person")
        bench.wait_for_event("alert", label="person", on=True)
        _show(bench, "non_person")
        bench.wait_for_event("alert", label="person", on=False)
        assert calm["missed"] == 0
        assert {event["label"] for event in bench.gateway.events("alert", bench.name)} == {"person"}
