"""Child processes that can't outlive the demo: the broker and the gateway, each in a process of its own."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from picket_host.errors import PicketError

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In a child, before exec: the kernel kills it when its starter ends, however that ends (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Service:
    """One ``picket ... --json`` process that announces itself with a line ``{"event": "ready", ...}``."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path):
        self.name = name
        self._arguments = list(arguments)
        self._log_path = log
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, timeout_s: float = 60) -> dict:
        """Start the process and return its ready line.

        Raises:
            PicketError: it ended, or said nothing for ``timeout_s``; the message carries the end of its log.
        """
        log = open(self._log_path, "ab")  # noqa: SIM115  (the child owns it from here on)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "picket_host", *self._arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                env=dict(os.environ, PYTHONUNBUFFERED="1"),
                preexec_fn=die_with_parent,  # noqa: PLW1509  (nothing but one system call)
                start_new_session=True,  # Ctrl-C goes to the demo, which stops its children in order
            )
        finally:
            log.close()
        ready: queue.Queue[dict | None] = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, ready), daemon=True).start()
        try:
            line = ready.get(timeout=timeout_s)
        except queue.Empty:
            line = None
        if line is None:
            self.kill()
            tail = self._log_path.read_text(errors="replace").strip().splitlines()[-5:]
            raise PicketError(f"the {self.name} did not start", self._log_path, " / ".join(tail) or "see its log")
        return line

    @staticmethod
    def _read(process: subprocess.Popen[str], ready: queue.Queue) -> None:
        # Goes on reading after the ready line, so that the child never blocks on a full pipe.
        for line in process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == "ready":
                ready.put(event)
        ready.put(None)

    def kill(self) -> None:
        """SIGKILL: what a power cut or the kernel's out-of-memory killer does to it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after a moment."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
