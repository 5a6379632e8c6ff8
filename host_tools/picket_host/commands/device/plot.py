"""A live plot of samples for the terminal: the outline of the newest, and the level over the whole recording."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Group
from rich.text import Text

_WIDTH, _HEIGHT = 64, 9
_SHOWN = 4 * _WIDTH  # the newest samples, few enough to see a wave
_LEVELS = " ▁▂▃▄▅▆▇█"


class LivePlot:
    """Takes bursts of samples and renders the newest of them."""

    def __init__(self, label: str, seconds: float):
        self._label = label
        self._seconds = seconds
        self._burst = np.zeros(_WIDTH, np.int16)
        self._levels: list[tuple[float, float]] = []  # (seconds, rms)
        self._done_s = 0.0

    def take(self, samples: np.ndarray, done_s: float, rate_hz: float) -> None:
        """samples: int16 [n], the newest; done_s: recorded so far."""
        self._burst = samples
        self._done_s = done_s
        self._levels.append((done_s, float(samples.std())))

    def __rich__(self) -> Group:
        low, high = int(self._burst.min()), int(self._burst.max())
        lines = [Text(f"{self._label}  {self._done_s:.1f} of {self._seconds:g} s", style="bold")]
        lines += [Text(line, style="cyan") for line in outline(self._burst[-_SHOWN:])]
        lines.append(Text(f"from {low} to {high} counts", style="dim"))
        lines.append(Text("level  " + self._history(), style="green"))
        return Group(*lines)

    def _history(self) -> str:
        """The rms of each part of the recording, one character each, against the largest."""
        loudest = max((level for _, level in self._levels), default=0.0) or 1.0
        cells = np.zeros(_WIDTH)
        start = 0
        for at_s, level in self._levels:
            end = min(_WIDTH, math.ceil(at_s / self._seconds * _WIDTH))
            cells[start:end] = np.maximum(cells[start:end], level)
            start = max(0, end - 1)  # the next burst may begin within this cell
        return "".join(_LEVELS[int(np.ceil(cell / loudest * (len(_LEVELS) - 1)))] for cell in cells)


def outline(samples: np.ndarray, width: int = _WIDTH, height: int = _HEIGHT) -> list[str]:
    """From the smallest to the largest sample of each column, as lines of text from the top down.

    Args:
        samples: [n], n at least 1. The scale is symmetric about their mean.
    """
    columns = np.array_split(samples.astype(np.float64) - samples.mean(), min(width, len(samples)))
    scale = max(float(np.abs(np.concatenate(columns)).max()), 1.0)
    rows = [[" "] * len(columns) for _ in range(height)]
    for x, column in enumerate(columns):
        top, bottom = (int(round((1 - value / scale) / 2 * (height - 1))) for value in (column.max(), column.min()))
        for y in range(top, bottom + 1):
            rows[y][x] = "█" if bottom > top else "▪"
    return ["".join(row) for row in rows]
