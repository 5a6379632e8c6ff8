"""Runs scripts of MicroPython with picket_native: built into the simulator, and as .mpy on stock MicroPython."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from picket_host import natmod
from picket_host.paths import TESTS
from picket_host.simulator.build import build, stock_port

sys.path.insert(0, str(TESTS / "support"))

_PRELUDE = """
import json
from array import array
import picket_native

def refused(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return "accepted"

"""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter in which scripts can import picket_native; ``folder`` is their working folder."""

    binary: Path
    folder: Path

    def run(self, script: str, heap: str = "2M") -> list[Any]:
        """Run a script; the JSON values that it printed, one a line. Files of the folder can be opened by name."""
        path = self.folder / "script.py"
        path.write_text(_PRELUDE + textwrap.dedent(script))
        command = [str(self.binary), "-X", f"heapsize={heap}", path.name]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session", params=["built-in", "mpy"])
def make_interpreter(request: pytest.FixtureRequest) -> Callable[[Path], Interpreter]:
    if request.param == "built-in":
        binary = build()
        return lambda folder: Interpreter(binary, folder)
    binary = build(port=stock_port())
    module = natmod.build("x64").path

    def make(folder: Path) -> Interpreter:
        shutil.copy(module, folder / module.name)
        return Interpreter(binary, folder)

    return make


@pytest.fixture
def interpreter(make_interpreter: Callable[[Path], Interpreter], tmp_path: Path) -> Interpreter:
    return make_interpreter(tmp_path)
