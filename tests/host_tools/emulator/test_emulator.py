"""The emulated board: scripts, flash, reset, power, time, and the serial port as other programs see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from emulated_boards import switched_on
from mpremote.transport_serial import SerialTransport

from picket_host.emulator.board.frozen import memory_map
from picket_host.emulator.emulator import Emulator, ScriptError
from picket_host.errors import InputError, PicketError
from picket_host.paths import ROOT
from picket_host.simulator.build import build as build_unix_port
from picket_host.simulator.build import stock_port

_PATIENCE_S = 180


def mpremote(port: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", str(port), *command],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for_flash(board: Emulator, content: bytes) -> None:
    """Until the board has written something, without disturbing it."""
    deadline = time.monotonic() + _PATIENCE_S
    while content not in board.read_memory(memory_map.FLASH, memory_map.FLASH_BYTES):
        assert time.monotonic() < deadline, f"{content} was not written"
        time.sleep(0.1)


def test_a_script_returns_what_it_printed(shared_board):
    assert shared_board.run("print('a')\nprint(2)") == "a\n2\n"


def test_a_script_starts_with_a_fresh_heap(shared_board):
    shared_board.run("import builtins; builtins.left = bytearray(50000)")
    assert shared_board.run("import builtins; print(hasattr(builtins, 'left'))") == "False\n"


def test_a_script_finds_its_files(shared_board, tmp_path):
    (tmp_path / "data.bin").write_bytes(b"\x00\xff")
    files = {"folder/data.bin": tmp_path / "data.bin", "helper.py": b"def answer():\n    return 42\n"}
    script = "import helper\nprint(helper.answer(), open('/rom/folder/data.bin', 'rb').read())"
    assert shared_board.run(script, files) == "42 b'\\x00\\xff'\n"


def test_an_exception_comes_with_output_and_traceback(shared_board):
    with pytest.raises(ScriptError, match="ZeroDivisionError") as raised:
        shared_board.run("print('before')\n1 / 0\n")
    assert raised.value.output == "before\n"
    assert "line 2" in raised.value.traceback


def test_a_crash_of_the_firmware_is_told_and_the_board_can_start_again(board):
    with pytest.raises(PicketError, match="the firmware crashed"):
        board.run("import machine; machine.mem32[0x08000000] = 1")
    assert not board.running
    board.start()
    assert board.run("print(1)") == "1\n"


def test_the_flash_is_littlefs_and_empty(board):
    mounted = "{path: type(fs).__name__ for fs, path in vfs.mount()}['/']"
    assert board.run(f"import os, vfs; print(os.listdir(), {mounted})") == "['rom'] VfsLfs2\n"


def test_the_flash_survives_a_power_cut(board):
    board.run("with open('/kept', 'w') as f: f.write('here')")
    board.cut_power()
    board.start()
    assert board.run("print(open('/kept').read())") == "here\n"


def test_the_cause_of_a_start_is_told_and_the_clocks_memory_outlives_all_but_a_power_cut(board):
    board.run(
        "with open('/main.py', 'w') as f:\n"
        "    f.write('import machine\\nrtc = machine.RTC()\\nmemory = rtc.memory()\\n')\n"
        "    f.write('memory += bytes([48 + machine.reset_cause()])\\nrtc.memory(memory)\\n')\n"
        "    f.write('if len(memory) == 1: machine.reset()\\n')\n"
        "    f.write('if len(memory) == 2: machine.WDT(timeout=50)\\nwhile len(memory) == 2: pass\\n')\n"
        "    f.write('with open(\"/causes\", \"w\") as f: f.write(\"causes \" + memory.decode())')\n"
    )
    board.cut_power()
    board.start()
    wait_for_flash(board, b"causes 123")
    board.run(
        "with open('/main.py', 'w') as f:\n"
        "    f.write('import machine\\nwith open(\"/causes\", \"w\") as f: ')\n"
        "    f.write('f.write(\"then %r\" % machine.RTC().memory())')"
    )
    board.cut_power()
    board.start()
    wait_for_flash(board, b"then b''")
    assert board.run("import machine; print(machine.reset_cause() == machine.SOFT_RESET)") == "True\n"


def test_a_watchdog_that_is_fed_lets_the_board_wait_and_work():
    board = switched_on(icount=True)  # its time is its own: a host that stands still starves no watchdog
    try:
        output = board.run(
            "import machine, time\nwatchdog = machine.WDT(timeout=150)\n"
            "for i in range(20):\n    time.sleep_ms(25)\n    watchdog.feed()\n"
            "print('lived', machine.reset_cause() == machine.WDT_RESET)\nmachine.WDT(timeout=1000000)"
        )
    finally:
        board.stop()
    assert output == "lived False\n"


def test_the_flash_survives_a_reset_and_boot_and_main_run(board):
    board.run(
        "with open('/boot.py', 'w') as f: f.write('mark = \"RESET\"')\n"
        "with open('/main.py', 'w') as f:\n"
        "    f.write('import machine\\nif machine.reset_cause() != machine.HARD_RESET: machine.reset()\\n')\n"
        '    f.write(\'with open("/done", "w") as f: f.write(mark + " SEEN")\')\n'
    )
    board.cut_power()
    board.start()
    pid = board.pid
    wait_for_flash(board, b"RESET SEEN")
    assert board.pid == pid  # the reset did not end QEMU
    assert board.run("print(open('/done').read())") == "RESET SEEN\n"


def test_a_folder_becomes_the_flash(tmp_path):
    (tmp_path / "picket").mkdir()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_bytes(b"")
    (tmp_path / "picket" / "a.py").write_text("A = 5\n")
    (tmp_path / "main.py").write_text("from picket.a import A\nwith open('/ran', 'w') as f: f.write('A is %d' % A)\n")
    board = switched_on(flash=tmp_path)
    try:
        wait_for_flash(board, b"A is 5")
        assert board.run("import os; print(sorted(os.listdir('/')))") == "['main.py', 'picket', 'ran', 'rom']\n"
    finally:
        board.stop()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["__pycache__", "main.py", "picket"]


def test_an_image_keeps_the_flash_from_run_to_run(tmp_path):
    image = tmp_path / "board.img"
    for expected in ("0", "1", "2"):
        board = switched_on(flash=image)
        try:
            count = board.run(
                "try:\n n = int(open('/count').read())\nexcept OSError:\n n = 0\n"
                "with open('/count', 'w') as f: f.write(str(n + 1))\n"
                "print(n)"
            )
        finally:
            board.stop()
        assert count == f"{expected}\n"
    assert image.stat().st_size == memory_map.FLASH_BYTES


def test_another_littlefs_reads_the_image(tmp_path):
    """The oracle is the unix port, which mounts the file that the emulated board left."""
    image = tmp_path / "board.img"
    board = switched_on(flash=image)
    board.run("import os; os.mkdir('/d')\nwith open('/d/f', 'w') as f: f.write('content' * 1000)")
    board.stop()
    script = """
