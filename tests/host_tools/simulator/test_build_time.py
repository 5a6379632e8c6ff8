"""Simulated time: processor time plus what was asked to wait for, however busy the host is."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import textwrap
import time
from pathlib import Path

import pytest

from picket_host.simulator.build import build

_PATIENCE_S = 180


@pytest.fixture(scope="module")
def simulator() -> Path:
    return build()


def start(simulator: Path, script: str, **options: object) -> subprocess.Popen:
    command = [simulator, "-c", textwrap.dedent(script)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1, **options)


def run(simulator: Path, script: str) -> list[str]:
    process = start(simulator, script)
    out, _ = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, out
    return out.splitlines()


def halt(process: subprocess.Popen, seconds: float) -> None:
    """Keep the process from running for a while, as a busy host would."""
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "wait", ["time.sleep(0.3)", "time.sleep_ms(300)", "time.sleep_us(300_000)", "asyncio.run(pause())"]
)
def test_a_wait_takes_what_was_asked_for_though_the_host_is_busy(simulator, wait):
    script = f"""
        import asyncio, time
        async def pause():
            await asyncio.sleep_ms(300)
        print("ready")
        begin = time.ticks_us()
        {wait}
        print(time.ticks_diff(time.ticks_us(), begin))
    """
    process = start(simulator, script)
    assert process.stdout.readline() == "ready\n"
    halt(process, 1.0)
    simulated_us = int(process.stdout.readline())
    process.wait(timeout=_PATIENCE_S)
    assert 299_000 <= simulated_us < 900_000


def test_no_time_passes_while_the_process_does_not_run(simulator):
    script = """
        import time
        print("ready")
        begin = time.ticks_us()
        while time.ticks_diff(time.ticks_us(), begin) < 100_000:
            now = time.ticks_us()
        print(time.ticks_diff(time.ticks_us(), begin))
    """
    process = start(simulator, script)
    assert process.stdout.readline() == "ready\n"
    halt(process, 1.0)
    assert int(process.stdout.readline()) < 900_000
    process.wait(timeout=_PATIENCE_S)


def test_a_wait_that_is_cut_short_counts_as_long_as_it_lasted(simulator):
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"""
            import select, socket, time
            s = socket.socket()
            s.connect(socket.getaddrinfo("127.0.0.1", {server.getsockname()[1]})[0][-1])
            p = select.poll()
            p.register(s, select.POLLIN)
            begin = time.ticks_ms()
            p.poll(3_600_000)
            print(time.ticks_diff(time.ticks_ms(), begin))
        """
        process = start(simulator, script)
        connection, _ = server.accept()
        with connection:
            connection.send(b"x")
            assert int(process.stdout.readline()) < 60_000
        process.wait(timeout=_PATIENCE_S)


def test_speed_shortens_waits_and_not_their_simulated_length(simulator):
    (text,) = run(
        simulator,
        """
        import _sim, time
        _sim.speed(100_000)
        begin = time.ticks_ms()
        time.sleep(3600)
        time.sleep_ms(60_000)
        print(time.ticks_diff(time.ticks_ms(), begin))
        """,
    )
    assert 3_659_000 <= int(text) < 3_700_000


@pytest.mark.parametrize("factor", ["0", "-1", "float('nan')", "float('inf')"])
def test_an_impossible_speed_is_refused(simulator, factor):
    (text,) = run(
        simulator,
        f"""
        import _sim
        try:
            _sim.speed({factor})
        except ValueError as error:
            print(error)
        """,
    )
    assert text == "speed must be positive"


def test_time_of_day_follows_simulated_time(simulator):
    before = time.time()
    first, second = run(
        simulator,
        """
        import _sim, time
        print(time.time())
        _sim.speed(100_000)
        time.sleep(5000)
        print(time.time())
        """,
    )
    assert abs(int(first) - before) < 60
    assert 4999 <= int(second) - int(first) < 5100


def test_short_waits_of_asyncio_add_up(simulator):
    (text,) = run(
        simulator,
        """
        import asyncio, time, _sim
        _sim.speed(20)
        async def main():
            begin = time.ticks_ms()
            for _ in range(100):
                await asyncio.sleep_ms(10)
            print(time.ticks_diff(time.ticks_ms(), begin))
        asyncio.run(main())
        """,
    )
    assert 990 <= int(text) < 1500


def test_ticks_begin_at_zero(simulator):
    (text,) = run(simulator, "import time\nprint(time.ticks_ms())")
    assert int(text) < 1000


def test_processor_time_excludes_waits(simulator):
    (text,) = run(simulator, "import time, _sim\n_sim.speed(1000)\ntime.sleep(100)\nprint(_sim.cpu_us())")
    assert 0 < int(text) < 5_000_000


def test_reading_no_input_waits_without_time_passing(simulator):
    """A read that blocks on the console isn't a wait that the board asked for."""
    script = """
        import sys, time
        print("ready")
        begin = time.ticks_ms()
        sys.stdin.readline()
        print(time.ticks_ms() - begin)
    """
    process = start(simulator, script, stdin=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    assert select.select([process.stdout], [], [], 0.8)[0] == []
    process.stdin.write("go\n")
    process.stdin.flush()
    assert int(process.stdout.readline()) < 700
    process.wait(timeout=_PATIENCE_S)
