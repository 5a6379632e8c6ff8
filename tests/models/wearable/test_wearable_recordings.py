"""Folders in the form of SisFall: read with the right scale and rate, split by person, or refused with a reason."""

import numpy as np
import pytest
from picket_recipes.wearable import movement, recordings

from picket_host.errors import InputError


def write(folder, name, frames):
    """frames: g and degrees a second, float [n, 6] at 200 Hz."""
    counts = np.round(np.concatenate([frames[:, :3] * 256, frames[:, 3:] * 16.384, frames[:, :3] * 1024], axis=1))
    lines = [",".join(str(int(value)) for value in row) + ";" for row in counts]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n\n".join(lines) + "\n")


def still(seconds=4.0):
    frames = np.zeros((round(seconds * 200), 6))
    frames[:, 1] = -1
    frames[::2, 5] = 0.1  # what a living gyroscope gives
    return frames


def fall():
    frames = still()
    frames[500:506, 1] = -6
    frames[480:500, 3] = 200
    return frames


@pytest.fixture
def folder(tmp_path):
    for person in ("SA01", "SA02", "SA03", "SE01", "SE02", "SE06"):
        write(tmp_path / person, f"F05_{person}_R01.txt", fall())
        write(tmp_path / person, f"D01_{person}_R01.txt", still())
    return tmp_path


def test_recordings_are_split_by_person_with_scale_rate_and_impact(folder):
    parts = recordings.load_folder(folder)
    people = [{recording.subject for recording in part} for part in parts]
    assert [len(each) for each in people] == [3, 1, 2]
    assert len(set.union(*people)) == 6
    fallen = next(recording for recording in parts[0] if recording.label == "fall")
    assert fallen.kind == "F05"
    assert len(fallen.frames) == 400
    assert fallen.impact_s == pytest.approx(2.5, abs=0.03)
    assert fallen.frames[50, 1] == pytest.approx(-movement.ACCEL_COUNTS_PER_G, rel=0.01)
    assert fallen.frames[245, 4] == pytest.approx(200 * movement.GYRO_COUNTS_PER_DPS, rel=0.1)


def test_faster_movements_than_the_device_sees_are_filtered_not_folded(tmp_path):
    frames = still()
    frames[:, 0] = np.sin(2 * np.pi * 90 * np.arange(len(frames)) / 200)
    for person in ("SA01", "SA02", "SA03", "SA04"):
        write(tmp_path, f"D01_{person}_R01.txt", frames)
        write(tmp_path, f"F01_{person}_R01.txt", fall())
    daily = next(recording for recording in recordings.load_folder(tmp_path)[0] if recording.label == "daily")
    assert np.abs(daily.frames[50:-50, 0]).max() < 0.1 * movement.ACCEL_COUNTS_PER_G


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"1,2,3;\n", "line 1 has 3 values, not 9"),
        (b"1,2,nan,4,5,6,7,8,9;\n", "line 1: not a whole number"),
        (b"1,2,3,4,5,6,7,8,9;\n", "only 0.0 s long"),
        (b"\xff\xfe", "not a readable text file"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_with_its_reason(folder, content, reason):
    (folder / "SA01" / "F05_SA01_R01.txt").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        recordings.load_folder(folder)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("F05_SE0*", "no recording of class fall by SE01"),
        ("*_S[EA]0[236]_*", "recordings of 2 people"),
        ("*.txt", "no recordings here"),
    ],
)
def test_a_folder_that_can_not_be_split_is_refused_with_its_reason(folder, missing, reason):
    for file in folder.rglob(missing):
        file.unlink()
    with pytest.raises(InputError, match=reason):
        recordings.load_folder(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        recordings.load_folder(tmp_path / "missing")


def test_recording_of_a_stuck_sensor_is_refused(folder):
    write(folder / "SA02", "D01_SA02_R01.txt", np.zeros((800, 6)))
    with pytest.raises(InputError, match="the sensor is stuck: all 800 lines are equal") as caught:
        recordings.load_folder(folder)
    assert caught.value.where.endswith("D01_SA02_R01.txt")