import vfs, sys
class Image:
    def __init__(self, path): self.file = open(path, "rb")
    def readblocks(self, n, buf, off=0):
        self.file.seek(n * 4096 + off); self.file.readinto(buf)
    def writeblocks(self, n, buf, off=0): raise OSError(30)
    def ioctl(self, op, arg): return {4: 1024, 5: 4096}.get(op, 0)
vfs.mount(vfs.VfsLfs2(Image(sys.argv[1])), "/flash")
print(open("/flash/d/f").read() == "content" * 1000)
"""
    (tmp_path / "read.py").write_text(script)
    command = [build_unix_port(port=stock_port()), tmp_path / "read.py", image]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    assert done.stdout == "True\n", done.stderr


_NEARLY = bytearray(memory_map.FLASH_BYTES)
_NEARLY[16:24] = b"littlefs"  # not where the mark stands


@pytest.mark.parametrize(
    "content",
    [b"thesis " * 100, bytes(memory_map.FLASH_BYTES + 1), _NEARLY, b"\xff" * 4096, b"\0" * 8 + b"littlefs" * 900],
    ids=["text", "too large", "no littlefs", "too small", "littlefs of another size"],
)
def test_a_file_that_is_no_flash_is_refused_and_stays_as_it_is(tmp_path, content):
    file = tmp_path / "thesis.odt"
    file.write_bytes(content)
    board = Emulator(flash=file, firmware=Path("none"))
    with pytest.raises(InputError, match="is no flash of an emulated board"):
        board.start()
    board.stop()
    assert file.read_bytes() == content and list(tmp_path.iterdir()) == [file]


def test_a_board_that_did_not_start_leaves_a_file_that_the_next_can_use(tmp_path):
    image = tmp_path / "board.img"
    image.touch()
    for _ in range(2):
        board = switched_on(flash=image, firmware=Path("none"))
        board.stop()
    assert image.stat().st_size == memory_map.FLASH_BYTES


def test_what_lies_beside_an_image_stays_there(tmp_path):
    (tmp_path / "board.img.new").write_text("somebody's own")
    board = switched_on(flash=tmp_path / "board.img")
    board.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board.img", "board.img.new"]
    assert (tmp_path / "board.img.new").read_text() == "somebody's own"


def test_a_place_where_no_flash_can_be_kept_is_told_before_the_board_starts(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "pipe", "neither a folder nor a file"),
        (Path("/proc/board.img"), "can't be kept there"),
        (tmp_path / "none" / "board.img", "no such folder"),
    ):
        with pytest.raises(InputError, match=message):
            Emulator(flash=path, firmware=Path("none")).start()


def test_files_that_do_not_fit_are_refused(shared_board):
    with pytest.raises(InputError, match="room for"):
        shared_board.run("", {"large": bytes(memory_map.ROM_BYTES)})


def test_an_application_may_name_the_network_and_is_told_that_there_is_none(shared_board):
    script = """
    import asyncio, socket, usocket
    for attempt in (lambda: socket.getaddrinfo("broker", 1883), usocket.socket):
        try:
            attempt()
        except OSError as error:
            print(error)
    """
    assert shared_board.run("if True:" + script) == "the emulated board has no network\n" * 2


def test_asyncio_select_and_deflate_are_there(shared_board):
    script = """
    import asyncio, deflate, select, sys, time
    async def late(ms):
        await asyncio.sleep_ms(ms)
        print(ms)
    async def main():
        await asyncio.gather(late(20), late(10))
    asyncio.run(main())
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    print(poll.poll(5))
    with deflate.DeflateIO(open("/rom/packed", "rb"), deflate.ZLIB) as file:
        print(file.read() == b"abc" * 100, time.time() > 800000000, time.localtime()[0] > 2025)
    """
    assert (
        shared_board.run("if True:" + script, {"packed": zlib.compress(b"abc" * 100)}) == "10\n20\n[]\nTrue True True\n"
    )


def test_instructions_are_counted_exactly():
    board = switched_on(icount=True)
    script = """
