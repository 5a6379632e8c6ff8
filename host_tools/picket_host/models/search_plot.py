"""The plot of a search: every trained trial, and the Pareto front."""

from __future__ import annotations

from pathlib import Path

from picket_host.models.plots import new_axes, svg
from picket_host.models.search import SearchReport


def write(report: SearchReport, file: Path) -> Path:
    """Write the plot as SVG and return its path."""
    file.write_text(draw(report), encoding="utf-8")
    return file


def draw(report: SearchReport) -> str:
    """The plot as SVG."""
    figure, axes = new_axes(7.5, 3.6)
    trained = [trial for trial in report.trials if trial.validation_accuracy is not None]
    axes.scatter(
        [trial.instructions for trial in trained],
        [100 * trial.validation_accuracy for trial in trained],
        color="#90a4ae",
        label="trained",
    )
    front = [candidate.trial for candidate in report.front]
    axes.plot(
        [trial.instructions for trial in front],
        [100 * trial.validation_accuracy for trial in front],
        "o-",
        color="#1565c0",
        label="Pareto front",
    )
    for trial in front:
        place = (trial.instructions, 100 * trial.validation_accuracy)
        axes.annotate(str(trial.number), place, xytext=(4, -10), textcoords="offset points", fontsize=8)
    if report.limits.instructions is not None:
        axes.axvline(report.limits.instructions, color="#b3261e", linestyle="--", label="limit")
    axes.set_xscale("log")
    axes.set_xlabel("instructions of one inference on rv32imc, estimated")
    axes.set_ylabel("accuracy, validation part, %")
    axes.set_title(f"{report.recipe}: {len(report.trials)} trials", fontsize=10)
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)
