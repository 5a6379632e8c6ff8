"""What a model costs on the device, by the engine's own planner and the instruction model, and hard limits on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from picket_host.bench.macs import macs
from picket_host.errors import InputError, ModelError
from picket_host.models import instruction_model, tflite_file
from picket_host.models.instruction_model import Estimate
from picket_host.native.engine import Engine

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kM]?)")
_BYTES = {"": 1, "k": 1024, "M": 1024**2}
_COUNTS = {"": 1, "k": 1000, "M": 1000**2}


@dataclass(frozen=True)
class Cost:
    """What one model costs.

    Attributes:
        flash_bytes: size of the ``.tflite`` file.
        arena_bytes: memory that the portable engine plans for it, on this 64-bit machine; a board of 32 bits needs a
            little less.
        macs: multiplications of one inference.
        instructions: of one inference on rv32imc, estimated.
    """

    flash_bytes: int
    arena_bytes: int
    macs: int
    instructions: Estimate


@dataclass(frozen=True)
class Limits:
    """What the device has for a model; None where it does not matter. Units as in ``Cost``."""

    flash_bytes: int | None = None
    arena_bytes: int | None = None
    instructions: int | None = None

    def exceeded(self, cost: Cost) -> list[str]:
        """By which limit the model is too large, for people; empty when it fits."""
        pairs = (
            ("bytes of flash", cost.flash_bytes, self.flash_bytes),
            ("bytes of arena", cost.arena_bytes, self.arena_bytes),
            ("instructions", cost.instructions.total, self.instructions),
        )
        return [
            f"{value:,} {what}, at most {limit:,} are allowed"
            for what, value, limit in pairs
            if limit is not None and value > limit
        ]

    def check(self, cost: Cost, where: object) -> None:
        """Raise ModelError for a model that is too large."""
        if exceeded := self.exceeded(cost):
            raise ModelError(
                f"the model is too large: {'; '.join(exceeded)}", where, "a smaller variant, prune, distill or search"
            )


NO_LIMITS = Limits()


def cost_of(model: bytes) -> Cost:
    """What a ``.tflite`` file costs.

    Raises:
        ModelError: the engine refuses it.
    """
    graph = tflite_file.read(model)
    return Cost(len(model), Engine(model).arena_bytes, macs(graph), instruction_model.estimate(graph))


def limits_of(flash: str | None = None, arena: str | None = None, instructions: str | None = None) -> Limits:
    """Limits from text such as ``200k``: k and M are 1024 and 1024² of bytes, 1000 and 1000² of instructions.

    Raises:
        InputError: not such a text.
    """
    return Limits(
        _amount("flash", flash, _BYTES), _amount("arena", arena, _BYTES), _amount("instructions", instructions, _COUNTS)
    )


def cost_of_file(file: Path) -> Cost:
    """``cost_of`` a file.

    Raises:
        InputError: it can't be read. ModelError: it is not quantised, or the engine refuses it.
    """
    model, graph = tflite_file.read_file(file)
    tflite_file.check_quantised(graph, where=file)
    return cost_of(model)


def _amount(name: str, text: str | None, units: dict[str, int]) -> int | None:
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise InputError(f"{text!r} is not an amount", f"--{name}", "a number with k or M behind it, as in 200k")
    return round(float(match[1]) * units[match[2]])
