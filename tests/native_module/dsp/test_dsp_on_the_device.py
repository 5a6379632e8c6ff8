"""The device, in the simulator, computes the very bits that the host computes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from picket_host.native import dsp
from picket_host.simulator import build

_SCRIPT = """
import picket_native, sys
from array import array
folder = sys.argv[1]
def read(name):
    with open(folder + "/" + name, "rb") as file:
        return file.read()
vibration = picket_native.Vibration(read("params"))
table = read("table")
windows = array("h")
windows.extend(array("h", read("windows")))
values = array("f", bytes(4 * vibration.features))
with open(folder + "/features", "wb") as out:
    for i in range(0, len(windows), vibration.window):
        vibration.compute(windows[i : i + vibration.window], values)
        out.write(values)
        print(picket_native.centroid_distance(values, table))
kalman = picket_native.Kalman(100, 16384, 131, 0.001, 0.003, 0.03)
madgwick = picket_native.Madgwick(100, 16384, 131, 0.05)
complementary = picket_native.Complementary(100, 16384, 131, 0.5)
two, three = array("h", (0, 0)), array("h", (0, 0, 0))
frames = array("h", read("frames"))
with open(folder + "/angles", "wb") as out:
    for i in range(0, len(frames), 6):
        frame = frames[i : i + 6]
        kalman.update(frame, two)
        out.write(two)
        madgwick.update(frame, three)
        out.write(three)
        complementary.update(frame, two)
        out.write(two)
"""


def test_features_scores_and_angles_are_the_same_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    params = dsp.vibration_params()
    vibration = dsp.Vibration(params)
    scale = 10 ** rng.uniform(0.5, 4, (12, 1))
    windows = (rng.standard_t(3, (12, vibration.window)) * scale).clip(-32768, 32767).astype(np.int16)
    features = vibration.compute(windows)
    centroids = rng.normal(size=(3, vibration.features))
    table = dsp.anomaly_table(2.0, features.mean(0), 1 / (features.std(0) + 0.1), centroids)
    frames = np.concatenate(
        [rng.integers(-2000, 2000, (300, 3)) + [0, 3000, 16000], rng.integers(-9000, 9000, (300, 3))], axis=1
    ).astype(np.int16)
    for name, content in (("params", params), ("table", table), ("windows", windows), ("frames", frames)):
        (tmp_path / name).write_bytes(bytes(content))
    (tmp_path / "script.py").write_text(_SCRIPT)

    command = [build.build(), "-X", "heapsize=2m", tmp_path / "script.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    assert (tmp_path / "features").read_bytes() == features.tobytes()
    assert [int(line) for line in done.stdout.split()] == [dsp.centroid_distance(row, table) for row in features]
    accel, gyro = np.ascontiguousarray(frames[:, :3]), np.ascontiguousarray(frames[:, 3:])
    filters = (dsp.Kalman(100, 16384, 131), dsp.Madgwick(100, 16384, 131), dsp.Complementary(100, 16384, 131, 0.5))
    angles = np.concatenate([f.update(accel, gyro) for f in filters], axis=1)
    assert (tmp_path / "angles").read_bytes() == angles.tobytes()
