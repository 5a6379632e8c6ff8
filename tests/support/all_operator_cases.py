"""The random models of all operators, by the name of the case."""

from __future__ import annotations

from collections.abc import Callable

import operator_cases
import operator_cases_elementwise
import operator_cases_images
import operator_cases_movement
import operator_cases_state
import operator_cases_types
from operator_cases import Rng

CASES: dict[str, Callable[[Rng], bytes | None]] = {
    **operator_cases.CASES,
    **operator_cases_elementwise.CASES,
    **operator_cases_movement.CASES,
    **operator_cases_images.CASES,
    **operator_cases_state.CASES,
    **operator_cases_types.CASES,
}
