"""Worker processes: TensorFlow is heavy and TFLM may crash on a corrupt model, so both live in processes of their own.

``Worker`` is this process's side; a worker module calls ``serve``. They talk over a socket that only they share; the
worker's stdout and stderr go to a file, from which errors take their detail.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from picket_host import errors
from picket_host.errors import EnvironmentError_, PicketError
from picket_host.models import frames
from picket_host.progress import SILENT, Progress

_END_S = 30.0  # a process that has closed its channel ends at once, on a host that lets it run

Blobs = list[Any]
Reply = tuple[dict[str, Any], list[np.ndarray]]


class WorkerDied(Exception):
    """The worker ended, or sent nonsense, instead of answering.

    Attributes:
        how: the signal's name or the exit status.
        detail: what it wrote to stderr during the request.
    """

    def __init__(self, how: str, detail: str):
        super().__init__(f"{how}: {detail}" if detail else how)
        self.how = how
        self.detail = detail


class Worker:
    """A process that answers requests one after another.

    It starts with ``start`` or the first request, and again after it died.

    Args:
        module: the Python module to run; its ``main`` calls ``serve``.
        timeout_s: longest silence of the worker before it is given up; None waits as long as it lives.
        env: environment variables to set for it.
    """

    def __init__(self, module: str, timeout_s: float | None = None, env: dict[str, str] | None = None):
        self._module = module
        self._timeout_s = timeout_s
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._stderr: Any = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, unless it runs; so it can load its libraries while this process does something else."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        ours.settimeout(self._timeout_s)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        # A worker is ended without a chance to tidy up: what its libraries leave in the folder for temporary files (of
        # TensorFlow, the source of each traced function) goes with this one.
        self._scratch = tempfile.TemporaryDirectory(prefix="picket-worker-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "TMPDIR": self._scratch.name, **self._env},
            stdin=subprocess.DEVNULL,
            stdout=self._stderr,
            stderr=self._stderr,
        )
        theirs.close()
        self._channel = ours

    def ask(
        self, header: dict[str, Any], blobs: Blobs, progress: Progress = SILENT
    ) -> tuple[dict[str, Any], Blobs, str]:
        """One request.

        Args:
            header: JSON values.
            blobs: bytes and arrays.
            progress: told of each step that the worker reports.

        Returns:
            The reply's header and blobs, and what the worker wrote to stderr meanwhile.

        Raises:
            PicketError: the worker answered with one.
            WorkerDied: it ended instead.
            TimeoutError: it said nothing for ``timeout_s``; it has been ended.
        """
        self.start()
        written_before = os.fstat(self._stderr.fileno()).st_size
        try:
            frames.send(self._channel, header, blobs)
            while True:
                reply, results = frames.receive(self._channel)
                if "step" not in reply:
                    break
                progress.step(reply["step"], reply["done"], reply["total"])
        except TimeoutError:
            self.close()
            raise
        except (EOFError, OSError, ValueError, TypeError, KeyError) as error:
            raise self._death(written_before, isinstance(error, (EOFError, OSError))) from error
        except BaseException:  # an interrupt leaves a half-read frame behind
            self.close()
            raise
        detail = self._written_since(written_before)
        if "error" in reply:
            error_class = getattr(errors, str(reply.get("kind")), PicketError)
            raise error_class(reply["error"], reply.get("where"), reply.get("hint"))
        return reply, results, detail

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._stderr.close()
        self._scratch.cleanup()
        self._process = self._channel = self._stderr = self._scratch = None

    def _death(self, written_before: int, ended: bool) -> WorkerDied | EnvironmentError_:
        """What to raise. ended: it has closed its side of the channel, else it has sent nonsense and may live on."""
        if ended:
            with suppress(subprocess.TimeoutExpired):  # the process is gone a moment later
                self._process.wait(_END_S)
        self._process.kill()
        status = self._process.wait()
        detail = self._written_since(written_before)
        self.close()
        if "ModuleNotFoundError" in detail:
            return EnvironmentError_(detail.splitlines()[-1], self._module, "install the locked dependencies")
        return WorkerDied(signal.Signals(-status).name if status < 0 else f"exit status {status}", detail)

    def _written_since(self, offset: int) -> str:
        size = os.fstat(self._stderr.fileno()).st_size
        return os.pread(self._stderr.fileno(), max(0, size - offset), offset).decode(errors="replace").strip()


class Reporter:
    """The worker's ``Progress``: each step becomes a frame."""

    def __init__(self, channel: socket.socket):
        self._channel = channel

    def step(self, text: str, done: float | None = None, total: float | None = None) -> None:
        frames.send(self._channel, {"step": text, "done": done, "total": total}, [])


def serve(handle: Callable[[dict[str, Any], Blobs, Progress], Reply]) -> None:
    """Answer requests on the socket whose number is the program's argument, until the other side closes it.

    Args:
        handle: gives the reply's header and arrays, or raises PicketError.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent closes the channel
    channel = socket.socket(fileno=int(sys.argv[1]))
    reporter = Reporter(channel)
    while True:
        try:
            header, blobs = frames.receive(channel)
        except (EOFError, OSError):
            return
        try:
            reply, arrays = handle(header, blobs, reporter)
        except PicketError as error:
            reply, arrays = error.as_dict(), []
        frames.send(channel, reply, arrays)
