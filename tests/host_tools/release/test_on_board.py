"""Releases on a simulated board: the whole application under MicroPython, a real gateway, and what can go wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from on_board import WAIT_S, Bench, Gateway, gateway, needs_simulator, running_board, until  # noqa: F401 - fixtures
from small_package import small_package

from picket_host.paths import DEVICE
from picket_host.release import keys, manifest
from picket_host.simulator import recordings

_RATE_HZ = 26_667
_STUCK = 1


@pytest.fixture
def fresh(tmp_path: Path, gateway: Gateway) -> Iterator[Bench]:  # noqa: F811
    """A running board without a model."""
    with _board(tmp_path, gateway, with_model=False) as bench:
        yield bench


@pytest.fixture
def bench(tmp_path: Path, gateway: Gateway) -> Iterator[Bench]:  # noqa: F811
    """A running board with a model that came by cable."""
    with _board(tmp_path, gateway, with_model=True) as bench:
        yield bench


def _board(folder: Path, gateway: Gateway, with_model: bool) -> AbstractContextManager[Bench]:  # noqa: F811
    noise = np.random.default_rng(1).normal(0, 1, (_RATE_HZ, 3))
    sensed = {
        f"{label}.i16": recordings.vibration_frames(noise * counts, _RATE_HZ)
        for label, counts in (("quiet", 200), ("loud", 4000), ("dead", 0))
    }
    sensed["level.i16"] = recordings.motion_of_attitude(np.full(500, 5.0), np.full(500, -3.0), noise=20)
    return running_board(
        folder, gateway, board=_surroundings("quiet"), recordings=sensed, package=small_package(folder / "package"),
        with_model=with_model,
    )  # fmt: skip


def _surroundings(label: str) -> dict[str, Any]:
    vibration = {"cs": 5, "chip": "iis3dwb", "rate_hz": _RATE_HZ, "timeline": [{"at_s": 0, "file": f"{label}.i16"}]}
    motion = {"chip": "mpu6050", "rate_hz": 100, "timeline": [{"at_s": 0, "file": "level.i16"}]}
    return {"spi": {"1": vibration}, "i2c": {"0": {"104": motion}}, "wifi": {"up": True}}


def test_a_fresh_board_takes_its_first_release_and_alerts(fresh: Bench) -> None:
    assert fresh.newest("birth")["model_name"] is None
    fresh.offer(fresh.release(1, kind="full"))
    fresh.wait_for(1, "UPDATED")
    fresh.wait_for_birth(app=1, model=1, model_name="loudness", state="confirmed", highest=1)
    fresh.board.write(_surroundings("loud"))
    fresh.board.signal_reload()
    fresh.wait_for_console("ALERT 2 1 loud on=1")
    fresh.wait_for_event("alert", label="loud", on=True)
    fresh.wait_for_event("data")
    until("the tilt", lambda: fresh.newest("data")["tilt"] == pytest.approx([5, -3], abs=0.5), fresh.board.console)


def test_models_are_swapped_without_a_restart_or_a_missed_window_and_bad_ones_refused(bench: Bench) -> None:
    other = small_package(bench.folder / "better", name="better")
    bench.offer(bench.release(5, model=other))
    bench.wait_for(5, "UPDATED")
    bench.wait_for_birth(boot=1, app=0, model=5, model_name="better", state="confirmed")

    bench.offer(bench.release(4))
    assert bench.wait_for(4, "FAILED") == "sequence 4 is not newer than 5, the highest accepted"

    stranger = keys.keygen(bench.folder / "stranger.key")
    bench.offer(bench.release(6, stranger))
    assert bench.wait_for(6, "FAILED") == "the signature does not fit the device's public key"

    tampered = bench.release(7)
    raw = manifest.read_bytes(tampered)
    (tampered / manifest.MANIFEST).write_bytes(raw.replace(b'"notes":""', b'"notes":"!"'))
    bench.offer(tampered)
    assert bench.wait_for(7, "FAILED") == "the signature does not fit the device's public key"

    wrong = small_package(bench.folder / "wrong")
    golden = bytearray((wrong / "golden.bin").read_bytes())
    golden[-1] ^= 1
    (wrong / "golden.bin").write_bytes(bytes(golden))
    bench.offer(bench.release(8, model=wrong))
    assert bench.wait_for(8, "FAILED").startswith("golden vector 4: output[1] is ")

    assert bench.newest("birth")["boot"] == 1 and bench.newest("birth")["model"] == 5
    assert sum(data["missed"] for data in bench.gateway.events("data", bench.name)) == 0
    assert not (bench.board.flash / "slots" / "stage-8").exists()


def test_a_dead_sensor_is_an_alert_and_its_return_too(bench: Bench) -> None:
    bench.wait_for_event("data", chk=0)
    bench.board.write(_surroundings("dead"))
    bench.board.signal_reload()
    bench.wait_for_event("alert", label="sensor", on=True)
    bench.wait_for_event("data", win=0, chk=_STUCK)
    bench.board.write(_surroundings("quiet"))
    bench.board.signal_reload()
    bench.wait_for_event("alert", label="sensor", on=False)
    assert [event["label"] for event in bench.gateway.events("alert", bench.name)] == ["sensor"] * 2


def test_a_release_that_crashes_is_rolled_back(bench: Bench) -> None:
    broken = bench.folder / "broken"
    shutil.copytree(DEVICE, broken)
    (broken / "main.py").write_text("raise RuntimeError('broken from the start')\n")
    bench.offer(bench.release(21, kind="full", application=broken))
    assert bench.wait_for(21, "ROLLED_BACK") == "the trial ended in 3 restarts without confirmation"
    bench.wait_for_birth(app=0, model=0, state="confirmed", highest=21)
    assert bench.board.console().count("broken from the start") >= 3


def test_power_cuts_during_an_update_lose_nothing(bench: Bench) -> None:
    bench.offer(bench.release(31, kind="full"))
    for text in ("release 31 DOWNLOADING", "release 31 DOWNLOADING", "release 31 VERIFIED", "release 31 UPDATING"):
        before = bench.board.console().count(text)
        end = time.monotonic() + WAIT_S
        while (console := bench.board.console()).count(text) == before and time.monotonic() < end:
            if "release 31 UPDATED" in console:
                break  # it was faster than this process could look
            time.sleep(0.001)
        bench.board.kill()
        bench.board.start()
    bench.wait_for(31, "UPDATED")
    bench.wait_for_birth(app=31, model=31, state="confirmed")
