"""The conversation with the agent on a line that loses, garbles and adds bytes."""

from __future__ import annotations

import os
import time

import pytest
from process_board import ProcessRepl, ProcessTransport, files

from picket_host.board import agent as agent_module
from picket_host.board.agent import Agent, Content, Record
from picket_host.errors import BoardError

_FILES = {f"/folder/{number}.bin": os.urandom(2000) + b"\xa5\x5a\xa5" * 50 + bytes(1000) for number in range(6)}


class _BadLine(ProcessTransport):
    """Does harm once, to the byte at a position of what is sent."""

    def __init__(self, position: int, harm):
        super().__init__()
        self._position = position
        self._harm = harm

    def write(self, data: bytes) -> None:
        at = self._position - self.sent
        if 0 <= at < len(data):
            harmed = data[:at] + self._harm(data[at : at + 1]) + data[at + 1 :]
            self.sent += len(data) - len(harmed)
            data = harmed
        super().write(data)


def _flip(byte: bytes) -> bytes:
    return bytes([byte[0] ^ 0x40])


def _lose(byte: bytes) -> bytes:
    return b""


def _add(byte: bytes) -> bytes:
    return byte + b"\xa5noise"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(agent_module, "_ANSWER_S", 0.3)
    monkeypatch.setattr(agent_module, "_TRIES", 400)  # the process that is the board need not run all the time


@pytest.mark.parametrize("harm", [_flip, _lose, _add])
# In the magic, kind, number, length and sum of the first frame; in a payload; in frames after it.
@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 5, 7, 40, 8200, 8210, 15000])
def test_a_bad_byte_costs_a_frame_and_nothing_else(flash, harm, position):
    agent = Agent(ProcessRepl(_BadLine(position, harm)))
    agent.start([], None, str(flash))
    agent.write([Record(path, data) for path, data in _FILES.items()])
    agent.quit()
    assert files(flash) == _FILES


def test_a_line_that_garbles_everything_is_told(flash, monkeypatch):
    monkeypatch.setattr(agent_module, "_TRIES", 4)

    class Broken(ProcessTransport):
        def write(self, data: bytes) -> None:
            super().write(bytes(byte ^ 0x40 for byte in data))

    agent = Agent(ProcessRepl(Broken()))
    agent.start([], None, str(flash))
    with pytest.raises(BoardError, match="garbles or loses what is sent"):
        agent.make_folders(["/folder"])


def test_what_a_program_prints_in_between_is_skipped(flash):
    class Chatty(ProcessTransport):
        noise = b"a timer said \xa5\x5a\x5a\x5a\x00\x01 something \xa5"

        def read(self, n: int, timeout_s: float) -> bytes:
            noise, self.noise = self.noise[:n], self.noise[n:]
            return noise or super().read(n, timeout_s)

    agent = Agent(ProcessRepl(Chatty()))
    assert agent.start(["folder"], None, str(flash)).files == {}


def test_it_can_be_abandoned_in_the_middle_of_a_frame(flash):
    repl = ProcessRepl()
    agent = Agent(repl)
    agent.start([], None, str(flash))
    repl.transport.write(b"\xa5\x5aT\x01\x00\x20....only the beginning of a frame")
    agent.abandon()
    assert repl.transport.process.wait(120) == 0


def _agents_give_up_after(silence_ms, monkeypatch):
    """Agents give the host up after this instead of 30 s."""
    call = agent_module.program.call
    patient, impatient = "_SILENCE_MS = 30000", f"_SILENCE_MS = {silence_ms}"
    assert patient in call("agent", "serve")
    monkeypatch.setattr(agent_module.program, "call", lambda *given: call(*given).replace(patient, impatient))


def test_left_alone_it_gives_the_host_up_and_starts_the_board_anew(flash, monkeypatch):
    _agents_give_up_after(300, monkeypatch)
    agent = Agent(ProcessRepl())
    agent.start([], None, str(flash))
    assert agent._receive(120) is not None  # the simulator's machine.reset() starts the same program once more


def test_it_waits_for_a_host_that_is_busy(flash, monkeypatch):
    _agents_give_up_after(5000, monkeypatch)
    monkeypatch.setattr(agent_module, "_PING_S", 0.1)
    agent = Agent(ProcessRepl())
    agent.start([], None, str(flash))
    with agent.waiting():
        time.sleep(6)
    agent.write([Record("/file.bin", b"x" * 1000)])
    agent.quit()
    assert (flash / "file.bin").read_bytes() == b"x" * 1000


def test_the_inventory_has_every_file_with_its_hash(flash):
    for path, data in {**_FILES, "/main.py": b"x", "/other.txt": b"y"}.items():
        (flash / path[1:]).parent.mkdir(exist_ok=True)
        (flash / path[1:]).write_bytes(data)
    agent = Agent(ProcessRepl())
    board = agent.start(["folder", "main.py", "absent"], None, str(flash))
    agent.quit()
    assert board.files == {path: Content.of(data) for path, data in {**_FILES, "/main.py": b"x"}.items()}
    assert (board.platform, board.micropython, board.mpy, board.arch) == ("sim", "1.25", "6.3", "x64")


def test_a_begun_file_is_gone_on_with(flash):
    (flash / "begun.bin").write_bytes(b"a" * 5000)
    data = b"a" * 5000 + b"b" * 100
    agent = Agent(ProcessRepl())
    agent.start([], None, str(flash))
    agent.write([Record("/begun.bin", data, offset=5000)])
    agent.quit()
    assert (flash / "begun.bin").read_bytes() == data and agent.wire_bytes < 300


def test_a_file_that_lies_wrong_on_the_flash_is_noticed(flash):
    (flash / "begun.bin").write_bytes(b"z" * 5000)
    agent = Agent(ProcessRepl())
    agent.start([], None, str(flash))
    with pytest.raises(BoardError, match="begun.bin does not lie on the flash as it was sent"):
        agent.write([Record("/begun.bin", b"a" * 5000 + b"b" * 100, offset=5000)])


def test_a_flash_that_fails_is_told(flash):
    agent = Agent(ProcessRepl())
    agent.start([], None, str(flash))
    (flash / "file").write_bytes(b"")
    with pytest.raises(BoardError, match="the board failed to store a file"):
        agent.write([Record("/file/below.bin", b"x")])


def test_a_board_that_cannot_run_it_is_told_with_its_last_words(repl, monkeypatch):
    monkeypatch.setattr(agent_module.program, "call", lambda *_: "raise ValueError('enough')")
    with pytest.raises(BoardError, match="the agent ended on the board: ValueError: enough"):
        Agent(repl).start([], None)
