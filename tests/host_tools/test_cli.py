"""The entry point: what goes wrong is one line, whichever command it happens in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from picket_host import cli
from picket_host.paths import ROOT
from picket_host.release import keys

# They show what another program says, as it says it.
_WITHOUT_JSON = {"test", "device repl", "device run"}


def _commands(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _commands(command.get_command(click.Context(command), name), *path, name)
    else:
        yield " ".join(path), command


def test_every_command_has_examples_and_json_but_for_those_that_the_readme_names():
    commands = dict(_commands(cli.picket))
    assert [name for name, command in commands.items() if f"picket {name.split()[0]}" not in command.help] == []
    with_json = {name for name, command in commands.items() if any("--json" in each.opts for each in command.params)}
    assert set(commands) - with_json == _WITHOUT_JSON
    (sentence,) = [line for line in (ROOT / "README.md").read_text().splitlines() if "Every command has" in line]
    assert all(f"`{name}`" in sentence for name in _WITHOUT_JSON)


def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    """What a command that fails says on stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["picket", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr()
    return said.out, said.err


@pytest.mark.parametrize("out", ["/proc/nope/x", "/etc/hostname/x"])
@pytest.mark.parametrize(
    "command",
    [
        ("model", "train", "vibration", "--quick", "-o"),
        ("model", "adopt", "model.tflite", "--like", "vibration", "--labels", "a,b", "-o"),
        ("release", "keygen"),
        ("release", "make", "--sequence", "1", "--model", "model"),
        ("gateway", "run", "--embedded-broker", "--mqtt-port", "0", "--http-port", "0", "--state"),
    ],
    ids=lambda command: "_".join(command[:2]),
)
def test_a_place_that_nothing_can_be_written_to_is_one_clear_line(command, out, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, err = _run(monkeypatch, capsys, *command, out)
    assert err.startswith("error: ") and len(err.splitlines()) == 1


def test_an_error_of_the_system_that_names_a_path_is_one_line_and_with_json_a_document(monkeypatch, capsys):
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json: bool) -> None:
        Path("/proc/nope/x").write_text("")

    monkeypatch.setattr(sys, "argv", ["picket", "--json"])
    with pytest.raises(SystemExit):
        cli.main(command)
    said = capsys.readouterr()
    assert said.err.startswith("error: /proc/nope/x: can't be used: No such file or directory (try: another path")
    assert json.loads(said.out)["where"] == "/proc/nope/x"


def test_an_error_of_the_system_without_a_path_is_not_hidden(monkeypatch):
    @click.command()
    def command() -> None:
        raise OSError("not a matter of files")

    monkeypatch.setattr(sys, "argv", ["picket"])
    with pytest.raises(OSError, match="not a matter of files"):
        cli.main(command)


def test_a_key_that_cannot_be_read_is_one_line(monkeypatch, capsys, tmp_path):
    key = keys.keygen(tmp_path / "plant.key")
    _, err = _run(monkeypatch, capsys, "release", "sign", tmp_path, "--key", key.public_file)
    assert "this is a public key" in err and len(err.splitlines()) == 1
