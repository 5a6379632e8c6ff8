"""Multiplications are counted as worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import branching, convolutional
from tflite_builder import TfliteBuilder

from picket_host.bench.macs import macs
from picket_host.models import tflite_file
from picket_host.paths import ROOT


def test_convolutions_and_dense_layers_are_counted():
    conv = 6 * 6 * 4 * (3 * 3 * 2)
    depthwise = 6 * 6 * 4 * (3 * 3)
    dense = 3 * 4
    assert macs(tflite_file.read(convolutional())) == conv + depthwise + dense


def test_element_wise_operators_count_as_none():
    graph = tflite_file.read(branching())
    (dense,) = (operator for operator in graph.operators if operator.name == "FULLY_CONNECTED")
    rows, columns = graph.tensors[dense.inputs[1]].shape
    assert macs(graph) == rows * columns


def test_a_transposed_convolution_is_counted_by_its_input():
    b = TfliteBuilder()
    shape = b.tensor((4,), np.int32, np.array([1, 4, 4, 5], np.int32))
    weights = b.tensor((5, 3, 3, 2), np.int8, np.zeros((5, 3, 3, 2), np.int8), [0.1] * 5)
    x = b.tensor((1, 2, 2, 2), np.int8, scale=0.1)
    y = b.tensor((1, 4, 4, 5), np.int8, scale=0.1)
    b.operator("TRANSPOSE_CONV", [shape, weights, x], [y], "TransposeConvOptions", version=3, Padding=0, StrideW=2,
               StrideH=2)  # fmt: skip
    assert macs(tflite_file.read(b.build([x], [y]))) == 2 * 2 * 2 * (3 * 3 * 5)


@pytest.mark.parametrize(("name", "published"), [("person_detect", 7_157_888), ("mlperf_ad01_int8", 264_192)])
def test_benchmark_models_have_their_known_work(name, published):
    path = ROOT.parent / "shared" / "data" / "tflite" / f"{name}.tflite"
    if not path.is_file():
        pytest.skip(f"no benchmark model {path.name} beside the repository")
    assert macs(tflite_file.read(path.read_bytes())) == published
