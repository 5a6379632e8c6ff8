"""The documentation's table of operators by type against the engine."""

import json
import sys
import zlib

import numpy as np
import pytest
import tflite
from click.testing import CliRunner

from picket_host.cli import picket
from picket_host.errors import ModelError
from picket_host.models import tflite_file
from picket_host.native.engine import Engine
from picket_host.native.operator_types import ANY, ROWS, markdown, markdown_by_type, types_of
from picket_host.native.selection import known_operators
from picket_host.paths import NATIVE, ROOT, TESTS

sys.path.insert(0, str(TESTS / "support"))

from all_operator_cases import CASES  # noqa: E402

DRAWS = 40
OTHER_TYPES = {"float32": 0, "int32": 2, "uint8": 3, "int16": 7, "int8": 9}


def drawn():
    """Models of the conformance test, each with the name of its type as the table has it."""
    for name, draw in CASES.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        for model in (model for _ in range(DRAWS) if (model := draw(rng))):
            graph = tflite_file.read(model)
            used = {graph.tensors[i].dtype for operator in graph.operators for i in operator.inputs if i >= 0}
            activations = graph.tensors[graph.inputs[0]].dtype
            yield model, graph, f"{activations} with int4 weights" if "int4" in used else activations


@pytest.fixture(scope="module")
def observed():
    """For each operator the types of the models that the conformance test compares, with one model of each."""
    found = {}
    for model, graph, kind in drawn():
        for operator in graph.operators:
            smallest = found.setdefault(operator.name, {})
            if len(model) < len(smallest.get(kind, b"x" * 10**6)):
                smallest[kind] = model
    return found


def retyped(model: bytes, to: int) -> bytes:
    """The model with another type, and zero points of 0, for all tensors of its first input's type that are no
    constants."""
    changed = bytearray(model)
    root = tflite.Model.GetRootAs(model, 0)
    graph = root.Subgraphs(0)
    kind = graph.Tensors(graph.Inputs(0)).Type()
    for i in range(graph.TensorsLength()):
        tensor = graph.Tensors(i)
        field = tensor._tab.Offset(6)  # the type's place in the schema
        if field and tensor.Type() == kind and not root.Buffers(tensor.Buffer()).DataLength():
            changed[tensor._tab.Pos + field] = to
            quantization = tensor.Quantization()
            if quantization and quantization.ZeroPointLength():
                at = quantization._tab.Vector(quantization._tab.Offset(10))
                changed[at : at + 8 * quantization.ZeroPointLength()] = bytes(8 * quantization.ZeroPointLength())
    return bytes(changed)


def test_the_documentation_has_the_table():
    assert markdown() in (NATIVE / "engine" / "README.md").read_text(encoding="utf-8")


def test_the_main_page_has_the_short_table():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert markdown_by_type() in page
    assert f"{len(known_operators())} operators, each with the bytes of the official runtime" in page


def test_the_short_table_has_each_operator_once():
    cells = [line.split(" | ") for line in markdown_by_type().splitlines()[2:]]
    names = [name for _, count, listed in cells for name in listed.removesuffix(" |").split(", ")]
    assert sorted(names) == sorted(known_operators())
    assert sum(int(count) for _, count, _ in cells) == len(names)


def test_each_operator_of_the_engine_has_its_row():
    assert sorted(name for row in ROWS for name in row.operators) == sorted(known_operators())


@pytest.mark.parametrize("operator", sorted(known_operators()))
def test_the_types_of_an_operator_are_those_that_are_compared_with_tflm(operator, observed):
    if types_of(operator) == ANY:
        assert observed[operator]
    else:
        assert set(types_of(operator)) == set(observed[operator])


@pytest.mark.parametrize("operator", sorted(name for name in known_operators() if types_of(name) != ANY))
def test_other_types_are_refused_by_the_operator(operator, observed):
    model = observed[operator][types_of(operator)[-1] if operator == "QUANTIZE" else types_of(operator)[0]]
    Engine(model)
    for name in set(OTHER_TYPES) - set(types_of(operator)):
        with pytest.raises(ModelError, match=rf"operator \d+ \({operator}\)"):
            Engine(retyped(model, OTHER_TYPES[name]))


def test_the_command_prints_the_table():
    run = CliRunner().invoke
    assert run(picket, ["build", "operators", "--markdown"]).output == markdown()
    assert run(picket, ["build", "operators", "--markdown", "--by-type"]).output == markdown_by_type()
    assert run(picket, ["build", "operators", "--by-type"]).exit_code == 2
    listed = json.loads(run(picket, ["build", "operators", "--json"]).output)["operators"]
    assert {name for row in listed for name in row["operators"]} == known_operators()
