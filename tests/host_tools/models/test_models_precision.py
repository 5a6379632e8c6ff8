"""int16 activations and int4 weights: what the official runtime takes, near to float, and the rest is refused."""

import numpy as np
import pytest
import tiny_runs

from picket_host.errors import InputError
from picket_host.models import int4, tflite_file
from picket_host.models.precision import Precision
from picket_host.models.quantisation import quantize
from picket_host.models.quantize import to_tflite
from picket_host.models.verify import quantized_inputs, run_engine, run_tflm
from picket_host.native.engine import Engine


@pytest.fixture(scope="module")
def run(bench, tmp_path_factory):
    return tiny_runs.train(bench, tmp_path_factory.mktemp("run"), filters=8, hidden=32)


def outputs_of(judge, model, x):
    """What the official runtime makes of real inputs, dequantised."""
    graph = tflite_file.read(model)
    source, target = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    inputs = quantize(x, source.scale, source.zero_point, np.dtype(source.dtype))
    given = np.stack([out[0][0] for out in judge.run(model, [[one[None]] for one in inputs])]).astype(np.float32)
    return target.scale * (given - target.zero_point)


def test_int16_activations_are_finer_than_int8(bench, judge, run):
    data = run.dataset()
    model = bench.convert(run.keras_file, data.representative(), "int16")
    graph = tflite_file.read(model)
    tflite_file.check_quantised(graph, ("int16",))
    wanted = bench.predict(run.keras_file, data.test.x)
    fine = np.abs(outputs_of(judge, model, data.test.x) - wanted).max()
    coarse = np.abs(outputs_of(judge, bench.convert(run.keras_file, data.representative()), data.test.x) - wanted).max()
    assert fine < coarse
    assert fine < 0.01


def test_int4_weights_are_where_the_runtime_takes_them(bench, judge, run):
    data = run.dataset()
    model = int4.quantize(bench.convert_float(run.keras_file), data.representative())
    graph = tflite_file.read(model)
    tflite_file.check_quantised(graph, ("int8",))
    for operator in graph.operators:
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            wanted = "int8" if operator.name == "DEPTHWISE_CONV_2D" else "int4"
            assert graph.tensors[operator.inputs[1]].dtype == wanted
    given = outputs_of(judge, model, data.test.x)
    assert (given.argmax(axis=1) == data.test.y).mean() > 0.9


def test_ranges_of_int4_models_hold_every_calibration_sample(bench, run):
    data = run.dataset()
    x = data.representative()
    graph = tflite_file.read(int4.quantize(bench.convert_float(run.keras_file), x))
    source = graph.tensors[graph.inputs[0]]
    low, high = (source.scale * (end - source.zero_point) for end in (-128, 127))
    assert low <= x.min() + source.scale and high >= x.max() - source.scale


@pytest.mark.parametrize("precision", [Precision("int4", "int8"), Precision("int8", "int16")])
def test_engine_gives_the_official_runtimes_bits(bench, judge, run, precision):
    data = run.dataset()
    model = to_tflite(bench, run.keras_file, data.representative(), precision)
    engine = Engine(model)
    assert engine.inputs[0].dtype == precision.activations
    inputs = quantized_inputs(engine, data.test.x)
    assert np.array_equal(run_engine(engine, inputs), run_tflm(judge, model, inputs))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("int2", "int8"), "no weights of type int2"),
        (("int8", "float16"), "no activations of type float16"),
        (("int4", "int16"), "no kernels for int4 weights with int16"),
    ],
)
def test_other_precisions_are_refused(arguments, complaint):
    with pytest.raises(InputError, match=complaint):
        Precision(*arguments)
