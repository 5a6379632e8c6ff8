"""``picket demo``: the whole loop on this machine."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from picket_host import console
from picket_host.errors import PicketError

_MARKS = {
    "note": ("·", "dim"),
    "good": ("✓", "green"),
    "bad": ("✗", "red"),
    "alert": ("!", "yellow"),
    "fault": ("~", "magenta"),
}


class _Live:
    """Shows acts and events on the terminal as they happen."""

    def act(self, number: int, title: str) -> None:
        console.out.print(f"\n[bold]{number}. {title}[/]")

    def event(self, event) -> None:
        mark, style = _MARKS[event.kind]
        console.out.print(
            f"[dim]{event.at_s:6.1f} s[/]  [{style}]{mark}[/] {event.actor:8} {event.text}", highlight=False
        )


class _Quiet:
    def act(self, number: int, title: str) -> None:
        pass

    def event(self, event) -> None:
        pass


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with real recordings; synthesised without it.",
)
@click.option("--quick", is_flag=True, help="Less training and shorter pauses: about a minute.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the files and the report go; .cache/demo by default.",
)
@console.json_option
def command(data: Path | None, quick: bool, out: Path | None, as_json: bool) -> None:
    """Run the whole loop on this machine.

    A model is trained, quantised and proved; three simulated devices under real MicroPython sense, infer and alert
    over a real broker to a real gateway; the broker and a device are killed; releases are taken, refused and rolled
    back; alerts are counted.

    \b
    Examples:
      picket demo                     recordings synthesised from bearing physics
      picket demo --data DIR          real recordings (see models/vibration/README.md)
      picket demo --quick --json      about a minute; one JSON document

    Exits 0 only if everything came out as it must.
    """
    from picket_host import demo

    options = demo.Options(data, quick, out.resolve()) if out else demo.Options(data, quick)
    with console.progress() as progress:
        result = demo.run(options, _Quiet() if as_json else _Live(), progress)
    console.emit(result, as_json, _render)
    if result.failures:
        if as_json:  # the document says it
            raise SystemExit(1)
        raise PicketError("; ".join(result.failures), result.report, "look at the report")


def _render(result) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in summary_rows(result):
        table.add_row(name, value)
    console.out.print()
    console.out.print(table)
    verdict = "All as it must be" if result.ok else "Something failed"
    console.out.print(f"\n[bold]{verdict}[/] after {result.seconds:.0f} s. Report: {result.report}")


def summary_rows(result) -> list[tuple[str, str]]:
    """The summary table: what was counted and measured."""
    from picket_host.demo.report import summary

    return summary(result)