import micropython
from array import array

@micropython.asm_rv32
def loop(a0, a1):
    csrrs(a2, zero, 0xB02)
    label(again)
    addi(a0, a0, -1)
    bne(a0, zero, again)
    csrrs(a3, zero, 0xB02)
    sub(a3, a3, a2)
    sw(a3, 0(a1))

n = array("I", (0,))
counts = []
for times in (1, 1000, 100000):
    loop(times, n)
    counts.append(n[0] - 2 * times)
print(counts)
"""
    try:
        outside, *others = json.loads(board.run(script))
        assert others == [outside, outside]
    finally:
        board.stop()


def test_waiting_takes_the_time_of_the_board_alone_when_instructions_are_counted():
    board = switched_on(icount=True)
    try:
        slept = int(board.run("import time\nt = time.time(); time.sleep(86400); print(time.ticks_ms() // 1000)"))
        assert slept >= 86400
    finally:
        board.stop()


def test_a_script_without_an_end_is_given_up_and_interrupted(board):
    with pytest.raises(PicketError):
        board.run("while True: pass", timeout_s=0.5)
    assert board.run("print('answers')") == "answers\n"


def test_mpremote_opens_the_port(board):
    assert mpremote(board.pty, "exec", "print(6 * 7)") == "42\n"


def test_mpremote_copies_files_to_the_flash(board, tmp_path):
    (tmp_path / "data").write_bytes(os.urandom(5000))
    mpremote(board.pty, "fs", "cp", str(tmp_path / "data"), ":/data", "+", "fs", "cp", ":/data", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "data").read_bytes()


def test_ctrl_c_interrupts_a_waiting_and_a_busy_script(board):
    port = SerialTransport(str(board.pty))
    try:
        port.enter_raw_repl()
        for script in ("import time; time.sleep(1000)", "while True: pass"):
            port.exec_raw_no_follow(f"print('started')\n{script}")
            port.read_until(1, b"started\r\n")
            port.serial.write(b"\x03")
            _, error = port.follow(_PATIENCE_S)
            assert b"KeyboardInterrupt" in error
    finally:
        port.close()


def test_a_port_in_use_is_told(board):
    other = SerialTransport(str(board.pty))
    try:
        with pytest.raises(PicketError, match="end other users of the port"):
            board.run("")
    finally:
        other.close()


def test_the_port_can_be_released(board):
    board.run("")
    board.release_port()
    assert mpremote(board.pty, "resume", "exec", "print(1)") == "1\n"


class TestCommand:
    """``picket emulate``."""

    def start(self, *options: str) -> tuple[subprocess.Popen[str], dict]:
        process = subprocess.Popen(
            [sys.executable, "-m", "picket_host", "emulate", "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])
        return process, json.loads(line)

    def test_one_line_when_ready_and_a_clean_end(self, board, tmp_path):
        link, image = tmp_path / "port", tmp_path / "board.img"
        process, ready = self.start("--link", str(link), "--flash", str(image))
        try:
            assert ready["event"] == "ready"
            assert os.readlink(link) == ready["pty"]
            assert mpremote(link, "exec", "open('/f', 'w').close()\nprint(1)") == "1\n"
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=_PATIENCE_S)
            assert (process.returncode, rest) == (0, "")
        finally:
            process.kill()
            process.wait()
        assert not link.is_symlink()
        assert image.stat().st_size == memory_map.FLASH_BYTES
        with pytest.raises(ProcessLookupError):
            os.kill(ready["pid"], 0)

    def test_the_heap_has_the_size_that_was_asked_for(self, board):
        process, ready = self.start("--heap", "200000")
        try:
            said = mpremote(ready["pty"], "exec", "import gc; print(gc.mem_free() + gc.mem_alloc())")
        finally:
            process.kill()
            process.wait()
        assert 180_000 < int(said) <= 200_000

    def test_qemu_ends_with_a_command_that_is_killed(self, board):
        process, ready = self.start()
        process.kill()
        process.wait()
        deadline = time.monotonic() + _PATIENCE_S
        with suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(ready["pid"], 0)
                time.sleep(0.05)
            raise AssertionError("QEMU still runs")

    @pytest.mark.parametrize("option", ["--flash", "--link"])
    def test_a_path_in_no_folder_is_an_error_of_one_line(self, board, option, tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "picket_host", "emulate", option, str(tmp_path / "none" / "file")],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            cwd=ROOT,
        )
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1, done.stderr
