"""The cache of MicroPython builds forgets what was used longest ago, and nothing that is in use."""

import fcntl
import os
from pathlib import Path

import pytest

from picket_host import micropython


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Thirty products and nine folders of object files; the higher the number, the later it was used."""
    for number in range(30):
        product = tmp_path / f"sim-{number:02}" / "micropython"
        product.parent.mkdir()
        product.touch()
        os.utime(product, (number, number))
    for number in range(9):
        objects = tmp_path / f"objects-sim-{number}"
        (objects / "py").mkdir(parents=True)
        (objects / "micropython").touch()
        (tmp_path / f"{objects.name}.lock").touch()
        os.utime(objects, (number, number))
    return tmp_path


def names(cache: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in cache.glob(pattern))


def test_the_newest_stay(cache):
    micropython._forget_old(cache, "micropython")
    assert names(cache, "sim-*") == [f"sim-{number:02}" for number in range(10, 30)]
    assert names(cache, "objects-sim-?") == [f"objects-sim-{number}" for number in range(3, 9)]
    assert names(cache, "*.lock") == [f"objects-sim-{number}.lock" for number in range(3, 9)]


def test_object_files_in_use_stay(cache):
    with (cache / "objects-sim-1.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        micropython._forget_old(cache, "micropython")
    assert names(cache, "objects-sim-?") == [f"objects-sim-{number}" for number in (1, *range(3, 9))]


def test_a_lock_that_was_deleted_while_waiting_for_it_is_taken_anew(cache, monkeypatch):
    objects = cache / "objects-sim-8"
    lock = objects.with_name("objects-sim-8.lock")
    flock = fcntl.flock

    def deleted_meanwhile(handle, how):
        monkeypatch.setattr(fcntl, "flock", flock)
        lock.unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", deleted_meanwhile)
    with micropython._lock(objects) as ours:
        assert ours
        with micropython._lock(objects, wait=False) as theirs:
            assert not theirs
