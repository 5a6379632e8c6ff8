"""Random models of operators that keep a state between invocations, for conformance tests; see ``operator_cases``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tflite
from operator_cases import I8, I16, INT8, LayerTypes, Rng, random_shape, scale, zero_point
from tflite_builder import TfliteBuilder


def svdf(rng: Rng) -> bytes:
    """SVDF, int8, with a state of int8 or int16."""
    batches, inputs, units = (int(rng.integers(1, top)) for top in (3, 20, 10))
    rank, memory = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    filters = units * rank
    state_type = I16 if rng.random() < 0.6 else I8
    si, sf, st = scale(rng), scale(rng, 1e-3, 1e-1), scale(rng, 1e-3, 1e-1)
    largest = 32767 if state_type is I16 else 127
    ss = float(np.float32(si * sf * 70 * 70 * np.sqrt(inputs) / largest * np.exp(rng.uniform(-1, 1))))
    if state_type is I16:
        st = float(np.float32(st / 256))
    so = float(
        np.float32(ss * st * 0.3 * largest * largest * np.sqrt(rank * memory) / 128 * np.exp(rng.uniform(-1, 1)))
    )
    b = TfliteBuilder()
    x = b.tensor((batches, inputs), I8, scale=si, zero_point=zero_point(rng))
    feature = rng.integers(-127, 128, (filters, inputs)).astype(I8)
    time = rng.integers(-largest, largest + 1, (filters, memory)).astype(state_type)
    bias = rng.integers(-20000, 20000, units).astype(np.int32)
    tensors = [
        x,
        b.tensor(feature.shape, I8, feature, sf),
        b.tensor(time.shape, state_type, time, st),
        b.tensor(bias.shape, np.int32, bias, float(np.float32(ss) * np.float32(st))),
        b.tensor(
            (batches, filters * memory), state_type, scale=ss, variable=True,
            zero_point=zero_point(rng) if state_type is I8 else 0,
        ),
    ]  # fmt: skip
    y = b.tensor((batches, units), I8, scale=so, zero_point=zero_point(rng))
    b.operator("SVDF", tensors, [y], "SVDFOptions", version=3, Rank=rank, FusedActivationFunction=1)
    return b.build([x], [y])


def _handle(b: TfliteBuilder, name: str) -> int:
    tensor = b.tensor((), tflite.TensorType.RESOURCE)
    b.operator("VAR_HANDLE", [], [tensor], "VarHandleOptions", Container="", SharedName=name)
    return tensor


def variables(rng: Rng) -> bytes:
    """VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE: a delay line of one or two steps, initialised or not."""
    shape = random_shape(rng)
    s, z = scale(rng), zero_point(rng)
    names = ["a", "bb"][: int(rng.integers(1, 3))]
    b = TfliteBuilder()

    def tensor(data: np.ndarray | None = None, of: TfliteBuilder = b) -> int:
        return of.tensor(shape, I8, data, s, z)

    x = tensor()
    if rng.random() < 0.6:
        index, init = b.subgraph()
        for name in names:
            value = tensor(rng.integers(-128, 128, shape).astype(I8), init)
            init.operator("ASSIGN_VARIABLE", [_handle(init, name), value], [])
        b.operator("CALL_ONCE", [], [], "CallOnceOptions", InitSubgraphIndex=index)
    value, outputs = x, []
    for name in names:
        read = tensor()
        b.operator("READ_VARIABLE", [_handle(b, name)], [read])
        b.operator("ASSIGN_VARIABLE", [_handle(b, name), value], [])
        outputs.append(read)
        value = read
    y = tensor()
    b.operator("MAXIMUM", [x, value], [y], "MaximumMinimumOptions")
    return b.build([x], [*outputs, y])


def unidirectional_sequence_lstm(rng: Rng, types: LayerTypes = INT8) -> bytes:
    """UNIDIRECTIONAL_SEQUENCE_LSTM, one or more batches and steps, time-major or not, with a limit or without."""
    batches, steps, inputs, units = (int(rng.integers(1, top)) for top in (4, 5, 10, 8))
    time_major = bool(rng.random() < 0.5)
    lead = (steps, batches) if time_major else (batches, steps)
    finer = 128 / types.largest
    si, ss, zs = scale(rng, 5e-3, 5e-2) * finer, scale(rng, 5e-3, 1e-2) * finer, types.zero_point(rng)
    b = TfliteBuilder()

    def weights(depth: int) -> int:
        data = rng.integers(-127, 128, (units, depth)).astype(I8)
        return b.tensor(data.shape, I8, data, scale(rng, 1e-3, 2e-2))

    def bias() -> int:
        limit = round(2000 / finer)
        dtype = types.bias_types[0]
        return b.tensor((units,), dtype, rng.integers(-limit, limit, units).astype(dtype), 1e-4 * finer)

    x = b.tensor((*lead, inputs), types.activations, scale=si, zero_point=types.zero_point(rng))
    y = b.tensor((*lead, units), types.activations, scale=ss, zero_point=zs)
    state = b.tensor((batches, units), types.activations, scale=ss, zero_point=zs, variable=True)
    cell_scale = 2.0 ** -int(rng.integers(9, 16))
    cell = b.tensor((batches, units), I16, scale=cell_scale, variable=True)
    tensors = [x, *(weights(inputs) for _ in range(4)), *(weights(units) for _ in range(4)), -1, -1, -1]
    tensors += [*(bias() for _ in range(4)), -1, -1, state, cell, -1, -1, -1, -1]
    b.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", tensors, [y], "UnidirectionalSequenceLSTMOptions",
        FusedActivationFunction=tflite.ActivationFunctionType.TANH, TimeMajor=time_major,
        CellClip=float(rng.choice([0.0, 0.0, 0.4, 10.0])),
    )  # fmt: skip
    return b.build([x], [y])


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__: function for function in (svdf, unidirectional_sequence_lstm, variables)
}
