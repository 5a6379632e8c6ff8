"""Power, reset line and watchdog of the simulated board."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from picket_host.simulator.build import build

_PATIENCE_S = 180


@pytest.fixture(scope="module")
def simulator() -> Path:
    return build()


def start(simulator: Path, script: str, folder: Path, **options: object) -> subprocess.Popen:
    """Run a script file (so that a reset starts it again) in the folder."""
    (folder / "script.py").write_text(textwrap.dedent(script))
    command = [simulator, "script.py", "argument"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, bufsize=1, **options)


def lines_until_end(process: subprocess.Popen) -> list[str]:
    out, _ = process.communicate(timeout=_PATIENCE_S)
    return out.splitlines()


def test_a_reset_runs_the_same_program_again_in_the_same_process(simulator, tmp_path):
    script = """
        import _sim, os, sys
        print(sys.argv, os.getcwd(), os.listdir("/proc/self/task"), _sim.reset_cause())
        if _sim.reset_cause() == 1:
            os.chdir("/")
            _sim.reset()
    """
    process = start(simulator, script, tmp_path)
    first, second = lines_until_end(process)
    expected = f"['script.py', 'argument'] {tmp_path} ['{process.pid}']"
    assert (first, second) == (f"{expected} 1", f"{expected} 2")


@pytest.mark.parametrize("cause", [1, 2, 3, 4, 5])
def test_the_cause_of_a_reset_is_known_afterwards(simulator, tmp_path, cause):
    script = f"""
        import _sim
        print(_sim.reset_cause())
        try:
            open("was_here").close()
        except OSError:
            open("was_here", "w").close()
            _sim.reset({cause})
    """
    assert lines_until_end(start(simulator, script, tmp_path)) == ["1", str(cause)]


@pytest.mark.parametrize("cause", [0, 6, -1])
def test_an_unknown_cause_is_refused(simulator, tmp_path, cause):
    script = f"""
        import _sim
        try:
            _sim.reset({cause})
        except ValueError as error:
            print(error)
    """
    assert lines_until_end(start(simulator, script, tmp_path)) == ["cause must be 1 to 5"]


def test_ticks_begin_anew_and_the_worlds_time_goes_on(simulator, tmp_path):
    script = """
        import _sim, time
        print(time.ticks_ms(), _sim.world_us() // 1000)
        if _sim.world_us() < 3_000_000_000:
            _sim.speed(10_000)
            time.sleep(1000)
            _sim.reset()
    """
    readings = [tuple(map(int, line.split())) for line in lines_until_end(start(simulator, script, tmp_path))]
    assert len(readings) == 4
    assert all(ticks < 10_000 for ticks, _ in readings)
    world = [world_ms for _, world_ms in readings]
    assert all(1_000_000 <= later - sooner < 1_100_000 for sooner, later in itertools.pairwise(world))


def test_a_reset_closes_connections_and_files(simulator, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"""
            import _sim, os, socket, time
            print(len(os.listdir("/proc/self/fd")))
            if _sim.reset_cause() == 1:
                s = socket.socket()
                s.connect(socket.getaddrinfo("127.0.0.1", {server.getsockname()[1]})[0][-1])
                files = [open("file%d" % i, "w") for i in range(5)]
                _sim.reset()
            time.sleep(1000)
        """
        process = start(simulator, script, tmp_path)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(_PATIENCE_S)
                assert connection.recv(1) == b""
            before, after = process.stdout.readline(), process.stdout.readline()
            assert before == after
        finally:
            process.kill()
            process.wait()


def test_the_watchdog_resets_a_board_that_sleeps_through_it(simulator, tmp_path):
    script = """
        import _sim, time
        print(_sim.reset_cause())
        if _sim.reset_cause() == 1:
            _sim.wdt(300)
            time.sleep(3600)
    """
    process = start(simulator, script, tmp_path, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert out.split() == ["1", "3"]
    assert err == "watchdog: not fed in time, reset\n"


def test_the_watchdog_resets_a_board_that_hangs_in_a_loop(simulator, tmp_path):
    script = """
        import _sim
        print(_sim.reset_cause())
        if _sim.reset_cause() == 1:
            _sim.wdt(300)
            while True:
                pass
    """
    assert lines_until_end(start(simulator, script, tmp_path, stderr=subprocess.DEVNULL)) == ["1", "3"]


def test_a_fed_watchdog_does_nothing(simulator, tmp_path):
    script = """
        import _sim, time
        print(_sim.reset_cause())
        _sim.wdt_feed()
        _sim.wdt(500)
        for _ in range(10):
            time.sleep_ms(200)
            _sim.wdt_feed()
        print("alive")
    """
    assert lines_until_end(start(simulator, script, tmp_path)) == ["1", "alive"]


def test_the_watchdog_counts_simulated_time(simulator, tmp_path):
    """A host that doesn't let the board run for a while does not starve its watchdog; fast waits do."""
    script = """
        import _sim, time
        print(_sim.reset_cause())
        if _sim.reset_cause() == 1:
            _sim.wdt(500)
            for _ in range(4):
                time.sleep_ms(100)
            _sim.wdt_feed()
            print("alive")
            _sim.speed(1000)
            _sim.wdt(100_000)
            time.sleep(3600)
    """
    process = start(simulator, script, tmp_path, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == "1\n"
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.0)
    os.kill(process.pid, signal.SIGCONT)
    assert lines_until_end(process) == ["alive", "3"]


@pytest.mark.parametrize("timeout", ["0", "-5", "1 << 40"])
def test_an_impossible_watchdog_is_refused(simulator, tmp_path, timeout):
    script = f"""
        import _sim
        try:
            _sim.wdt({timeout})
        except ValueError as error:
            print(error)
    """
    assert lines_until_end(start(simulator, script, tmp_path)) == ["timeout_ms must be positive"]


def test_termination_ends_the_board_cleanly(simulator, tmp_path):
    process = start(simulator, "import time\nprint('ready')\ntime.sleep(3600)", tmp_path)
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(timeout=_PATIENCE_S) == 0


def test_a_reload_is_asked_for_once(simulator, tmp_path):
    script = """
        import _sim, time
        print(_sim.reload_requested())
        while not _sim.reload_requested():
            time.sleep_ms(5)
        print("reloaded", _sim.reload_requested())
    """
    process = start(simulator, script, tmp_path)
    assert process.stdout.readline() == "False\n"
    os.kill(process.pid, signal.SIGUSR1)
    assert lines_until_end(process) == ["reloaded False"]


def test_signals_during_resets_do_not_kill_the_board(simulator, tmp_path):
    script = """
        import _sim
        if _sim.world_us() < 300_000:
            _sim.reset()
        print("alive")
    """
    process = start(simulator, "import _sim\nprint('ready')\n" + textwrap.dedent(script), tmp_path)
    assert process.stdout.readline() == "ready\n"
    for _ in range(1000):
        os.kill(process.pid, signal.SIGUSR1)
        time.sleep(0.0002)
    assert lines_until_end(process)[-1] == "alive"
    assert process.returncode == 0


def test_the_board_dies_with_its_starter_when_asked_to(simulator, tmp_path):
    (tmp_path / "script.py").write_text("import time\nprint('ready')\ntime.sleep(3600)\n")
    starter_script = (
        "import os, subprocess, sys, time\n"
        "os.environ['PICKET_SIM_DIE_WITH_PARENT'] = '1'\n"
        "p = subprocess.Popen([sys.argv[1], 'script.py'], stdout=subprocess.PIPE)\n"
        "p.stdout.readline()\nprint(p.pid, flush=True)\ntime.sleep(3600)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", starter_script, str(simulator)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + _PATIENCE_S
    while _runs(pid):
        assert time.monotonic() < deadline, "the board outlived its starter"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie that nobody has reaped yet is dead


def test_fifo_words_are_a_tag_and_a_frame_each(simulator, tmp_path):
    script = """
        import _sim
        frames, out = bytes(range(18)), bytearray(22)
        _sim.fifo_words(frames, 3, out, 0x0A)
        print(list(out))
        for arguments in ((frames, 4, bytearray(99), 1), (frames, 3, bytearray(20), 1), (frames, -1, out, 1)):
            try:
                _sim.fifo_words(*arguments)
            except ValueError as error:
                print(error)
        _sim.fifo_words(b"", 0, bytearray(0), 1)
    """
    first, *refusals = lines_until_end(start(simulator, script, tmp_path))
    words = [[10, *range(6 * k, 6 * k + 6)] for k in range(3)]
    assert first == str([*words[0], *words[1], *words[2], 0])
    assert refusals == ["count: more frames than the buffers hold"] * 3
