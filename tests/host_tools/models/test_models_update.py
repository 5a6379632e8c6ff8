"""Real packages replace each other on a board that has less heap than it should."""

import numpy as np
from on_board import gateway, needs_simulator, running_board  # noqa: F401 - fixtures

from picket_host.simulator import recordings

_HEAP = "196k"  # of 200 KB that a board has: the rest is for what a bad moment brings
_RATE_HZ = 26_667


def test_models_and_a_full_release_find_room_beside_a_model_at_work(built, gateway, tmp_path):  # noqa: F811
    baseline, better = (built[0][variant].folder for variant in ("baseline", "better"))
    noise = np.random.default_rng(3).normal(0, 400, _RATE_HZ)
    swing = 3 * np.sin(np.linspace(0, 2 * np.pi, 1000, endpoint=False))
    sensed = {
        "quiet.i16": recordings.vibration_frames(noise, _RATE_HZ),
        "attitude.i16": recordings.motion_of_attitude(swing, swing, noise=40),
    }
    surroundings = {
        "spi": {"1": {"cs": 5, "chip": "iis3dwb", "timeline": [{"at_s": 0, "file": "quiet.i16"}]}},
        "i2c": {"0": {"104": {"chip": "mpu6050", "timeline": [{"at_s": 0, "file": "attitude.i16"}]}}},
    }
    options = {"recordings": sensed, "package": baseline, "heap": _HEAP}
    with running_board(tmp_path, gateway, board=surroundings, **options) as bench:
        releases = ((better, "model"), (baseline, "model"), (better, "model"), (better, "full"))
        for sequence, (package, kind) in enumerate(releases, 1):
            bench.offer(bench.release(sequence, kind=kind, model=package))
            bench.wait_for(sequence, "UPDATED")
        assert not [e for e in bench.gateway.events("ota_state", bench.name) if e["state"] == "FAILED"]
