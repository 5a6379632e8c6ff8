"""What the outputs of a model may be called: the name goes into alerts, which a device and a gateway have to take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from picket_host.errors import InputError

LONGEST: Final = 32  # characters; an alert has 120 bytes
FEWEST: Final = 2  # the healthy one, and one to raise an alert for
RESERVED: Final = ("anomaly", "sensor")  # the gate raises these itself


def check_labels(labels: Sequence[str], where: object) -> None:
    """Refuse names that a device would not take; ``infer/loading.py`` has the same rule.

    Args:
        labels: the healthy one first.
        where: what they come from, for the error.

    Raises:
        InputError: says which name, and why; or that there are too few.
    """
    if len(labels) < FEWEST:
        what = f"{len(labels)} label, a device tells {FEWEST} or more apart"
        raise InputError(what, where, "a model with an output for each, the healthy one first")
    if len(set(labels)) != len(labels):
        raise InputError(f"two labels are the same: {', '.join(labels)}", where, "a name of its own for each output")
    for label in labels:
        if not 1 <= len(label) <= LONGEST or not label.isprintable():
            what = f"the label {label!r} has {len(label)} characters"
            raise InputError(what, where, f"1 to {LONGEST} characters that can be printed")
        if label in RESERVED:
            raise InputError(f"the label {label!r} is the gate's own", where, f"any name but {' and '.join(RESERVED)}")
