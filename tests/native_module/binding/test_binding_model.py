"""picket_native.Model: outputs are the official runtime's, views are views, and running a model allocates nothing."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import SMALL_MODELS, convolutional
from small_models_more import recurrent, streaming
from tflite_builder import TfliteBuilder

from picket_host.models.tflm import Judge


@pytest.mark.parametrize(
    ("name", "shape", "dtype"), [("convolutional", (1, 5, 5, 2), np.int8), ("branching", (2, 3), np.float32)]
)
def test_outputs_are_those_of_the_official_runtime(interpreter, name, shape, dtype):
    model = SMALL_MODELS[name]()
    rng = np.random.default_rng(5)
    if dtype is np.int8:
        inputs = rng.integers(-128, 128, (20, *shape)).astype(np.int8)
    else:
        inputs = rng.normal(0, 3, (20, *shape)).astype(np.float32)
    with Judge() as judge:
        expected = b"".join(out[0].tobytes() for out in judge.run(model, [[x] for x in inputs]))
    (interpreter.folder / "model.tflite").write_bytes(model)
    (interpreter.folder / "inputs").write_bytes(inputs.tobytes())
    (actual,) = interpreter.run(
        """
        from binascii import hexlify
        m = picket_native.Model(open("model.tflite", "rb").read())
        raw = open("inputs", "rb").read()
        n = m.inputs[0].nbytes
        out = b""
        for at in range(0, len(raw), n):
            m.input()[:] = array("f" if m.inputs[0].dtype == "float32" else "b", raw[at:at + n])
            m.invoke()
            out += bytes(m.output())
        print(json.dumps(hexlify(out).decode()))
        """
    )
    assert bytes.fromhex(actual) == expected


def test_attributes_describe_the_model(interpreter):
    (interpreter.folder / "model.tflite").write_bytes(convolutional())
    (described,) = interpreter.run(
        """
        m = picket_native.Model(open("model.tflite", "rb").read())
        x, y = m.inputs[0], m.outputs[0]
        print(json.dumps([m.engine, m.ops, m.arena_bytes > 100, x.shape, x.dtype, x.scale, x.zero_point, x.nbytes,
                          y.shape, y.scale, len(m.inputs), len(m.outputs), refused(m.input, 1), refused(m.output, -1)]))
        """
    )
    engine, ops, has_arena, shape, dtype, scale, zero_point, nbytes, out_shape, out_scale, *rest = described
    assert engine == "portable"
    assert ops == [
        "PAD",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "MAX_POOL_2D",
        "AVERAGE_POOL_2D",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    assert has_arena
    assert (shape, dtype, zero_point, nbytes) == ([1, 5, 5, 2], "int8", -3, 50)
    assert scale == pytest.approx(0.05, rel=1e-6)
    assert (out_shape, out_scale) == ([1, 3], pytest.approx(1 / 256))
    assert rest == [1, 1, *["ValueError: the model has no tensor of this index"] * 2]


def test_quantize_and_dequantize_round_and_saturate(interpreter):
    builder = TfliteBuilder()
    x = builder.tensor((1, 6), np.int8, scale=0.5, zero_point=-3)
    y = builder.tensor((1, 6), np.int8, scale=0.5, zero_point=-3)
    builder.operator("RELU", [x], [y], version=2)
    (interpreter.folder / "model.tflite").write_bytes(builder.build([x], [y]))
    quantised, real, short, wrong = interpreter.run(
        """
        m = picket_native.Model(open("model.tflite", "rb").read())
        m.quantize(0, array("f", [0, 0.25, -0.25, 0.75, 1e9, -1e9]))
        print(json.dumps(list(m.input())))
        m.invoke()
        out = array("f", [0] * 6)
        m.dequantize(0, out)
        print(json.dumps(list(out)))
        print(json.dumps(refused(m.quantize, 0, array("f", [0] * 5))))
        print(json.dumps(refused(m.dequantize, 0, array("h", [0] * 6))))
        """
    )
    assert quantised == [-3, -2, -4, -1, 127, -128]  # half away from zero, then the zero point
    assert real == [0, 0.5, 0, 1, 65, 0]
    assert short == "ValueError: floats: needs 6 items, has 5"
    assert wrong == "ValueError: floats: needs an array of type 'f'"


def test_running_a_model_allocates_nothing(interpreter):
    (interpreter.folder / "model.tflite").write_bytes(convolutional())
    (out,) = interpreter.run(
        """
        import micropython
        m = picket_native.Model(open("model.tflite", "rb").read())
        floats = array("f", [0.5] * 50)
        out = array("f", [0] * 3)
        def run():
            m.quantize(0, floats)
            view = m.input(0)
            view[1] = m.input()[0]
            m.invoke()
            m.dequantize(0, out)
            return len(m.output(0))
        micropython.heap_lock()
        count = run()
        micropython.heap_unlock()
        print(json.dumps(count))
        """
    )
    assert out == 3


def test_views_keep_the_arena_alive_after_the_model_is_gone(interpreter):
    (interpreter.folder / "model.tflite").write_bytes(convolutional())
    (same,) = interpreter.run(
        """
        import gc
        view = picket_native.Model(open("model.tflite", "rb").read()).output()
        view[:] = array("b", [1, 2, 3])
        for _ in range(20):
            gc.collect()
            junk = [bytearray(200) for _ in range(50)]
        print(json.dumps(list(view)))
        """,
        heap="200k",
    )
    assert same == [1, 2, 3]


def test_the_model_and_a_given_arena_stay_alive_with_it(interpreter):
    model = convolutional()
    (interpreter.folder / "model.tflite").write_bytes(model)
    first, second = interpreter.run(
        """
        import gc
        def make():
            content = open("model.tflite", "rb").read()
            return picket_native.Model(content, arena=bytearray(picket_native.Model(content).arena_bytes))
        def run(m):
            m.input()[:] = array("b", range(50))
            m.invoke()
            return list(m.output())
        m = make()
        print(json.dumps(run(m)))
        for _ in range(20):
            gc.collect()
            junk = [bytes([i]) * 300 for i in range(50)]
        print(json.dumps(run(m)))
        """,
        heap="200k",
    )
    assert first == second


@pytest.mark.parametrize("make", [streaming, recurrent])
def test_reset_brings_the_initial_state_back(interpreter, make):
    (interpreter.folder / "model.tflite").write_bytes(make())
    fresh, later, again = interpreter.run(
        """
        m = picket_native.Model(open("model.tflite", "rb").read())
        x, y = m.input(), m.output()
        def run():
            out = []
            for k in range(4):
                for i in range(len(x)):
                    x[i] = 11 * k + i - 20
                m.invoke()
                out += list(y)
            return out
        print(json.dumps(run()))
        print(json.dumps(run()))
        m.reset()
        print(json.dumps(run()))
        """
    )
    assert later != fresh, "the model keeps no state"
    assert again == fresh


def test_several_models_run_beside_each_other(interpreter):
    (interpreter.folder / "a.tflite").write_bytes(convolutional(seed=1))
    (interpreter.folder / "b.tflite").write_bytes(convolutional(seed=2))
    alone, together = interpreter.run(
        """
        def load(name):
            return picket_native.Model(open(name, "rb").read())
        def run(m):
            m.input()[:] = array("b", range(50))
            m.invoke()
            return list(m.output())
        print(json.dumps([run(load("a.tflite")), run(load("b.tflite"))]))
        a, b = load("a.tflite"), load("b.tflite")
        print(json.dumps([run(a), run(b)]))
        """
    )
    assert alone == together


def test_a_bad_model_is_an_exception_that_says_what_and_where(interpreter):
    model = convolutional()
    (interpreter.folder / "model.tflite").write_bytes(model)
    answers = interpreter.run(
        """
        content = open("model.tflite", "rb").read()
        need = picket_native.Model(content).arena_bytes
        for args in ((b"",), (b"not a model at all",), (content[:200],), (3,), (content, bytearray(10)),
                     (content, bytes(need)), (content, memoryview(bytearray(need + 1))[1:]), ()):
            print(json.dumps(refused(picket_native.Model, *args)))
        """
    )
    assert all(answer != "accepted" for answer in answers)
    assert answers[0].startswith("ValueError: ")
    assert answers[1].startswith("ValueError: ")
    assert answers[2].startswith("ValueError: ")
    assert "byte" in answers[2]
    assert answers[3].startswith("TypeError: ")
    assert answers[4].startswith("MemoryError: arena: the model needs ")
    assert answers[4].endswith(" bytes, this has 10")
    assert answers[5].startswith(("TypeError: ", "ValueError: "))  # bytes can't be written to
    assert answers[6] == "ValueError: arena: must be aligned to 8 bytes"
    assert answers[7].startswith("TypeError: ")


def test_too_little_memory_says_how_much_it_takes(interpreter):
    builder = TfliteBuilder()
    x = builder.tensor((1, 300000), np.int8, scale=0.5, zero_point=0)
    y = builder.tensor((1, 300000), np.int8, scale=0.5, zero_point=0)
    builder.operator("RELU", [x], [y], version=2)
    (interpreter.folder / "model.tflite").write_bytes(builder.build([x], [y]))
    (answer,) = interpreter.run(
        'print(json.dumps(refused(picket_native.Model, open("model.tflite", "rb").read())))', heap="200k"
    )
    number = int(answer.removeprefix("MemoryError: the arena needs ").removesuffix(" bytes in one piece"))
    assert number >= 300000


def test_a_profile_names_every_operator(interpreter):
    (interpreter.folder / "model.tflite").write_bytes(convolutional())
    ops, profile = interpreter.run(
        """
        m = picket_native.Model(open("model.tflite", "rb").read())
        print(json.dumps(m.ops))
        print(json.dumps(m.profile()))
        """
    )
    assert [name for name, _ in profile] == ops
    assert all(isinstance(us, int) and us >= 0 for _, us in profile)


def test_attributes_cannot_be_set(interpreter):
    (interpreter.folder / "model.tflite").write_bytes(convolutional())
    (answer,) = interpreter.run(
        """
        m = picket_native.Model(open("model.tflite", "rb").read())
        print(json.dumps(refused(setattr, m, "arena_bytes", 1)))
        """
    )
    assert answer.startswith("AttributeError")
