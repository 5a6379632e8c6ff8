"""A simulated board as the host sees it: a folder with its description and flash, and a process to start or kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from picket_host.errors import InputError, PicketError
from picket_host.progress import SILENT, Progress
from picket_host.simulator.build import build

_CONSOLE = "console.log"
_DESCRIPTION = "board.json"
_LOW_PRIORITY = 10  # of 19, which would all but stop it beside others that are busy


class Board:
    """One simulated board in a folder of its own.

    Args:
        folder: holds ``board.json``, the recordings it names, ``flash/`` and ``console.log``; made if it is not there.
        heap: the heap that the device has; MicroPython's ``-X heapsize`` (``200k``).
        die_with_parent: the board's process is killed when the thread that started it ends, however it ends.
    """

    def __init__(self, folder: Path, *, heap: str = "200k", die_with_parent: bool = True):
        self.folder = Path(folder).resolve()
        self.flash = self.folder / "flash"
        self._heap = heap
        self._die_with_parent = die_with_parent
        self._process: subprocess.Popen[bytes] | None = None
        self.flash.mkdir(parents=True, exist_ok=True)

    def write(self, description: Mapping[str, Any]) -> None:
        """Write ``board.json``, as docs/contracts.md describes it; a running board reads it after `signal_reload`."""
        fresh = self.folder / f"{_DESCRIPTION}.new"
        fresh.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        # Renamed, because the board may be reading.
        fresh.replace(self.folder / _DESCRIPTION)

    def deploy(self, tree: Path, to: str = "/") -> None:
        """Copy the content of a folder into the flash folder, over what is there, as a technician does by cable.

        Args:
            tree: the folder; ``__pycache__`` and hidden files are left out.
            to: where on the flash, an absolute path.

        Raises:
            InputError: ``tree`` is no folder, or ``to`` leads out of the flash.
        """
        if not tree.is_dir():
            raise InputError("no such folder", where=tree)
        parts = PurePosixPath(to).parts
        if parts[:1] != ("/",) or ".." in parts:
            raise InputError("not an absolute path inside the flash", where=to, hint="for example /certs")
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        shutil.copytree(tree, self.flash.joinpath(*parts[1:]), ignore=ignored, dirs_exist_ok=True)

    def start(self, env: Mapping[str, str] | None = None, progress: Progress = SILENT) -> None:
        """Switch the power on.

        Args:
            env: more environment variables for the process.
            progress: told what is built, should the simulator have to be built first.

        Raises:
            PicketError: it runs already, or the simulator cannot be built.
            InputError: there is no ``board.json``.
        """
        if self.running:
            raise PicketError("the board runs already", where=self.folder)
        if not (self.folder / _DESCRIPTION).is_file():
            raise InputError("no description of the board", where=self.folder / _DESCRIPTION, hint="call write() first")
        simulator = build(progress)
        environment = {**os.environ, **(env or {})}
        if self._die_with_parent:
            environment["PICKET_SIM_DIE_WITH_PARENT"] = "1"
        # Until the process is ready for it, a signal would end it: it starts with them blocked and lets them in itself.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
        try:
            with (self.folder / _CONSOLE).open("ab") as console:
                self._process = subprocess.Popen(
                    [simulator, "-X", f"heapsize={self._heap}", "-m", "simboard", self.folder],
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    # Ctrl-C is for the host program, which then ends its boards as it sees fit.
                    start_new_session=True,
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def kill(self) -> None:
        """Cut the power: SIGKILL. Nothing happens if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the process by SIGTERM, or by SIGKILL when it has not ended within ``timeout_s``."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def give_way(self) -> None:
        """Let other processes have the processor before the running board, until that is switched off."""
        if self.pid is not None:
            os.setpriority(os.PRIO_PROCESS, self.pid, _LOW_PRIORITY)

    def signal_reload(self) -> None:
        """Make the running board read ``board.json`` again: its surroundings change."""
        if not self.running:
            raise PicketError("the board does not run", where=self.folder)
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def console(self) -> str:
        """All that the board has printed, over all its starts."""
        path = self.folder / _CONSOLE
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def running(self) -> bool:
        """Whether its process is alive; a reset does not end it."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
