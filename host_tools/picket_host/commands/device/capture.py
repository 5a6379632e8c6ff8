"""``picket device capture``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.live import Live
from rich.markup import escape

from picket_host import console
from picket_host.board.capture import Capture, capture
from picket_host.commands.device.plot import LivePlot
from picket_host.commands.device.shared import board_options, session_with
from picket_host.progress import SILENT


@click.command("capture")
@click.argument("label")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How much to record.")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path), required=True, help="Folder for the recordings."
)
@board_options
@console.json_option
def command(
    label: str, seconds: float, folder: Path, port: str | None, baud: int, timeout_s: float, as_json: bool
) -> None:
    """Record the live vibration sensor under LABEL (healthy, inner_race, ball, outer_race), with a plot as it comes.

    The folder is what picket model train vibration --data reads. The board keeps a record in /state/captures.log of
    what was taken from it. The application stands still meanwhile.

    \b
    Examples:
      picket device capture healthy --seconds 30 -o recordings
      picket device capture inner_race --seconds 30 -o recordings
      picket model train vibration --data recordings
    """
    plot = LivePlot(label, seconds)
    if as_json or not console.err.is_terminal:
        with session_with(port, baud, timeout_s, SILENT) as session:
            result = capture(session, label, seconds, folder)
    else:
        with (
            Live(plot, console=console.err, refresh_per_second=8),
            session_with(port, baud, timeout_s, SILENT) as session,
        ):
            result = capture(session, label, seconds, folder, on_samples=plot.take)
    console.emit(result, as_json, _show)


def _show(result: Capture) -> None:
    for file in result.files:
        console.out.print(escape(str(file)), highlight=False)
    console.out.print(
        f"{result.label}: {result.seconds:.1f} s at {result.rate_hz} Hz in {len(result.files)} file(s)", highlight=False
    )
    if result.gaps:
        console.out.print(f"[yellow]{result.gaps} gaps: each stretch without one is a file of its own[/yellow]")
    if result.discarded_s > 0:
        console.out.print(f"[yellow]{result.discarded_s:.1f} s left out: too short a stretch to train on[/yellow]")
