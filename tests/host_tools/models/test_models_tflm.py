"""The judge gives TFLM's own answers and words, and survives what a model does to its worker."""

from collections.abc import Iterator
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from tflite_micro.python.tflite_micro import runtime

from picket_host.errors import ModelError

# The wheel carries this model for its own installation check: one float input, sin(x).
SINE = Path(runtime.__file__).with_name("sine_float.tflite").read_bytes()


def radians(value: float) -> list[np.ndarray]:
    return [np.array([[value]], np.float32)]


def mutants(model: bytes, count: int) -> Iterator[bytes]:
    """Copies with one flipped bit, always the same ones."""
    rng = np.random.default_rng(7)
    for position in rng.integers(0, len(model), count):
        mutant = bytearray(model)
        mutant[position] ^= 1 << int(rng.integers(8))
        yield bytes(mutant)


def test_each_invocation_gives_its_own_outputs(judge):
    angles = (0.0, 1.0, 2.0, 3.0)
    results = judge.run(SINE, [radians(angle) for angle in angles])
    assert [len(outputs) for outputs in results] == [1, 1, 1, 1]
    assert [float(outputs[0][0, 0]) for outputs in results] == pytest.approx(np.sin(angles), abs=0.1)


def test_no_invocation_gives_no_outputs(judge):
    assert judge.run(SINE, []) == []


def test_arena_is_what_the_runtime_reports(judge):
    assert 500 < judge.arena_bytes(SINE) < 20_000


@pytest.mark.parametrize("model", [b"", b"not a model" * 50, SINE[: len(SINE) // 2]])
def test_file_that_is_no_model_is_refused(judge, model):
    with pytest.raises(ModelError):
        judge.run(model, [radians(0)])


def test_wrong_dtype_is_refused_in_the_runtimes_words(judge):
    with pytest.raises(ModelError, match="expected type FLOAT32"):
        judge.run(SINE, [[np.zeros((1, 1), np.int8)]])


def test_wrong_number_of_inputs_is_refused(judge):
    with pytest.raises(ModelError, match="the model has 1 inputs, 2 given"):
        judge.run(SINE, [radians(0) * 2])


def test_detail_that_the_runtime_writes_to_stderr_is_in_the_error(judge):
    unknown_operator = bytearray(SINE)
    schema = runtime.schema_fb
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(unknown_operator, 0))
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.STABLEHLO_SORT
    model.operatorCodes[0].deprecatedBuiltinCode = 127
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(ModelError, match="TFLM failed to allocate tensors: .+"):
        judge.run(bytes(builder.Output()), [radians(0)])


def test_judge_works_on_after_a_model_crashed_it(judge):
    crashed = 0
    for mutant in mutants(SINE, 400):
        try:
            judge.run(mutant, [radians(1)])
        except ModelError as error:
            if "TFLM crashed (SIG" in str(error):
                crashed += 1
                assert judge.run(SINE, [radians(0)])[0][0].shape == (1, 1)
        if crashed == 2:
            return
    pytest.skip("no mutant crashed this build of the runtime")
