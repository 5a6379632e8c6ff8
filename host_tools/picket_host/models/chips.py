"""Estimates of latency on chips, from instructions counted or estimated for rv32imc.

    time = instructions x (instructions of the chip's own code for each of rv32imc) x cycles per instruction / clock

Nothing here was measured on the chips themselves, hence a range and a word on how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """A microcontroller.

    Attributes:
        clock_mhz: at which it usually runs.
        code_ratio: least and most instructions that its code needs for each of rv32imc.
        cycles: least and most cycles of an instruction, caches of the flash included.
        basis: where the numbers come from.
        sureness: for people.
    """

    name: str
    clock_mhz: int
    code_ratio: tuple[float, float]
    cycles: tuple[float, float]
    basis: str
    sureness: str


@dataclass(frozen=True)
class Latency:
    """How long one inference takes on a chip: least and most, in milliseconds."""

    chip: Chip
    least_ms: float
    most_ms: float


_SAME_CODE = (1.0, 1.0)
CHIPS = (
    Chip(
        "ESP32-C3",
        160,
        _SAME_CODE,
        (1.1, 1.8),
        "the very instructions that were counted; single issue, four stages: loads that are used at once and taken "
        "branches cost 1 to 2 cycles more, a miss of the 16 KB flash cache some 100",
        "good to a factor of 1.3 while weights fit the cache",
    ),
    Chip("ESP32-C6", 160, _SAME_CODE, (1.1, 1.8), "as the ESP32-C3, with a larger cache", "as the ESP32-C3"),
    Chip(
        "RP2350 (Hazard3)",
        150,
        (0.9, 1.0),
        (1.05, 1.5),
        "RISC-V with the same base instructions and bit manipulation; single issue, three stages, code and weights "
        "through a 16 KB cache",
        "good to a factor of 1.3 while weights fit the cache",
    ),
    Chip(
        "ESP32",
        240,
        (0.8, 1.2),
        (1.2, 2.0),
        "Xtensa LX6, another instruction set: loops without branches but no 8-bit signed load; five to seven stages, "
        "32 KB flash cache for each core",
        "a factor of 2 either way",
    ),
    Chip(
        "ESP32-S3",
        240,
        (0.8, 1.2),
        (1.1, 1.8),
        "Xtensa LX7 without its vector instructions, which the portable engine does not use",
        "a factor of 2 either way",
    ),
)


def latencies(instructions: int, error_pct: float = 0.0) -> tuple[Latency, ...]:
    """How long an inference takes on each chip.

    Args:
        instructions: on rv32imc.
        error_pct: how far off that number may be; 0 for one that was counted.
    """
    low, high = (instructions * (1 + sign * min(error_pct, 90.0) / 100) for sign in (-1, 1))
    return tuple(
        Latency(
            chip,
            low * chip.code_ratio[0] * chip.cycles[0] / (1000 * chip.clock_mhz),
            high * chip.code_ratio[1] * chip.cycles[1] / (1000 * chip.clock_mhz),
        )
        for chip in CHIPS
    )
