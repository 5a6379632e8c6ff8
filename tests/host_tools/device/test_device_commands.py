"""``picket device`` as a person and a script see it: what it prints, its JSON, its exit status."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sys
import time

import pytest
from picket_flash import CONFIG

from picket_host import cli
from picket_host.board import discover
from picket_host.board.session import connect
from picket_host.commands.device.run import _Screen


@pytest.fixture
def picket(monkeypatch, capsys):
    """Run ``picket device`` with arguments: exit status, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["picket", "device", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code or 0
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_list_shows_boards_and_what_does_not_answer(picket, picket_board, monkeypatch):
    monkeypatch.setattr(discover, "ports", list)
    status, out, _ = picket("list", "--json", "--timeout", "60", "-p", picket_board.pty, "-p", "/dev/ttyNothingHere")
    board, nothing = json.loads(out)
    assert status == 0
    assert (board["board"]["device"], board["board"]["micropython"]) == ("press-1", "1.25.0")
    assert (nothing["board"], nothing["error"]) == (None, "there is no such port")
    status, out, _ = picket("list", "--timeout", "60", "-p", picket_board.pty)
    assert status == 0 and "good" in out


def test_info_and_selftest_are_one_document(picket, picket_board):
    status, out, _ = picket("info", "--json", "-p", picket_board.pty)
    assert status == 0 and json.loads(out)["arch"] == "rv32imc"
    status, out, _ = picket("selftest", "--json", "-p", picket_board.pty)
    assert status == 0 and all(check["ok"] for check in json.loads(out)["checks"])


def test_a_red_line_is_exit_status_1(picket, board_with_main):
    status, out, _ = picket("selftest", "-p", board_with_main("").pty)
    assert status == 1
    assert "✓ firmware" in out and "✗ native module" in out and "→ bring it to the board: picket sync" in out


def test_a_program_is_run_with_its_output_and_its_exit_status(picket, picket_board, tmp_path):
    (tmp_path / "good.py").write_text("print(6 * 7)\n")
    (tmp_path / "bad.py").write_text("print('before')\n1 / 0\n")
    assert picket("run", tmp_path / "good.py", "-p", picket_board.pty)[:2] == (0, "42\n")
    status, out, err = picket("run", tmp_path / "bad.py", "-p", picket_board.pty)
    assert (status, out) == (1, "before\n") and "ZeroDivisionError" in err


def test_what_comes_in_pieces_is_shown_whole(capsys):
    screen = _Screen()
    for piece in (b"a line\r", b"\n21 \xc2", b"\xb0C\r", b"22", b"\r", b"\r\n", b"\r"):
        screen.show(piece)
    screen.show(b"", final=True)
    assert capsys.readouterr().out == "a line\n21 \u00b0C\r22\r\n\r"


def test_ctrl_c_ends_the_program_on_the_board_too(picket, picket_board, tmp_path, monkeypatch):
    def interrupted(screen, data, final=False):
        raise KeyboardInterrupt

    monkeypatch.setattr("picket_host.commands.device.run._Screen.show", interrupted)
    (tmp_path / "endless.py").write_text("while True:\n    print('and on')\n")
    with connect(picket_board.pty) as session:
        session.write_file("/main.py", b"")
    assert picket("run", tmp_path / "endless.py", "-p", picket_board.pty)[0] == 130
    with connect(picket_board.pty) as session:
        assert not session.interrupted


def _converse(command, answers, timeout_s=300):
    """Run a command at a terminal of its own and answer each question (a part of its text): status, what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    shown = ""
    waiting = list(answers)
    end = time.monotonic() + timeout_s
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # the other side has ended
                break
            shown += chunk.decode(errors="replace")
            if waiting and waiting[0][0] in shown:
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
    assert not waiting, f"never asked {waiting[0][0]!r}:\n{shown}"
    return os.waitstatus_to_exitcode(status), shown


def test_questions_give_a_board_its_identity_and_secrets_are_not_echoed(picket_board):
    secrets = "correct horse battery", "broker staple"
    answers = [
        ("Name of this device", "press-9"), ("Group that it belongs to", "plant-b"), ("Wi-Fi network", "plant"),
        ("Its password", secrets[0]), ("Address of the MQTT broker", "broker.plant"), ("User name", "press-9"),
        ("Password at the broker", secrets[1]), ("Public key of your releases", "0f" * 32),
    ]  # fmt: skip
    command = [sys.executable, "-m", "picket_host", "device", "provision", "-p", str(picket_board.pty)]
    status, shown = _converse(command, answers)
    assert status == 0, shown
    assert not any(secret in shown for secret in secrets)
    with connect(picket_board.pty) as session:
        written = json.loads(session.read_file("/config.json"))
    assert written["device"] == {"id": "press-9", "group": "plant-b"}
    assert written["wifi"] == {"ssid": "plant", "password": secrets[0]}
    assert (written["mqtt"]["host"], written["mqtt"]["user"], written["mqtt"]["password"]) == (
        "broker.plant", "press-9", secrets[1],
    )  # fmt: skip
    assert written["update"]["public_key"] == "0f" * 32


def test_provisioning_never_shows_a_secret(picket, picket_board, tmp_path):
    secret = "correct horse battery"
    config = {**CONFIG, "wifi": {"ssid": "plant", "password": secret}}
    (tmp_path / "press.json").write_text(json.dumps(config))
    for options in ((), ("--json",)):
        status, out, err = picket(
            "provision", "--dry-run", "--file", tmp_path / "press.json", "-p", picket_board.pty, *options
        )
        assert status == 0 and secret not in out + err and "(set)" in out
    status, out, _ = picket("provision", "--file", tmp_path / "press.json", "-p", picket_board.pty)
    assert status == 0 and "/config.json" in out and secret not in out


def test_an_application_that_leaves_no_memory_does_not_make_provisioning_forget_the_present_values(
    picket, board_with_main
):
    hog = "hog = []\ntry:\n    while True: hog.append(bytearray(500))\nexcept MemoryError:\n    pass\n"
    mark = "with open('/full', 'w') as f: f.write('full ' + 'up')\n"
    config = f"with open('/config.json', 'w') as f: f.write({json.dumps(CONFIG)!r})\n"
    board = board_with_main(config + mark + hog + "while True: pass\n", until="full up")
    status, out, _ = picket("provision", "--dry-run", "--json", "--set", "device.id=press-2", "-p", board.pty)
    assert status == 0
    assert json.loads(out)["config"]["device"] == {"id": "press-2", "group": "plant-a"}


def test_a_secret_on_the_command_line_is_refused(picket):
    status, _, err = picket("provision", "--set", "wifi.password=secret", "-p", "/dev/null")
    assert status == 1 and "seen by everybody" in err


def test_a_wrong_value_names_itself_and_nothing_is_written(picket, picket_board):
    status, out, err = picket("provision", "--set", "mqtt.port=99999", "-p", picket_board.pty)
    assert status == 1 and "mqtt.port: 99999 is out of range" in err


def test_errors_are_json_where_json_was_asked_for(picket):
    status, out, _ = picket("info", "--json", "-p", "/dev/ttyNothingHere")
    assert status == 1
    assert json.loads(out)["kind"] == "BoardError"


def test_logs_show_what_the_board_prints(picket, board_with_main):
    mark = "with open('/pumping', 'w') as f: f.write('pump ' + 'on')\n"
    main = "import time\nwhile True:\n    print('[%d] WARN pump: dry' % time.ticks_ms())\n    time.sleep(0.1)\n"
    board = board_with_main(mark + main, until="pump on")
    status, out, _ = picket("logs", "-p", board.pty, "--seconds", "5", "--json", "--errors")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and {(line["level"], line["tag"], line["text"]) for line in lines} == {("WARN", "pump", "dry")}


def test_a_backup_warns_of_its_secrets(picket, picket_board, tmp_path):
    archive = tmp_path / "board.zip"
    status, out, _ = picket("backup", "--data-only", archive, "-p", picket_board.pty)
    assert status == 0 and "passwords and keys" in out
    status, out, _ = picket("restore", "--data-only", archive, "-p", picket_board.pty)
    assert status == 0 and "equal already" in out


def test_a_repl_wants_a_terminal(picket, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    status, _, err = picket("repl", "-p", "/dev/null")
    assert status == 1 and "picket device run FILE" in err


def test_the_overview_and_every_command_have_help_with_examples(picket):
    from picket_host.commands.device import command

    for name in command.list_commands(None):
        status, out, _ = picket(name, "--help")
        assert status == 0 and f"picket device {name}" in out
