"""What the simulated board does at start: as an ESP32's MicroPython does."""

from __future__ import annotations

import json
import subprocess
import textwrap
import time
from pathlib import Path

import pytest

from picket_host.simulator.build import build

_PATIENCE_S = 180


class StartedBoard:
    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "flash").mkdir(parents=True)
        (folder / "board.json").write_text(json.dumps({"time": {"speed": 50}}))
        self.process: subprocess.Popen | None = None

    def write(self, name: str, text: str) -> None:
        path = self.folder / "flash" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def output_until(self, text: str, *options: str, folder: Path | None = None) -> str:
        """Start the board, anew if it runs; what it printed when `text` was among it."""
        self.stop()
        console = self.folder / "console.log"
        command = [build(), "-X", "heapsize=200k", *options, "-m", "simboard", str(folder or self.folder)]
        with console.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=self.folder.parent, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _PATIENCE_S
        while text not in (said := console.read_text()):
            assert time.monotonic() < deadline, said
            assert self.process.poll() is None, said
            time.sleep(0.01)
        return said

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def board(tmp_path):
    made = StartedBoard(tmp_path / "board")
    yield made
    made.stop()


def test_boot_and_main_run_in_one_namespace_as_main(board):
    board.write("boot.py", "x = 'from boot'\nprint(__name__)\n")
    board.write("main.py", "import time\nprint(x, __name__)\nprint('END')\ntime.sleep(10**6)\n")
    assert board.output_until("END\n").splitlines() == ["__main__", "from boot __main__", "END"]


def test_the_device_sees_its_flash_and_nothing_else_of_the_host(board):
    board.write("lib/helper.py", "print('helper')\n")
    board.write(
        "main.py",
        """
        import os, sys, time
        print(os.getcwd(), sorted(os.listdir("/")), sys.path, sys.argv)
        import helper
        for path in ("/etc/passwd", "/proc/self/maps", "/board.json"):
            try:
                open(path)
            except OSError as error:
                print(error.errno)
        print("END")
        time.sleep(10**6)
        """,
    )
    said = board.output_until("END\n").splitlines()
    assert said == ["/ ['lib', 'main.py'] ['', '.frozen', '/lib'] []", "helper", "2", "2", "2", "END"]


def test_what_boot_chooses_is_where_main_comes_from(board):
    board.write(
        "boot.py", "import os, sys\nos.chdir('/slots/3')\nsys.path[:] = ['/slots/3', '/slots/3/lib', '.frozen']\n"
    )
    board.write("main.py", "print('slot 0')\n")
    board.write("part.py", "where = 'slot 0'\n")
    board.write(
        "slots/3/main.py", "import os, part, time\nprint(os.getcwd(), part.where)\nprint('END')\ntime.sleep(10**6)\n"
    )
    board.write("slots/3/part.py", "where = 'slot 3'\n")
    assert board.output_until("END\n").splitlines() == ["/slots/3 slot 3", "END"]


def test_a_crash_of_main_is_shown_and_followed_by_a_soft_reset(board):
    board.write(
        "main.py",
        """
        import machine, time
        if machine.reset_cause() == machine.SOFT_RESET:
            print("END")
            time.sleep(10**6)
        def fail():
            raise RuntimeError("as expected")
        fail()
        """,
    )
    said = board.output_until("END\n")
    assert "Traceback (most recent call last):" in said
    assert 'File "main.py", line 7, in fail' in said
    assert "RuntimeError: as expected" in said


def test_a_crash_of_boot_skips_main(board):
    board.write("boot.py", "import _sim\nif _sim.reset_cause() == 1:\n    1 / 0\n")
    board.write("main.py", "import _sim, time\nprint('main', _sim.reset_cause())\nprint('END')\ntime.sleep(10**6)\n")
    said = board.output_until("END\n")
    assert "ZeroDivisionError" in said
    assert "main 1" not in said
    assert "main 5" in said


@pytest.mark.parametrize(
    "end", ["raise SystemExit", "import sys; sys.exit()", "pass", "import machine; machine.soft_reset()"]
)
def test_an_application_that_ends_is_started_again(board, end):
    board.write(
        "main.py",
        f"""
        import _sim, time
        if _sim.reset_cause() == 5:
            print("END")
            time.sleep(10**6)
        {end}
        """,
    )
    assert board.output_until("END\n") == "END\n"


def test_a_board_without_programs_waits_for_some(board):
    """It restarts all the time, as a board in a boot loop; a copied main.py runs at the next start."""
    board.write("main.py", "print('one')\nimport os\nos.remove('/main.py')\n")
    board.output_until("one\n")
    time.sleep(0.1)
    board.write("main.py", "print('two')\nimport time\ntime.sleep(10**6)\n")
    deadline = time.monotonic() + _PATIENCE_S
    while "two" not in (board.folder / "console.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_relative_folder_survives_resets(board):
    board.write("main.py", "import _sim, time\nif _sim.reset_cause() == 5:\n    print('END')\n    time.sleep(10**6)\n")
    assert board.output_until("END\n", folder=Path("board")) == "END\n"


def test_the_heap_is_as_small_as_asked_for(board):
    board.write(
        "main.py",
        """
        import gc, time
        gc.collect()
        print(195_000 < gc.mem_free() < 200 * 1024)
        try:
            bytearray(250_000)
        except MemoryError:
            print("refused")
        print("END")
        time.sleep(10**6)
        """,
    )
    assert board.output_until("END\n").splitlines() == ["True", "refused", "END"]


def test_the_simulated_hardware_takes_nothing_of_the_devices_heap(board):
    board.write("main.py", "import gc, time\ngc.collect()\nprint(gc.mem_free())\nprint('END')\ntime.sleep(10**6)\n")
    bare = int(board.output_until("END\n").split()[0])
    (board.folder / "healthy.i16").write_bytes(bytes(6 * 100))
    (board.folder / "rest.i16").write_bytes(bytes(14 * 100))
    description = {
        "spi": {"1": {"cs": 5, "chip": "iis3dwb", "timeline": [{"at_s": 0, "file": "healthy.i16"}]}},
        "i2c": {"0": {"104": {"chip": "mpu6050", "timeline": [{"at_s": 0, "file": "rest.i16"}]}}},
    }
    (board.folder / "board.json").write_text(json.dumps(description))
    assert abs(int(board.output_until("END\n").split()[0]) - bare) < 500


def test_an_esp32_images_modules_are_there_and_the_hosts_are_not(board):
    board.write(
        "main.py",
        """
        import sys, time
        for name in "asyncio ssl tls machine network esp32 picket_native vfs hashlib select".split():
            __import__(name)
        for name in ("ffi", "termios", "btree"):
            try:
                __import__(name)
                print("has", name)
            except ImportError:
                pass
        import os
        print(hasattr(os, "system"), hasattr(os, "getenv"), sys.platform, 1.1 == 1.10000001)
        print("END")
        time.sleep(10**6)
        """,
    )
    assert board.output_until("END\n").splitlines() == ["False False sim True", "END"]
