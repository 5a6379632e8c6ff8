"""What the plots of reports share. They are SVG, so that a page needs nothing but itself."""

from __future__ import annotations

import io
from typing import Any


def new_axes(width: float, height: float) -> tuple[Any, Any]:
    """A figure of that size in inches, and its axes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eceff1")
    axes.set_axisbelow(True)
    return figure, axes


def svg(figure: Any) -> str:
    """The figure as an ``<svg>`` element; the figure is closed. The same figure gives the same text."""
    import matplotlib
    import matplotlib.pyplot as plt

    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "picket"}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]
