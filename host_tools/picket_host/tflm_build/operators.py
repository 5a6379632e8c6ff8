"""Which operators of TensorFlow Lite Micro a build has, and the list of them that the engine is compiled with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from picket_host.errors import InputError
from picket_host.models import tflite_file

LIST_NAME = "picket_tflm_operators.def"

# What MicroMutableOpResolver knows (custom operators aside), TFLite's names; the pinned ESP-IDF component has them all.
_NAMES = """
    ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS
    BROADCAST_TO CALL_ONCE CAST CEIL CONCATENATION CONV_2D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
    DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR FLOOR_DIV FLOOR_MOD
    FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS
    LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM
    MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX REDUCE_MIN RELU
    RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF
    TANH TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK VAR_HANDLE WHILE ZEROS_LIKE
"""
ALL = tuple(_NAMES.split())

# The resolver's function is named after the operator, with these exceptions.
_IRREGULAR = {
    "BATCH_MATMUL": "AddBatchMatMul",
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}


def resolver_function(operator: str) -> str:
    """The function of ``MicroMutableOpResolver`` that adds the operator: ``AddConv2D`` for ``CONV_2D``."""
    if operator in _IRREGULAR:
        return _IRREGULAR[operator]
    return "Add" + "".join(part if part[0].isdigit() else part.capitalize() for part in operator.split("_"))


def available(resolver_header: Path) -> tuple[str, ...]:
    """Those of ``ALL`` that the ``micro_mutable_op_resolver.h`` of an installed TFLM has."""
    functions = set(re.findall(r"\b(Add\w+)\(", resolver_header.read_text(encoding="utf-8")))
    return tuple(operator for operator in ALL if resolver_function(operator) in functions)


def select(models: Sequence[Path], ops: str | None = None, known: Iterable[str] = ALL) -> tuple[str, ...]:
    """The operators for a build, sorted.

    Args:
        models: ``.tflite`` files, or folders that are searched for them.
        ops: ``all``, or names with commas between them, in addition to those that the models use. With neither models
            nor names: all.
        known: the operators that there are to choose from.

    Raises:
        InputError: a model that isn't there, or an operator that TFLM does not have. ModelError: a file that isn't a
        model.
    """
    known = tuple(known)
    if ops == "all" or (ops is None and not models):
        return tuple(sorted(known))
    wanted: dict[str, object] = {name.strip().upper(): "--ops" for name in (ops or "").split(",") if name.strip()}
    for path in model_files(models):
        for name in tflite_file.operator_kinds(path.read_bytes(), path):
            wanted.setdefault(name, path)
    for name, where in wanted.items():
        if name not in known:
            raise InputError(f"TensorFlow Lite Micro does not have the operator {name}", where)
    return tuple(sorted(wanted))


def model_files(paths: Sequence[Path]) -> list[Path]:
    """The ``.tflite`` files that are named, and those in the folders that are named.

    Raises:
        InputError: a path that isn't there, or a folder without a model.
    """
    files = []
    for path in paths:
        found = sorted(path.rglob("*.tflite")) if path.is_dir() else [path]
        if not found:
            raise InputError("no .tflite file in this folder", path)
        files += found
    for path in files:
        if not path.is_file():
            raise InputError("no such model", path)
    return files


def list_text(operators: Iterable[str]) -> str:
    """The list as ``engine_tflm.cpp`` includes it."""
    return "".join(f"OPERATOR({name}, {resolver_function(name)})\n" for name in operators)
