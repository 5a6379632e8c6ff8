import os

from picket import crash

_PATH = "crash-test-state/crash"


def _read():
    with open(_PATH, "rb") as f:
        return f.read()


def _without_a_note(test):
    for remove, path in ((os.remove, _PATH), (os.rmdir, "crash-test-state")):
        try:
            remove(path)
        except OSError:
            pass
    try:
        test()
    finally:
        os.remove(_PATH)
        os.rmdir("crash-test-state")


def test_the_end_of_a_long_traceback_is_kept():
    def check():
        crash.note("first line\n" + "x" * 5000 + "\nMemoryError: é", _PATH)
        assert len(_read()) == 1000
        assert _read().decode().endswith("x\nMemoryError: é")

    _without_a_note(check)


def test_the_newest_takes_the_place_of_the_others():
    def check():
        crash.note("ValueError: 1", _PATH)
        crash.note("OSError: 2", _PATH)
        assert _read() == b"OSError: 2"

    _without_a_note(check)


def test_a_crash_that_comes_in_a_circle_is_written_once():
    writes = []

    def counting(path, mode):
        if "w" in mode:
            writes.append(path)
        return open(path, mode)

    def check():
        crash.open = counting
        try:
            for _ in range(5):
                crash.note("ValueError: always the same", _PATH)
        finally:
            del crash.open
        assert writes == [_PATH]

    _without_a_note(check)
