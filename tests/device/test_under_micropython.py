"""Every device test file once more, unchanged, under the real MicroPython of the simulator."""

from __future__ import annotations

import ast
import functools
import subprocess
import tempfile
from pathlib import Path

import pytest

from picket_host.paths import DEVICE, TESTS
from picket_host.simulator import build

_RUNNER = TESTS / "support" / "run_under_micropython.py"


def _is_for_both(path: Path) -> bool:
    return path.name != Path(__file__).name and not path.stem.endswith("_properties")


def _functions(path: Path) -> list[str]:
    return [
        n.name
        for n in ast.parse(path.read_text()).body
        if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")
    ]


_FILES = sorted(p for p in (TESTS / "device").rglob("test_*.py") if _is_for_both(p))
_CASES = [(path, name) for path in _FILES for name in _functions(path)]


@functools.cache
def _results(path: Path) -> tuple[dict[str, tuple[str, str]], str]:
    """Outcome and detail by function name, and the whole output, of one run of a file."""
    with tempfile.TemporaryDirectory(prefix="picket-device-test-") as folder:  # for files that a test writes
        done = subprocess.run(
            [build.build(), "-X", "heapsize=8m", _RUNNER, DEVICE, path],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
            cwd=folder,
        )
    output = done.stdout + done.stderr
    results = {}
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            _, outcome, name, detail = line.split(" ", 3)
            results[name] = (outcome, detail.replace("\\n", "\n"))
    return results, output


@pytest.mark.parametrize(
    ("path", "name"), [pytest.param(p, n, id=f"{p.relative_to(TESTS / 'device')}::{n}") for p, n in _CASES]
)
def test_passes_under_micropython(path: Path, name: str) -> None:
    results, output = _results(path)
    outcome, detail = results.get(name, ("NOT RUN", f"the run ended before this test:\n{output[-3000:]}"))
    assert outcome == "PASS", f"{outcome}\n{detail}"
