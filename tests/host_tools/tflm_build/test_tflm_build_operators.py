"""Choosing TensorFlow Lite Micro's operators: names, models, and what an installed library has."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
import tflite

from picket_host.errors import InputError, ModelError
from picket_host.paths import TESTS
from picket_host.tflm_build import operators
from picket_host.tflm_build.selection import select

sys.path.insert(0, str(TESTS / "support"))

from small_models import convolutional  # noqa: E402


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "small.tflite"
    path.parent.mkdir()
    path.write_bytes(convolutional())
    return path


USED = (
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "PAD",
    "RESHAPE",
    "SOFTMAX",
)


def test_all_are_operators_of_tflite_by_name():
    known = vars(tflite.BuiltinOperator)
    assert [name for name in operators.ALL if name not in known] == []
    assert tuple(sorted(set(operators.ALL))) == operators.ALL


@pytest.mark.parametrize(
    ("operator", "function"),
    [
        ("CONV_2D", "AddConv2D"),
        ("ADD", "AddAdd"),
        ("BATCH_MATMUL", "AddBatchMatMul"),
        ("L2_POOL_2D", "AddL2Pool2D"),
        ("RELU6", "AddRelu6"),
        ("SPACE_TO_BATCH_ND", "AddSpaceToBatchNd"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
    ],
)
def test_a_function_is_named_after_its_operator(operator, function):
    assert operators.resolver_function(operator) == function


def test_an_installed_library_has_every_operator():
    if not os.environ.get("TFLM_ROOT"):
        pytest.skip("TFLM_ROOT names no installed TensorFlow Lite Micro")
    root = Path(os.environ["TFLM_ROOT"])
    headers = root / "include" if (root / "include").is_dir() else root
    header = headers / "tensorflow" / "lite" / "micro" / "micro_mutable_op_resolver.h"
    assert operators.available(header) == operators.ALL
    added = re.findall(r"AddBuiltin\(\s*BuiltinOperator_(\w+)", header.read_text())
    assert set(operators.ALL) == set(added)


def test_a_models_operators_are_chosen(model):
    assert operators.select([model]) == USED
    assert operators.select([model.parent]) == USED
    assert operators.select([model], "abs, add") == tuple(sorted((*USED, "ABS", "ADD")))
    assert operators.select([]) == operators.select([model], "all") == operators.ALL


def test_an_unknown_operator_is_named():
    with pytest.raises(InputError, match="--ops: TensorFlow Lite Micro does not have the operator WARP"):
        operators.select([], "warp")


def test_an_operator_that_the_library_lacks_is_named_with_its_model(model):
    with pytest.raises(InputError, match="small.tflite: .* operator SOFTMAX"):
        operators.select([model], None, [name for name in operators.ALL if name != "SOFTMAX"])


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"x\.tflite: not a readable \.tflite file"):
        operators.select([tmp_path])
    with pytest.raises(InputError, match="no such model"):
        operators.select([tmp_path / "y.tflite"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no .tflite file in this folder"):
        operators.select([tmp_path / "empty"])


def test_the_list_has_one_line_for_each():
    assert operators.list_text(("ADD", "CONV_2D")) == "OPERATOR(ADD, AddAdd)\nOPERATOR(CONV_2D, AddConv2D)\n"


def test_models_that_the_portable_engine_checks_are_checked(model):
    assert select([model]).unchecked == ""
    assert "all operators" in select([model], "all").unchecked
    assert set(select([model]).operators) == set(USED)
    assert select().operators is None
    assert select().listed == operators.ALL


def test_the_selection_has_the_engines_files_and_no_kernels(model):
    files = select([model]).files()
    names = {path.name for path in files}
    assert {"engine_tflm.cpp", "memory.cpp", "check.c", "model_file.c", "module.c"} <= names
    assert "engine.c" not in names
    assert not any(path.parent.name == "kernels" for path in files)
