"""A windowed model made to stream gives its own bits, and those of the official runtime, step by step."""

import numpy as np
import pytest
from tflite_builder import TfliteBuilder

from picket_host.errors import ModelError
from picket_host.models import golden, stream_proof
from picket_host.models.streaming import Streamed, to_streaming
from picket_host.native.engine import Engine

I8 = np.int8
CHANNELS = 4
SAME, VALID = 0, 1


def windowed(
    first=(8, 4), second=3, window=44, step_pool=True, padding=VALID, pool="AVERAGE_POOL_2D", activation=False, seed=0
):
    """Two convolutions over time, with and without stride, a pointwise one, a pool over what is left, a dense layer."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def weights(*shape):
        return rng.integers(-127, 128, shape).astype(I8)

    def bias():
        return b.tensor((CHANNELS,), np.int32, rng.integers(-500, 500, CHANNELS).astype(np.int32), [5e-4] * CHANNELS)

    def activated(steps, bands, zero_point=-20):
        return b.tensor((1, steps, bands, CHANNELS), I8, scale=0.4, zero_point=zero_point)

    x = b.tensor((1, window, 5, 1), I8, scale=0.05, zero_point=-3)
    kernel, stride = first
    steps = (window - kernel) // stride + 1
    f = b.tensor((CHANNELS, kernel, 3, 1), I8, weights(CHANNELS, kernel, 3, 1), [0.01, 0.02, 0.015, 0.007])
    sounds = activated(steps, 3)
    convolution = {"StrideW": 1, "DilationWFactor": 1, "DilationHFactor": 1, "FusedActivationFunction": 1}
    b.operator("CONV_2D", [x, f, bias()], [sounds], "Conv2DOptions", 3, Padding=padding, StrideH=stride, **convolution)
    if activation:
        followed = activated(steps, 3)
        b.operator("RELU", [sounds], [followed], version=2)
        sounds = followed
    steps -= second - 1
    d = b.tensor((1, second, 3, CHANNELS), I8, weights(1, second, 3, CHANNELS), [0.01] * CHANNELS, axis=3)
    shapes = activated(steps, 1)
    b.operator(
        "DEPTHWISE_CONV_2D", [sounds, d, bias()], [shapes], "DepthwiseConv2DOptions", 3, Padding=padding, StrideH=1,
        DepthMultiplier=1, **convolution,
    )  # fmt: skip
    m = b.tensor((CHANNELS, 1, 1, CHANNELS), I8, weights(CHANNELS, 1, 1, CHANNELS), [0.01] * CHANNELS)
    mixed = activated(steps, 1)
    b.operator("CONV_2D", [shapes, m, bias()], [mixed], "Conv2DOptions", 3, Padding=SAME, StrideH=1, **convolution)
    if not step_pool:
        return b.build([x], [mixed])
    whole = activated(1, 1)
    options = {"Padding": VALID, "StrideW": 1, "StrideH": steps, "FilterWidth": 1, "FilterHeight": steps}
    b.operator(pool, [mixed], [whole], "Pool2DOptions", 2, **options)
    w = b.tensor((2, CHANNELS), I8, weights(2, CHANNELS), 0.02)
    w_bias = b.tensor((2,), np.int32, rng.integers(-500, 500, 2).astype(np.int32), 0.008)
    y = b.tensor((1, 2), I8, scale=0.5, zero_point=0)
    b.operator("FULLY_CONNECTED", [whole, w, w_bias], [y], "FullyConnectedOptions", 4)
    return b.build([x], [y])


def stream_of(frames, seed=7):
    return np.random.default_rng(seed).integers(-128, 128, (frames, 5, 1)).astype(I8)


@pytest.mark.parametrize(
    ("options", "step"),
    [
        ({}, 4),
        ({}, 8),
        ({"first": (4, 4), "second": 2}, 4),
        ({"first": (3, 1), "window": 20}, 1),
        ({"first": (5, 2), "window": 25, "activation": True}, 2),
        ({"pool": "MAX_POOL_2D", "seed": 3}, 4),
    ],
)
def test_once_a_window_has_gone_by_the_bits_are_the_windows_own(judge, options, step):
    model = windowed(**options)
    streamed = to_streaming(model, step)
    frames = stream_of(streamed.window + 20 * step)
    inputs = [frames[i : i + step][None] for i in range(0, len(frames) // step * step, step)]
    engine, whole = Engine(streamed.model), Engine(model)
    outputs = [engine.invoke([x])[0] for x in inputs]
    for run in range(streamed.runs_until_full - 1, len(inputs)):
        end = (run + 1) * step
        expected = whole.invoke([frames[end - streamed.window : end][None]])[0]
        np.testing.assert_array_equal(outputs[run], expected, err_msg=f"run {run}")
    official = [answer[0] for answer in judge.run(streamed.model, [[x] for x in inputs])]
    np.testing.assert_array_equal(np.stack(outputs), np.stack(official))
    assert len(np.unique(np.stack(outputs[streamed.runs_until_full :]), axis=0)) > 5, "the outputs hardly differ"


def test_a_run_computes_only_what_is_new():
    streamed = to_streaming(windowed(), 4)
    assert [tensor.shape for tensor in Engine(streamed.model).inputs] == [(1, 4, 5, 1)]
    # 4 of 8 frames of 5 bands; 2 of 3 steps of 3 bands; 7 of 8 steps of one, each with 4 channels.
    assert streamed.state_bytes == 4 * 5 + 2 * 3 * CHANNELS + 7 * CHANNELS
    assert (streamed.window, streamed.runs_until_full) == (44, 11)


@pytest.mark.parametrize(
    ("options", "step", "what"),
    [
        ({"padding": SAME, "step_pool": False}, 4, "padding along time"),
        ({"step_pool": False}, 4, "still has an axis of time"),
        ({}, 6, "stride of 4 over time does not divide"),
        ({}, 0, "not between 0 and the window"),
        ({}, 44, "not between 0 and the window"),
    ],
)
def test_what_cannot_stream_is_refused(options, step, what):
    with pytest.raises(ModelError, match=what):
        to_streaming(windowed(**options), step)


def test_an_operator_that_joins_two_streams_is_refused_by_name():
    b = TfliteBuilder()
    x = b.tensor((1, 8, 2, 1), I8, scale=0.1)
    y = b.tensor((1, 8, 2, 1), I8, scale=0.2)
    b.operator("ADD", [x, x], [y], "AddOptions", version=2)
    with pytest.raises(ModelError, match="operator 0 ADD: ADD can't stream"):
        to_streaming(b.build([x], [y]), 2)


def test_the_proof_finds_a_model_that_is_not_its_parents(judge):
    model, windows = windowed(), np.stack([stream_of(44, seed) for seed in range(12)])
    streamed = to_streaming(model, 4)
    proof = stream_proof.prove(judge, model, streamed, windows)
    assert proof.fault is None and (proof.step, proof.runs, proof.windows) == (4, 88, 78)
    stranger = Streamed(to_streaming(windowed(seed=5), 4).model, 4, 44, streamed.state_bytes)
    assert "run 10 of the streaming model gives" in stream_proof.prove(judge, model, stranger, windows).fault


def test_golden_inputs_are_one_sequence_with_a_whole_window(judge):
    streamed = to_streaming(windowed(), 4)
    windows = np.stack([stream_of(44, seed) for seed in range(3)])
    inputs = stream_proof.golden_inputs(streamed, windows, seed=1)
    assert inputs.shape == (11 + 8, 1, 4, 5, 1)
    np.testing.assert_array_equal(inputs[:11].reshape(44, 5, 1), windows[-1])
    outputs = np.stack([answer[0] for answer in judge.run(streamed.model, [[x] for x in inputs])])
    assert golden.unpack(golden.pack(inputs, outputs))[0].shape == (19, 20)
