"""The demo's HTML report: one file, plots as SVG inside it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from picket_host.demo.result import DemoResult, Spread
from picket_host.demo.stage import DEVICES

_COLOURS = {"alert": "#c77700", "fault": "#8e24aa", "good": "#1a7f4b", "bad": "#b3261e"}
_MARKERS = {"alert": "o", "fault": "v", "good": "^", "bad": "X"}
_NAMES = {"alert": "alert stored", "fault": "fault sets in", "good": "as it must be", "bad": "cut, killed or refused"}


@dataclass(frozen=True)
class _Tile:
    name: str
    value: str
    kind: str = ""


def summary(result: DemoResult) -> list[tuple[str, str]]:
    """The summary as (name, value) rows, for the terminal and the report."""
    totals = result.totals
    rows = [
        ("alerts raised / delivered", f"{totals.raised} / {totals.delivered}"),
        ("alerts duplicated / lost", f"{totals.duplicated} / {totals.lost}"),
        ("second deliveries recognised", str(totals.suppressed)),
        ("windows inferred", f"{totals.windows:,}"),
        ("last sample to PUBACK", _spread(totals.puback_ms, "ms")),
        ("last sample to gateway's ack", _spread(totals.ack_ms, "ms")),
        ("time per inference", _spread(totals.inference_us, "µs")),
    ]
    if result.fault is not None:
        rows.insert(2, ("fault to stored alert", f"{result.fault.onset_to_gateway_ms} ms of the device's time"))
    if totals.heap_free_low:
        low = min(totals.heap_free_low.values())
        rows.append(
            (
                "heap high-water mark",
                f"{(totals.heap_bytes - low) / 1024:.0f} of {totals.heap_bytes / 1024:.0f} KB; "
                f"{low / 1024:.0f} KB free at the least",
            )
        )
    rows += [(f"bytes of {name}", f"{size:,}") for name, size in totals.update_bytes.items()]
    rows += [
        ("accuracy float / int8", f"{100 * result.accuracy_float:.2f} % / {100 * result.accuracy_int8:.2f} %"),
        ("engine against official TFLM", "bit for bit the same" if result.engine_matches_tflm else "DIFFERENT"),
    ]
    return rows


def write(result: DemoResult, file: Path) -> Path:
    """Write the report and return its path."""
    import matplotlib

    matplotlib.use("Agg")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    plots = {"timeline": _timeline(result), "confusion": _confusion(result), "curves": _curves(result)}
    runtimes = list(next(iter(result.models.values())).proof.scores) if result.models else []
    page = environment.get_template("report.html.j2").render(
        result=result, tiles=_tiles(result), plots=plots, summary=summary(result), runtimes=runtimes
    )
    file.write_text(page, encoding="utf-8")
    return file


def _spread(spread: Spread, unit: str) -> str:
    if not spread.count:
        return "not measured"
    return f"median {spread.median:.0f}, 95 % {spread.p95:.0f}, longest {spread.max:.0f} {unit}"


def _tiles(result: DemoResult) -> list[_Tile]:
    totals = result.totals
    tiles = [
        _Tile("alerts lost", str(totals.lost), "good" if totals.lost == 0 else "bad"),
        _Tile("alerts duplicated", str(totals.duplicated), "good" if totals.duplicated == 0 else "bad"),
        _Tile("alerts delivered", f"{totals.delivered} of {totals.raised}"),
        _Tile(
            "engine = TFLM",
            "bit for bit" if result.engine_matches_tflm else "no",
            "good" if result.engine_matches_tflm else "bad",
        ),
        _Tile("int8 accuracy", f"{100 * result.accuracy_int8:.2f} %"),
        _Tile("updates as expected", f"{sum(u.ok for u in result.updates)} of {len(result.updates)}"),
    ]
    if result.fault is not None:
        tiles.insert(3, _Tile("fault to gateway", f"{result.fault.onset_to_gateway_ms} ms"))
    return tiles


def _svg(figure) -> str:
    import matplotlib.pyplot as plt

    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]


def _timeline(result: DemoResult) -> str:
    import matplotlib.pyplot as plt

    lanes = [*reversed(DEVICES), "gateway", "broker"][::-1]
    figure, axes = plt.subplots(figsize=(10.5, 2.9))
    down = [e.at_s for e in result.events if e.actor == "broker" and e.kind == "bad"]
    back = [e.at_s for e in result.events if e.actor == "broker" and e.kind == "good"]
    for begin, end in zip(down, back, strict=False):
        axes.axvspan(begin, end, color="#dfe4e8", zorder=0)
    for kind, colour in _COLOURS.items():
        points = [(e.at_s, lanes.index(e.actor)) for e in result.events if e.kind == kind and e.actor in lanes]
        if points:
            axes.scatter(
                *zip(*points, strict=True), s=46, color=colour, marker=_MARKERS[kind], label=_NAMES[kind], zorder=2
            )
    axes.set_yticks(range(len(lanes)), lanes)
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.set_xlabel("seconds since the demo began")
    axes.grid(axis="x", color="#eceff1")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=4, frameon=False)
    return _svg(figure)


def _confusion(result: DemoResult) -> str:
    import matplotlib.pyplot as plt

    if not result.models:
        return ""
    name, package = next(iter(result.models.items()))
    runtimes, labels = list(package.proof.scores), package.proof.labels
    figure, row = plt.subplots(1, len(runtimes), figsize=(10.5, 3.0), sharey=True)
    for axes, runtime in zip(np.atleast_1d(row), runtimes, strict=True):
        matrix = np.asarray(package.proof.scores[runtime].confusion, float)
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (i, j), count in np.ndenumerate(matrix):
            axes.text(
                j,
                i,
                f"{count:.0f}",
                ha="center",
                va="center",
                color="white" if shares[i, j] > 0.5 else "#1b2733",
                fontsize=8,
            )
        axes.set_title(f"{name}, {runtime}", fontsize=9)
        axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right", fontsize=8)
        axes.set_yticks(range(len(labels)), labels, fontsize=8)
    return _svg(figure)


def _curves(result: DemoResult) -> str:
    import matplotlib.pyplot as plt

    if not result.models:
        return ""
    figure, (loss, accuracy) = plt.subplots(1, 2, figsize=(10.5, 2.6))
    for name, package in result.models.items():
        for axes, key in ((loss, "loss"), (accuracy, "accuracy")):
            line = axes.plot(package.run.curves[key], label=f"{name}, training")[0]
            axes.plot(package.run.curves[f"val_{key}"], "--", color=line.get_color(), label=f"{name}, validation")
    loss.set_title("loss", fontsize=9)
    accuracy.set_title("accuracy", fontsize=9)
    for axes in (loss, accuracy):
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#eceff1")
    accuracy.legend(fontsize=8, frameon=False)
    return _svg(figure)
