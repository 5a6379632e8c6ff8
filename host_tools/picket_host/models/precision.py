"""How fine a quantised model's weights and activations are."""

from __future__ import annotations

from dataclasses import dataclass

from picket_host.errors import InputError

WEIGHTS = ("int8", "int4")
ACTIVATIONS = ("int8", "int16")


@dataclass(frozen=True)
class Precision:
    """Types of weights and activations; input and output are activations.

    Attributes:
        weights: ``int8``, or ``int4`` for those of convolutions and dense layers (depthwise ones stay int8, since TFLM
            refuses them).
        activations: ``int8`` or ``int16`` (with int8 weights: 16x8).

    Raises:
        InputError: an unknown type, or int4 together with int16, which TFLM does not run.
    """

    weights: str = "int8"
    activations: str = "int8"

    def __post_init__(self) -> None:
        if self.weights not in WEIGHTS:
            raise InputError(f"no weights of type {self.weights}", hint=f"one of {', '.join(WEIGHTS)}")
        if self.activations not in ACTIVATIONS:
            raise InputError(f"no activations of type {self.activations}", hint=f"one of {', '.join(ACTIVATIONS)}")
        if self.weights == "int4" and self.activations == "int16":
            raise InputError("TFLM has no kernels for int4 weights with int16 activations", hint="int8 for one of them")


INT8 = Precision()
