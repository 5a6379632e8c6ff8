"""The demo itself, as a stranger types it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from picket_host import demo
from picket_host.errors import InputError
from picket_host.paths import ROOT

_CWRU = ROOT.parent / "shared" / "data" / "cwru"
_TIMEOUT_S = 900
_RUNS = 3  # that a host which stands still now and then is granted
_PATIENCE_S = 120
_OF_THE_HOST = re.compile(r"missed \d+ window|took more than a second")


class SilentNarrator:
    def act(self, number: int, title: str) -> None:
        pass

    def event(self, event: object) -> None:
        pass


def _demo(*arguments: object) -> list[str]:
    return [str(ROOT / "picket"), "demo", *map(str, arguments)]


def _processes_of(folder: Path) -> list[str]:
    """Command lines of processes that work in the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def _run_demo(folder: Path, *source: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _demo("--quick", "--json", "--out", folder, *source),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def _stood_still(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether nothing came out wrong but what a host does that stands still: for 15 ms, and the sensor's FIFO has run
    over; for half a second, and the gateway's answer comes late."""
    try:
        failures = json.loads(done.stdout)["failures"]
    except (ValueError, KeyError):
        return False
    return bool(failures) and all(_OF_THE_HOST.search(failure) for failure in failures)


def _wait_until_gone(folder: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while _processes_of(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _processes_of(folder)


@pytest.mark.timeout(_RUNS * _TIMEOUT_S)
@pytest.mark.parametrize("data", [None, _CWRU], ids=["synthesised", "real_recordings"])
def test_the_whole_loop_comes_out_as_it_must(data: Path | None, tmp_path: Path) -> None:
    if data is not None and not data.is_dir():
        pytest.skip("the CWRU recordings are not beside this checkout")
    folder = tmp_path / "run"
    source = ["--data", data] if data else []
    for _ in range(_RUNS):  # what is really wrong goes wrong again
        done = _run_demo(folder, *source)
        if not _stood_still(done):
            break
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{done.stdout[-3000:]}"
    result = json.loads(done.stdout)
    assert result["ok"] and result["failures"] == []
    assert result["lost"] == 0
    assert result["duplicated"] == 0
    assert result["totals"]["raised"] == result["totals"]["delivered"] >= 5
    assert result["engine_matches_tflm"] is True
    assert result["accuracy_int8"] > 0.9
    assert result["accuracy_drop_points"] <= 1.0
    outcomes = {(u["device"], u["sequence"]): u["state"] for u in result["updates"] if u["expected"] != "OLD"}
    assert [outcomes["press-1", n] for n in (2, 3, 5)] == ["UPDATED", "FAILED", "FAILED"]
    assert [outcomes["press-2", n] for n in (2, 4, 6)] == ["UPDATED", "FAILED", "UPDATED"]
    assert [outcomes["press-3", n] for n in (2, 1, 7)] == ["UPDATED", "FAILED", "ROLLED_BACK"]
    reasons = {u["sequence"]: u["reason"] for u in result["updates"]}
    assert "signature" in reasons[4]
    assert "golden vector" in reasons[5]
    assert min(result["totals"]["heap_free_low"].values()) > 0
    report = Path(result["report"]).read_text()
    assert report.count("<svg") == 3
    _wait_until_gone(folder)


@pytest.mark.timeout(_TIMEOUT_S)
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    demo = subprocess.Popen(
        _demo("--quick", "--json", "--out", folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 600
        while not (folder / "press-3" / "console.log").exists():
            assert demo.poll() is None, "the demo ended before its devices had started"
            assert time.monotonic() < until, "no device started"
            time.sleep(0.2)
        assert len(_processes_of(folder)) >= 4  # the demo, the gateway, boards
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=_PATIENCE_S) == 130
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()
    _wait_until_gone(folder)


def test_a_folder_of_recordings_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run(
        _demo("--data", tmp_path / "nothing", "--out", tmp_path / "run"),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert "no such folder" in lines[0] and "nothing" in lines[0]


def test_a_folder_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    command = _demo("--quick", "--out", tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    assert done.returncode == 1
    assert "holds something else" in done.stderr
    assert precious.read_text() == "years of work"


def _left_by_an_earlier_demo(folder: Path) -> Path:
    report = folder / "report.html"
    folder.mkdir()
    (folder / ".picket-demo").touch()
    report.write_text("all as it must be")
    return report


def test_recordings_that_do_not_fit_leave_the_last_run_as_it_is(tmp_path: Path) -> None:
    report = _left_by_an_earlier_demo(tmp_path / "run")
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "normal_1.npy", np.zeros(100_000, np.float32))
    with pytest.raises(InputError, match="samples are float32, not int16"):
        demo.run(demo.Options(data, True, tmp_path / "run"), SilentNarrator())
    assert report.read_text() == "all as it must be"


def test_recordings_in_the_folder_that_would_be_emptied_are_kept(tmp_path: Path) -> None:
    _left_by_an_earlier_demo(tmp_path / "run")
    data = tmp_path / "run" / "data"
    data.mkdir()
    with pytest.raises(InputError, match="holds the recordings"):
        demo.run(demo.Options(data, True, tmp_path / "run"), SilentNarrator())
    assert data.is_dir()


@pytest.mark.parametrize("out", ["/etc/hostname", "/proc/nope", "/etc/hostname/below"])
def test_a_place_that_can_hold_no_run_is_one_clear_line(out: str) -> None:
    with pytest.raises(InputError, match="--out") as caught:
        demo.run(demo.Options(None, True, Path(out)), SilentNarrator())
    assert str(caught.value).startswith(f"{out}: ")
