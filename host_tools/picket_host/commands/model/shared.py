"""What the commands of ``picket model`` share: types of options, and how tables show a model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from picket_host import console
from picket_host.errors import InputError
from picket_host.paths import CACHE

if TYPE_CHECKING:
    from picket_host.models.standing import Standing



class _Place(click.Path):
    """The path of a result; what stands in its way is told before the work begins, not after."""

    def __init__(self, check: str):
        super().__init__(path_type=Path)
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from picket_host.models import places

        path = super().convert(value, param, ctx)
        getattr(places, self._check)(path)
        return path


PATH = click.Path(path_type=Path)
OUT_FOLDER = _Place("check_folder")
OUT_FILE = _Place("check_file")
RUNS = CACHE / "runs"

_ROWS = {
    "accuracy": "accuracy",
    "noisy_accuracy": "accuracy with noise",
    "float_accuracy": "accuracy of the float model",
    "bytes": "file, bytes",
    "deflated_bytes": "file deflated, bytes",
    "arena_bytes": "arena, bytes",
    "macs": "MACs",
    "instructions": "instructions, estimated",
}

seed_option = click.option("--seed", type=int, default=1, show_default=True, help="Seed of everything random.")
derived_seed_option = click.option("--seed", type=int, help="Seed of everything random; by default that of the run.")
epochs_option = click.option("--epochs", type=click.IntRange(min=1), help="Instead of the variant's own number.")
with_option = click.option(
    "--with", "settings", multiple=True, metavar="NAME=VALUE", help="Hyperparameter instead of the variant's own."
)


def limit_options(function: Any) -> Any:
    """``--flash``, ``--arena`` and ``--instructions``, as texts for ``cost.limits_of``."""
    for name, example in (("instructions", "5M"), ("arena", "60k"), ("flash", "200k")):
        what = "instructions of an inference" if name == "instructions" else f"bytes of {name}"
        help_text = f"The most {what}: {example}."
        function = click.option(f"--{name}", metavar="AMOUNT", help=help_text)(function)
    return function


def settings_of(pairs: Sequence[str]) -> dict[str, Any]:
    """``name=value`` texts as values: numbers where they look like some.

    Raises:
        InputError: a text without ``=``.
    """
    return {name: _value(text) for name, text in _split(pairs)}


def shares_of(pairs: Sequence[str]) -> dict[str, float]:
    """``layer=0.5`` texts.

    Raises:
        InputError: a text of another form.
    """
    shares = {}
    for name, text in _split(pairs):
        try:
            shares[name] = float(text)
        except ValueError:
            raise InputError(f"{text!r} is not a number", name, "LAYER=0.5") from None
    return shares


def operators_text(names: tuple[str, ...]) -> str:
    """Names with how often each comes."""
    return ", ".join(f"{count} {name}" for name, count in Counter(names).items())


def show_standings(title: str, standings: Mapping[str, Standing]) -> None:
    """Models as int8, one a column."""
    models = standings.values()
    table = Table("int8 on the device's engine", *standings, title=title)
    for name in ("accuracy", "noisy_accuracy", "float_accuracy"):
        table.add_row(_ROWS[name], *(f"{getattr(model, name):.2%}" for model in models))
    for name in ("bytes", "deflated_bytes", "arena_bytes", "macs", "instructions"):
        table.add_row(_ROWS[name], *(f"{getattr(model, name):,}" for model in models))
    console.out.print(table)


def _split(pairs: Sequence[str]) -> list[tuple[str, str]]:
    for pair in pairs:
        if not re.fullmatch(r"[^=]+=.+", pair):
            raise InputError(f"{pair!r} is not NAME=VALUE")
    return [tuple(pair.split("=", 1)) for pair in pairs]


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
