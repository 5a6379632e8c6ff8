"""Every device test file once more, unchanged, on real MicroPython for RISC-V, the native module as a .mpy file."""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_boards import switched_on

from picket_host.emulator.emulator import Emulator, ScriptError
from picket_host.paths import DEVICE, ROOT, TESTS
from picket_host.vendor import vendor

_TESTS = TESTS / "device"
_RUNNER = Path(__file__).with_name("run_on_board.py")
# They repeat a whole download hundreds of times, for which the emulated processor takes minutes; they run in the
# simulator.
_TOO_LONG = (
    "test_a_connection_cut_at_any_byte_is_resumed",
    "test_a_power_cut_at_any_write_leaves_a_whole_slot_and_the_update_completes",
)
# What the simulator's tests have, too: they keep whole flashes in memory.
_HEAP_BYTES = 2_000_000


def _is_for_both(path: Path) -> bool:
    return path.name != "test_under_micropython.py" and not path.stem.endswith("_properties")


def _functions(path: Path) -> list[str]:
    nodes = ast.parse(path.read_text()).body
    return [node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


_FILES = sorted(path for path in _TESTS.rglob("test_*.py") if _is_for_both(path))
_CASES = [(path, name) for path in _FILES for name in _functions(path)]


@pytest.fixture(scope="module")
def device_board() -> Iterator[Emulator]:
    board = switched_on(heap_bytes=_HEAP_BYTES)
    yield board
    board.stop()


@functools.cache
def _rom(native_module: Path) -> dict[str, Path | bytes]:
    vendor(["umqtt.simple"])
    # The board has no network. umqtt only names it: the tests give it streams of their own.
    files: dict[str, Path | bytes] = {native_module.name: native_module, "usocket.py": b""}
    on_board = "host_tools/picket_host/board/on_board"
    for root, name in ((DEVICE, "device"), (_TESTS, "tests/device"), (ROOT / on_board, on_board)):
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[f"{name}/{path.relative_to(root).as_posix()}"] = path
    return files


@functools.cache
def _results(board: Emulator, native_module: Path, path: Path) -> tuple[dict[str, str], str]:
    """What each function raised, by name, and what ended the file's run if not its end."""
    folder = f"/rom/tests/device/{path.parent.relative_to(_TESTS).as_posix()}".removesuffix("/.")
    run = {"folder": folder, "module": path.stem, "left_out": _TOO_LONG}
    ended = ""
    try:
        output = board.run(_RUNNER, {**_rom(native_module), "run.json": json.dumps(run).encode()}, timeout_s=900)
    except ScriptError as error:
        output, ended = error.output, error.traceback
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    return dict(json.loads(line.removeprefix("RESULT ")) for line in lines), ended


@pytest.mark.parametrize(("path", "name"), [pytest.param(p, n, id=f"{p.relative_to(_TESTS)}::{n}") for p, n in _CASES])
def test_passes_on_rv32(device_board: Emulator, native_module: Path, path: Path, name: str) -> None:
    if name in _TOO_LONG:
        pytest.skip("takes minutes on the emulated processor; runs in the simulator")
    results, ended = _results(device_board, native_module, path)
    assert name in results, f"the run ended before this test:\n{ended}"
    assert not results[name], results[name]
