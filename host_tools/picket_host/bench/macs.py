"""Multiplications of a model, the measure of its work."""

from __future__ import annotations

import math

from picket_host.models.tflite_file import Graph, Operator


def macs(graph: Graph) -> int:
    """Multiply-accumulate operations of one inference: those of convolutions and fully connected layers, padding
    included, as is usual. Other operators count as none."""
    return sum(_macs(graph, operator) for operator in graph.operators)


def _macs(graph: Graph, operator: Operator) -> int:
    def shape(index: int) -> tuple[int, ...]:
        return graph.tensors[index].shape

    match operator.name:
        case "CONV_2D":  # weights [out, height, width, in]
            return math.prod(shape(operator.outputs[0])) * math.prod(shape(operator.inputs[1])[1:])
        case "DEPTHWISE_CONV_2D":  # weights [1, height, width, out]
            return math.prod(shape(operator.outputs[0])) * math.prod(shape(operator.inputs[1])[1:3])
        case "FULLY_CONNECTED":  # weights [out, in]
            return math.prod(shape(operator.outputs[0])) * shape(operator.inputs[1])[-1]
        case "TRANSPOSE_CONV":  # weights [out, height, width, in]; inputs: shape, weights, input
            return math.prod(shape(operator.inputs[2])) * math.prod(shape(operator.inputs[1])[:-1])
    return 0
