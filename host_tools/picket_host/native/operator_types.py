"""The portable engine's operators by type: what its documentation says, compared with the engine by the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ANY = ("every type",)
_INT = ("int8", "int16")
_LAYER = ("int8", "int8 with int4 weights", "int16")


@dataclass(frozen=True)
class Row:
    """Operators with the same types.

    Attributes:
        operators: names as in ``CONV_2D``.
        types: types of the activations, in the order of the table; ``ANY`` where the operator only moves elements.
        limits: what else there is to know.
    """

    operators: tuple[str, ...]
    types: tuple[str, ...]
    limits: str = ""


ROWS = (
    Row(("ADD", "SUB"), _INT, "any broadcast up to 6 dimensions, fused activation; int16 with zero points of 0"),
    Row(("MUL",), _INT, "as ADD"),
    Row(("AVERAGE_POOL_2D", "MAX_POOL_2D"), _INT, "fused activation"),
    Row(("CONCATENATION",), ANY, "same quantisation in and out; 30 inputs"),
    Row(("CONV_2D",), _LAYER, "weights per tensor or per channel, groups, dilation, fused activation"),
    Row(("DEPTHWISE_CONV_2D",), _LAYER, "the same, any depth multiplier"),
    Row(
        ("FULLY_CONNECTED",),
        _LAYER,
        "weights of 2 dimensions, per tensor or (not int4) per output; fused activation",
    ),
    Row(("TRANSPOSE_CONV",), _INT, "weights per tensor or per channel, fused activation; needs no scratch memory"),
    Row(("ABS",), ("int8", "int16", "float32")),
    Row(("MAXIMUM", "MINIMUM"), ("int8", "int16", "int32", "float32"), "one quantisation, any broadcast"),
    Row(("ARG_MAX", "REDUCE_MAX"), ("int8", "float32"), "constant axes"),
    Row(
        ("BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND"),
        ("int8", "float32"),
        "paddings are real zeros (TFLM leaves them undefined)",
    ),
    Row(
        (
            "DEPTH_TO_SPACE",
            "SPACE_TO_DEPTH",
            "SLICE",
            "SPLIT",
            "SPLIT_V",
            "PACK",
            "UNPACK",
            "STRIDED_SLICE",
            "TRANSPOSE",
        ),
        ANY,
        "30 inputs or outputs; constant begins, sizes, orders; no ellipsis, no new axes",
    ),
    Row(("RESHAPE", "EXPAND_DIMS", "SQUEEZE"), ANY),
    Row(("HARD_SWISH", "L2_NORMALIZATION", "RESIZE_BILINEAR"), ("int8",)),
    Row(("RESIZE_NEAREST_NEIGHBOR",), ANY),
    Row(("LEAKY_RELU", "PRELU"), _INT, "slopes of PRELU int8"),
    Row(("LOGISTIC", "TANH"), _INT),
    Row(("RELU", "RELU6"), _INT, "RELU6 does not rescale, as in TFLM"),
    Row(("MEAN", "SUM"), _INT, "any constant axes"),
    Row(("SVDF",), ("int8",), "state and time weights int8 or int16"),
    Row(
        ("UNIDIRECTIONAL_SEQUENCE_LSTM",),
        _INT,
        "cell state int16, batch- or time-major, with a limit or without; no peepholes, projection, normalisation",
    ),
    Row(
        ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"),
        ANY,
        "CALL_ONCE: constants for variables, before any use",
    ),
    Row(("PAD", "PADV2"), ("int8", "int16", "int32", "float32"), "5 dimensions"),
    Row(("QUANTIZE",), ("float32", "int8", "uint8", "int16"), "to int8, uint8 or int16; float32 not to uint8"),
    Row(("DEQUANTIZE",), ("int8", "uint8", "int16"), "to float32"),
    Row(("SOFTMAX",), _INT, "4,095 values in a row (int16: 65,536); int8 also to int16"),
)


def types_of(operator: str) -> tuple[str, ...]:
    """The types of an operator.

    Raises:
        KeyError: the engine does not have it.
    """
    return {name: row.types for row in ROWS for name in row.operators}[operator]


def markdown(rows: Sequence[Row] = ROWS) -> str:
    """The table of the engine's documentation."""
    lines = ["| Operator | Types of activations | Limits beyond TFLite's own |", "| --- | --- | --- |"]
    lines += [f"| {', '.join(row.operators)} | {', '.join(row.types)} | {row.limits} |" for row in rows]
    return "".join(f"{line.replace('|  |', '| |')}\n" for line in lines)


def markdown_by_type(rows: Sequence[Row] = ROWS) -> str:
    """The short table of the main README: a line for each set of types, with the operators that take it."""
    sets: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        sets.setdefault(row.types, []).extend(row.operators)
    lines = ["| Types of activations | Operators | Names |", "| --- | --- | --- |"]
    for types, operators in sorted(sets.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        lines.append(f"| {', '.join(types)} | {len(operators)} | {', '.join(sorted(operators))} |")
    return "".join(f"{line}\n" for line in lines)
