from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from picket_host.commands.release import command
from picket_host.errors import InputError, PicketError
from picket_host.release import keys


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_way_from_a_key_to_an_offer(tmp_path: Path, signed: Path, key: keys.KeyPair) -> None:
    state = tmp_path / "gateway"
    verified = json.loads(_run("verify", signed, "--public-key", key.public_file, "--hardware", "esp32", "--json"))
    assert verified["sequence"] == 3 and verified["golden_vectors"] == 3
    published = json.loads(_run("publish", signed, "--device", "plant-a/press-1", "--state", state, "--json"))
    assert published["targets"] == ["plant-a/press-1"]
    status = json.loads(_run("status", "--state", state, "--json"))
    assert [(row["device"], row["offered"]) for row in status] == [("press-1", 3)]
    assert "press-1" in _run("status", "--state", state)
    withdrawn = json.loads(_run("withdraw", "--sequence", 3, "--state", state, "--json"))
    assert withdrawn["sequences"] == [3]


def test_publishing_says_whether_the_signature_was_checked(tmp_path: Path, signed: Path, key: keys.KeyPair) -> None:
    arguments = ("publish", signed, "--group", "plant-a", "--state", tmp_path / "gateway")
    assert "its signature was not checked: give --public-key" in _run(*arguments)
    assert f"fits the public key {key.public_key}" in _run(*arguments, "--public-key", key.public_file)
    assert json.loads(_run(*arguments, "--json"))["public_key"] == key.public_key
    with pytest.raises(InputError, match="this is a secret key"):
        _run(*arguments, "--public-key", key.seed_file)


def test_make_and_sign(tmp_path: Path, package: Path, key: keys.KeyPair) -> None:
    folder = tmp_path / "2"
    made = json.loads(_run("make", folder, "--sequence", 2, "--model", package, "--kind", "model", "--json"))
    assert made["manifest"]["sequence"] == 2 and made["manifest"]["kind"] == "model"
    assert "signed" in _run("sign", folder, "--key", key.seed_file)
    assert "3 golden vectors" in _run("verify", folder, "--public-key", key.public_key)


def test_keygen_shows_what_the_configuration_wants(tmp_path: Path) -> None:
    text = _run("keygen", tmp_path / "plant.key")
    assert (tmp_path / "plant.key.pub").read_text().strip() in text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("sign", "none", "--key", "none"), "no such key file"),
        (("verify", "none", "--public-key", "none"), "--public-key: neither a key file nor 64 hexadecimal digits"),
        (("verify", "none", "--public-key", "0" * 64), "no such release folder"),
        (("make", "x", "--sequence", "1", "--model", "none"), "no such model package"),
        (("make", "x", "--sequence", "1", "--model", "none", "--native", "z80=x"), "ARCH=FILE"),
        (("publish", "none", "--device", "plant-a/press-1"), "no such release folder"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PicketError, match=text) as caught:
        _run(*arguments)
    assert "\n" not in str(caught.value)


def test_the_two_keys_are_not_taken_for_each_other(tmp_path: Path, signed: Path, key: keys.KeyPair) -> None:
    signature = (signed / "release.sig").read_bytes()
    with pytest.raises(InputError, match=r"plant.key.pub: this is a public key, which can't sign \(try: .*plant.key"):
        _run("sign", signed, "--key", key.public_file)
    assert (signed / "release.sig").read_bytes() == signature
    with pytest.raises(InputError, match=r"plant.key: this is a secret key, .* \(try: the public one, plant.key.pub"):
        _run("verify", signed, "--public-key", key.seed_file)
    text = key.seed_file.read_text().strip()
    for given in (text, text[:-1], text.split()[1] + "0"):
        with pytest.raises(InputError, match="neither a key file") as caught:
            _run("verify", signed, "--public-key", given)
        assert text.split()[1][:20] not in str(caught.value)


@pytest.mark.parametrize("name", list(command.commands))
def test_each_command_shows_examples(name: str) -> None:
    assert f"picket release {name}" in _run(name, "--help")
