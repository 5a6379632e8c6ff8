"""``picket device provision``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from picket_host import console
from picket_host.board.provision import (
    QUESTIONS,
    SECRETS,
    Provisioned,
    make_plan,
    merged,
    overlaid,
    present_config,
    provision,
    read_config_file,
    value_at,
)
from picket_host.commands.device.shared import board_options, session_with
from picket_host.errors import InputError


@click.command("provision")
@board_options
@click.option("--file", type=click.Path(path_type=Path), help="Configuration, .json or .toml, laid out as config.json.")
@click.option("--set", "changes", multiple=True, metavar="SECTION.KEY=VALUE", help="One value, no secret. Repeatable.")
@click.option(
    "--ca", type=click.Path(path_type=Path),
    help="The CA's certificate (PEM or DER): the broker uses TLS, at port 8883 unless mqtt.port says another.",
)
@click.option("--fresh", is_flag=True, help="Forget the board's present configuration instead of changing it.")
@click.option("--dry-run", is_flag=True, help="Check and show what would be written.")
@console.json_option
def command(
    port: str | None, baud: int, timeout_s: float, file: Path | None, changes: tuple[str, ...], ca: Path | None,
    fresh: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Give a board its identity: name, network, broker, CA certificate and the key of your releases.

    Values come from --file and --set; without either, from questions. They are laid over the board's present
    configuration and checked by the device's own rules before anything is written. Passwords are never shown.

    \b
    Examples:
      picket device provision                          by questions
      picket device provision --file press-1.toml --ca ca.pem
      picket device provision --set device.id=press-2 --set update.public_key=plant.key.pub
    """
    given = overlaid(read_config_file(file) if file else {}, merged({}, dict(_change(text) for text in changes)))
    with ExitStack() as stack:
        with console.progress() as progress:
            restart = None if dry_run else True
            session = stack.enter_context(session_with(port, baud, timeout_s, progress, restart))
        config = overlaid({} if fresh else present_config(session), given)
        if not (file or changes):
            config = merged(config, _answers(config))
        plan = make_plan(config, ca)
        if dry_run:
            result = Provisioned(session.port, (), plan.shown, plan.notes)
        else:
            with console.progress() as progress:
                result = provision(session, plan, progress)
    console.emit(result, as_json, _show)


def _change(text: str) -> tuple[str, Any]:
    path, separator, value = text.partition("=")
    if not separator:
        raise InputError(f"{text!r} is not SECTION.KEY=VALUE", "--set", "--set device.id=press-1")
    if path in SECRETS:
        raise InputError("a secret on the command line is seen by everybody", "--set", "--file, or the questions")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _answers(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a person answers; the present values are what Enter keeps."""
    if not sys.stdin.isatty():
        raise InputError("no values were given", None, "--file or --set, or a terminal for the questions")
    answers: dict[str, Any] = {}
    for question in QUESTIONS:
        if question.path.endswith("password") and not _wanted(question.path, config, answers):
            continue
        present = value_at(config, question.path)
        if question.secret:
            hint = " (Enter keeps the present one)" if present else ""
            answer = click.prompt(question.text + hint, default="", hide_input=True, show_default=False)
            answers[question.path] = answer or present or ""
        else:
            answers[question.path] = click.prompt(question.text, default=present or "", show_default=bool(present))
    return answers


def _wanted(path: str, config: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """A password is asked for where there is a network or a user for it."""
    beside = "wifi.ssid" if path.startswith("wifi") else "mqtt.user"
    return bool(answers.get(beside, value_at(config, beside)))


def _show(result: Provisioned) -> None:
    console.out.print_json(json.dumps(result.config))
    for note in result.notes:
        console.out.print(f"[yellow]{escape(note)}[/yellow]")
    if result.written:
        paths = ", ".join(result.written)
        console.out.print(f"written and checked: {paths}; the board starts with it now", highlight=False)
    else:
        console.out.print("nothing was written")
