"""All of it under AddressSanitizer and UndefinedBehaviorSanitizer: damaged parameters and tables, extreme readings."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from picket_host.native import dsp
from picket_host.native.build import SANITIZE, program
from picket_host.paths import NATIVE

_VIBRATION, _CENTROIDS, _FUSION, _STATS, _MEL, _MOTION, _HEART = range(7)


@pytest.fixture(scope="module")
def driver() -> Path:
    sources = [*sorted((NATIVE / "dsp").glob("*.c")), Path(__file__).parent / "fuzz_driver.c"]
    return program("dsp_fuzz_driver", sources, [NATIVE / "dsp"], SANITIZE)


def _run(driver: Path, records: Iterable[tuple[int, bytes]]) -> list[int]:
    """How many records of each kind were accepted."""
    data = b"".join(struct.pack("<BI", kind, len(content)) + content for kind, content in records)
    done = subprocess.run([driver], input=data, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return [int(count) for count in done.stdout.split()]


def _damaged(content: bytes) -> Iterator[bytes]:
    yield content
    for length in range(len(content)):
        yield content[:length]
    for at, byte in enumerate(content):
        for changed in {byte ^ 1, byte ^ 0x80, 0, 0xFF, (byte + 1) & 0xFF}:
            yield content[:at] + bytes([changed]) + content[at + 1 :]


def _small_params() -> bytes:
    return dsp.vibration_params(
        window=512, bands=6, band_hz=(100.0, 12000.0), envelope_bands=5, envelope_hz=(55.0, 1000.0)
    )


def test_damaged_parameters_are_refused_or_work(driver: Path) -> None:
    accepted = _run(driver, ((_VIBRATION, content) for content in _damaged(_small_params())))
    assert accepted[_VIBRATION] > 10  # some changes are legal: another hop, another edge


def test_every_legal_size_of_window_works(driver: Path) -> None:
    records = []
    for window in (256, 512, 1024, 2048, 4096, 8192):
        half = window // 2
        for first, count, last in ((1, 2, 2), (1, half - 2, 2), (half - 2, 2, half // 2), (5, half // 2, half // 2)):
            bands = struct.pack("<3H", 1, 2, half)
            envelope = struct.pack("<2H", 1, last)
            fields = struct.pack("<HHIf4H", window, 250, 26_667_000, 1e-3, 2, 1, first, count)
            records.append((_VIBRATION, b"PVF1" + fields + bands + envelope))
    assert _run(driver, records)[_VIBRATION] == len(records)


def test_damaged_anomaly_tables_are_refused_or_work(driver: Path) -> None:
    rng = np.random.default_rng(2)
    table = dsp.anomaly_table(1.5, rng.normal(size=7), rng.uniform(1, 2, 7), rng.normal(size=(2, 7)))
    assert _run(driver, ((_CENTROIDS, content) for content in _damaged(table)))[_CENTROIDS] > 10


def test_attitude_filters_stay_finite_on_any_readings(driver: Path) -> None:
    rng = np.random.default_rng(3)
    records = []
    for _ in range(20):
        readings = rng.integers(-32768, 32768, (300, 6)).astype("<i2")
        readings[:: int(rng.integers(2, 9)), :3] = [0, 0, 16384]
        records.append((_FUSION, readings.tobytes()))
    extreme = np.tile(np.array([0, 0, 16384, 32767, -32768, 32767], "<i2"), (3000, 1))
    records.append((_FUSION, extreme.tobytes()))
    assert _run(driver, records)[_FUSION] == 21


def test_statistics_of_extreme_windows_stay_finite(driver: Path) -> None:
    windows = [np.array(pattern, "<i2") for pattern in (
        [], [-32768], [32767, -32768], [-32768] * 16383 + [32767], [32767] * 16383 + [-32768], [32767, -32768] * 8192
    )]  # fmt: skip
    assert _run(driver, ((_STATS, w.tobytes()) for w in windows))[_STATS] == len(windows)


def test_damaged_log_mel_parameters_are_refused_or_work(driver: Path) -> None:
    small = dsp.mel_params(window=64, hop=24, bands=5, band_hz=(600.0, 7600.0))
    largest = dsp.mel_params(window=1024, hop=1024, bands=64)
    tiny_steps = dsp.mel_params(hop=1)
    contents = [*_damaged(small), largest, tiny_steps]
    assert _run(driver, ((_MEL, content) for content in contents))[_MEL] > 20


def test_damaged_motion_parameters_are_refused_or_work(driver: Path) -> None:
    small = dsp.motion_params(bins=5, bin_frames=3, hop_bins=2, reference_bins=2)
    largest = dsp.motion_params(bins=256, bin_frames=64, hop_bins=256, reference_bins=256)
    contents = [*_damaged(small), largest, dsp.motion_params(bins=2, bin_frames=1, hop_bins=1, reference_bins=1)]
    assert _run(driver, ((_MOTION, content) for content in contents))[_MOTION] > 20


def test_damaged_heartbeat_parameters_are_refused_or_work(driver: Path) -> None:
    """Many of them make an unstable filter."""
    contents = [*_damaged(dsp.heart_params(hop=50, span_s=10)), dsp.heart_params(hop=4096, span_s=120)]
    assert _run(driver, ((_HEART, content) for content in contents))[_HEART] > 40
