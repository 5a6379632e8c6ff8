"""The host's pointer files are those of the device's own code, which is the judge here."""

from __future__ import annotations

import sys

import pytest

from picket_host.board.pointer import Pointer
from picket_host.paths import DEVICE

_POINTERS = [
    Pointer(),
    Pointer(app=4, model=5, highest=6, previous={"app": 1, "model": 0}),
    Pointer(app=2, model=2, state="trial", boots=3, highest=9, rolled_back={"sequence": 9, "reason": "it failed"}),
]


@pytest.fixture(scope="module")
def slots():
    sys.path.insert(0, str(DEVICE))
    try:
        from picket.update import slots

        yield slots
    finally:
        sys.path.remove(str(DEVICE))


@pytest.mark.parametrize("pointer", _POINTERS)
def test_the_device_reads_what_the_host_writes(slots, pointer):
    assert slots.decode(pointer.encode()) == pointer.__dict__


@pytest.mark.parametrize("pointer", _POINTERS)
def test_the_host_reads_what_the_device_writes(slots, pointer):
    assert Pointer.decode(slots.encode(pointer.__dict__)) == pointer


@pytest.mark.parametrize("raw", [b"", b"{}", _POINTERS[1].encode()[:-1], _POINTERS[1].encode().replace(b"5", b"6")])
def test_a_damaged_file_says_nothing(raw):
    assert Pointer.decode(raw) is None


def test_the_slots_that_must_stay_are_named():
    assert Pointer(app=4, model=5, previous={"app": 1, "model": 0}).slots == {"4", "5", "1"}
    assert Pointer().slots == set()
