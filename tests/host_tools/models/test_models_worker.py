"""Frames carry arrays unchanged and refuse nonsense; a worker's death, errors, silence and progress come through."""

import socket
import tempfile
from pathlib import Path

import numpy as np
import pytest
from steps import Steps

from picket_host.errors import EnvironmentError_, InputError
from picket_host.models import frames
from picket_host.models.worker import Worker, WorkerDied

WORKER = """
import os, time
from picket_host.errors import InputError
from picket_host.models.worker import serve

def handle(header, blobs, progress):
    command = header["command"]
    if command == "double":
        progress.step("doubling", 1, 2)
        print("noise on stdout")
        return {"count": len(blobs)}, [array * 2 for array in blobs]
    if command == "refuse":
        raise InputError("too loud", "the signal", "turn it down")
    if command == "die":
        os.write(2, b"last words")
        os._exit(3)
    if command == "litter":
        import tempfile
        descriptor, name = tempfile.mkstemp()
        return {"name": name}, []
    if command == "sleep":
        time.sleep(600)
    if command == "nonsense":
        os.write(int(__import__("sys").argv[1]), b"\\xff" * 64)
        time.sleep(600)

serve(handle)
"""


@pytest.fixture
def worker(tmp_path):
    (tmp_path / "worker_under_test.py").write_text(WORKER)
    with Worker("worker_under_test", timeout_s=120, env={"PYTHONPATH": str(tmp_path)}) as worker:
        yield worker


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int8).reshape(1, 2, 3),
        np.array(1.5, np.float32),
        np.empty((0, 4), np.int16),
        np.arange(6, dtype=np.int32).reshape(2, 3).T,
    ],
    ids=["int8", "scalar", "empty", "not contiguous"],
)
def test_frame_carries_arrays_and_bytes_unchanged(array):
    ours, theirs = socket.socketpair()
    frames.send(ours, {"key": [1, None]}, [array, b"\x00raw"])
    header, (received, raw) = frames.receive(theirs)
    assert header == {"key": [1, None]}
    assert raw == b"\x00raw"
    assert received.dtype == array.dtype
    assert received.shape == array.shape
    assert np.array_equal(received, array)


def test_closed_channel_is_the_end_of_file():
    ours, theirs = socket.socketpair()
    ours.sendall(b"\x05\x00")
    ours.close()
    with pytest.raises(EOFError):
        frames.receive(theirs)


def test_absurd_length_is_refused_before_memory_is_taken():
    ours, theirs = socket.socketpair()
    ours.sendall(b"\xff" * 8)
    with pytest.raises(ValueError, match="too long"):
        frames.receive(theirs)


def test_reply_progress_and_output_come_back(worker):
    steps = Steps()
    header, (doubled,), written = worker.ask({"command": "double"}, [np.array([1, 2])], steps)
    assert header == {"count": 1}
    assert doubled.tolist() == [2, 4]
    assert steps.seen == [("doubling", 1, 2)]
    assert worker.ask({"command": "double"}, [])[0] == {"count": 0}


def test_error_of_the_library_keeps_its_class_and_parts(worker):
    with pytest.raises(InputError) as caught:
        worker.ask({"command": "refuse"}, [])
    assert (caught.value.what, caught.value.where, caught.value.hint) == ("too loud", "the signal", "turn it down")


def test_death_is_told_with_the_last_words_and_the_next_request_starts_anew(worker):
    with pytest.raises(WorkerDied) as caught:
        worker.ask({"command": "die"}, [])
    assert (caught.value.how, caught.value.detail) == ("exit status 3", "last words")
    assert worker.ask({"command": "double"}, [])[0] == {"count": 0}


def test_nonsense_ends_the_worker(worker):
    with pytest.raises(WorkerDied):
        worker.ask({"command": "nonsense"}, [])
    assert worker.ask({"command": "double"}, [])[0] == {"count": 0}


def test_silence_ends_the_worker(tmp_path):
    (tmp_path / "worker_under_test.py").write_text(WORKER)
    with Worker("worker_under_test", timeout_s=2, env={"PYTHONPATH": str(tmp_path)}) as worker:
        with pytest.raises(TimeoutError):
            worker.ask({"command": "sleep"}, [])
        assert worker.pid is None


def test_missing_package_is_told_as_such(tmp_path):
    (tmp_path / "worker_under_test.py").write_text("import package_that_is_not_there")
    worker = Worker("worker_under_test", env={"PYTHONPATH": str(tmp_path)})
    with worker, pytest.raises(EnvironmentError_, match="package_that_is_not_there"):
        worker.ask({"command": "double"}, [])


@pytest.mark.parametrize("end", ["closed", "died"])
def test_what_a_worker_leaves_in_its_temporary_folder_goes_with_it(worker, end):
    reply, _, _ = worker.ask({"command": "litter"}, [])
    left = Path(reply["name"])
    assert left.exists() and left.parent.parent == Path(tempfile.gettempdir())
    if end == "closed":
        worker.close()
    else:
        with pytest.raises(WorkerDied):
            worker.ask({"command": "die"}, [])
    assert not left.parent.exists()
