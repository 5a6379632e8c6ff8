"""What would be built for each board, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from picket_host.firmware.flash import Flash
from picket_host.firmware.plan import Plan

# Said wherever the flash that a choice of operators saves is asked for and nothing to measure it with was given.
SAVED_UNKNOWN = "not known without --tflm-root"


def saved_text(flash: Flash | None) -> str:
    """The flash that the choice of operators saves, in words."""
    return SAVED_UNKNOWN if flash is None else f"{flash.saved_bytes:,} bytes (linked for {flash.arch}, without ESP-NN)"


def markdown(plans: Sequence[Plan], flash: Flash | None = None) -> str:
    """The table of the documentation: a line for each plan.

    Args:
        plans: one for each board, all for the same models.
        flash: what was measured for those models' operators; None where nothing was.
    """
    headings = ("Board", "ESP-IDF", "Chip", "Flash", "PSRAM", "Two slots of", "Files", "Operators", "Flash saved")
    rows = [headings, ("---",) * len(headings)]
    for plan in plans:
        board = plan.board
        rows.append(
            (
                board.label,
                plan.image.rpartition(":")[2],
                board.mcu,
                f"{board.flash_bytes >> 20} MiB",
                board.psram,
                f"{plan.slot_bytes:,} bytes",
                f"{plan.files_bytes:,} bytes",
                f"{len(plan.operators)}, {plan.left_out} left out",
                saved_text(flash),
            )
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
