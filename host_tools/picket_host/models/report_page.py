"""The HTML page of a model: one file, plots as SVG inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from picket_host.models.plots import new_axes, svg
from picket_host.models.report import ModelReport
from picket_host.models.verify import Score

_BLUE, _GREY, _ORANGE, _GREEN = "#1565c0", "#b0bec5", "#c77700", "#1a7f4b"


def write(report: ModelReport, file: Path) -> Path:
    """Write the page and return its path."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    page = environment.get_template("report.html.j2").render(report=report, plots=_plots(report))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    return file


def _plots(report: ModelReport) -> dict[str, str]:
    names = [f"{row.index} {row.name}" for row in report.operators]
    plots = {
        "sizes": _bars(names, [row.constant_bytes for row in report.operators], "bytes in the file", _BLUE),
        "arena": _arena(report, names),
        "instructions": _bars(names, [row.instructions for row in report.operators], "instructions", _ORANGE),
        "latency": _latency(report),
    }
    if report.run is not None:
        plots["curves"] = _curves(report.run.curves)
    if report.proof.scores:
        plots["confusion"] = _confusion(report.proof.scores, report.proof.labels)
    if report.layers:
        errors = [f"{error.index} {error.name}" for error in report.layers]
        plots["errors"] = _bars(errors, [error.sqnr_db for error in report.layers], "SQNR, dB", _GREEN)
    return plots


def _bars(names: list[str], values: list[float], label: str, colour: str) -> str:
    figure, axes = new_axes(9.0, 0.8 + 0.22 * len(names))
    places = np.arange(len(names))[::-1]
    axes.barh(places, values, color=colour)
    axes.set_yticks(places, names, fontsize=8)
    axes.set_xlabel(label)
    axes.set_ylim(-0.7, len(names) - 0.3)
    return svg(figure)


def _arena(report: ModelReport, names: list[str]) -> str:
    figure, axes = new_axes(9.0, 3.2)
    axes.bar(range(len(names)), [row.live_bytes for row in report.operators], color=_BLUE, label="live tensors")
    axes.axhline(report.cost.arena_bytes, color=_ORANGE, linestyle="--", label="arena of the engine, all included")
    axes.set_xticks(range(len(names)), names, rotation=70, ha="right", fontsize=7)
    axes.set_ylabel("bytes")
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)


def _latency(report: ModelReport) -> str:
    figure, axes = new_axes(9.0, 2.2)
    names = [latency.chip.name for latency in report.latencies]
    places = np.arange(len(names))[::-1]
    spans = [latency.most_ms - latency.least_ms for latency in report.latencies]
    axes.barh(places, spans, left=[latency.least_ms for latency in report.latencies], color=_GREY)
    axes.set_yticks(places, names, fontsize=8)
    axes.set_xlabel("ms for one inference, from least to most")
    axes.set_xlim(left=0)
    return svg(figure)


def _curves(curves: dict[str, list[float]]) -> str:
    figure, axes = new_axes(9.0, 2.8)
    for name, style in (("accuracy", "-"), ("val_accuracy", "--"), ("loss", "-"), ("val_loss", "--")):
        if name in curves:
            colour = _ORANGE if "loss" in name else _BLUE
            epochs = range(1, len(curves[name]) + 1)
            axes.plot(epochs, curves[name], style, marker=".", color=colour, label=name.replace("val_", "validation "))
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)


def _confusion(scores: dict[str, Score], labels: tuple[str, ...]) -> str:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, row = plt.subplots(1, len(scores), figsize=(10.5, 3.0), sharey=True)
    for axes, (runtime, score) in zip(np.atleast_1d(row), scores.items(), strict=True):
        _draw_confusion(axes, runtime, score, labels)
    return svg(figure)


def _draw_confusion(axes: Any, runtime: str, score: Score, labels: tuple[str, ...]) -> None:
    matrix = np.asarray(score.confusion, float)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(matrix):
        colour = "white" if shares[i, j] > 0.5 else "#1b2733"
        axes.text(j, i, f"{count:.0f}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_title(runtime, fontsize=9)
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
