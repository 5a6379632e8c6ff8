"""What goes into a build of the native module, chosen by models."""

import json
import subprocess
import sys

import numpy as np
import pytest

from picket_host.errors import InputError, ModelError
from picket_host.native import engine, faults
from picket_host.native.build import FLAGS, build, compiler, declarations
from picket_host.native.engine import Engine
from picket_host.native.selection import EVERYTHING, TYPES, Selection, known_operators, select
from picket_host.paths import NATIVE, TESTS

sys.path.insert(0, str(TESTS / "support"))

from small_models import SMALL_MODELS  # noqa: E402
from tflite_builder import TfliteBuilder  # noqa: E402


def names(selection):
    return {path.relative_to(NATIVE).as_posix() for path in selection.files()}


def test_everything_is_every_file():
    assert EVERYTHING.flags == ()
    parts = ("binding", "crypto", "dsp", "engine", "engine/kernels", "engine/operators")
    assert names(EVERYTHING) == {
        path.relative_to(NATIVE).as_posix() for part in parts for path in (NATIVE / part).glob("*.c")
    }


def test_operators_of_models_and_named_ones_are_chosen(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.tflite").write_bytes(SMALL_MODELS["convolutional"]())
    selection = select([tmp_path], "mean, tanh")
    assert selection.operators == (
        "AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "MEAN", "PAD", "RESHAPE",
        "SOFTMAX", "TANH",
    )  # fmt: skip
    files = names(selection)
    assert {"engine/kernels/conv_2d_i8_blocked.c", "engine/operators/convolution.c", "dsp/rfft.c"} <= files
    assert not {"engine/operators/add.c", "engine/kernels/add_i8.c"} & files


def test_types_beside_int8_are_chosen_by_models_or_by_name(tmp_path):
    wide = {"engine/kernels/conv_2d_i16.c", "engine/kernels/fully_connected_i16.c"}
    packed = {"engine/kernels/conv_2d_i4.c", "engine/kernels/conv_2d_i4_blocked.c"}

    def chosen(models=(), **options):
        selection = select([tmp_path / name for name in models], "conv_2d,fully_connected", **options)
        assert all(
            (f"-DPICKET_TYPE_{name.upper()}=1" in selection.flags) == (name in selection.types) for name in TYPES
        )
        return selection.types, names(selection)

    for name in ("convolutional", "wide", "packed", "recurrent"):
        (tmp_path / name).write_bytes(SMALL_MODELS[name]())
    for models in ((), ("convolutional", "recurrent")):  # the int16 of a state is no activation
        types, files = chosen(models)
        assert types == () and not files & (wide | packed)
    types, files = chosen(["wide"])
    assert types == ("int16",) and files >= wide and not files & packed
    types, files = chosen(["packed"])
    assert types == ("int4",) and files >= packed and not files & wide
    types, files = chosen(["packed"], types="INT16")
    assert types == TYPES and files >= packed | wide
    with pytest.raises(InputError, match="no type int2"):
        select(types="int2")


def test_a_type_that_is_left_out_is_refused_by_the_operator_that_needs_it(tmp_path, monkeypatch):
    for name in ("wide", "packed"):
        (tmp_path / name).write_bytes(SMALL_MODELS[name]())
    operators = select([tmp_path / "wide", tmp_path / "packed"]).operators
    selection = Selection(operators, types=())
    folder = NATIVE / "engine"
    library = build("engine", declarations(folder / "engine.h"), selection.engine_files(), [folder], selection.flags)
    monkeypatch.setattr(engine, "native", lambda flags: library)
    for name, number in (("wide", 7), ("packed", 17)):
        with pytest.raises(
            ModelError, match=rf"operator \d \(CONV_2D\): tensor \d+: the tensor's type: {number}, not 9"
        ):
            Engine(SMALL_MODELS[name]())


def test_an_engine_alone_has_neither_signal_processing_nor_signatures():
    files = names(select(engine_only=True))
    assert {"binding/model.c", "binding/module.c"} <= files
    assert not any(name.startswith(("dsp/", "crypto/")) or name == "binding/fusion.c" for name in files)


def test_only_the_pipelines_of_packages_go_in(tmp_path):
    model = SMALL_MODELS["convolutional"]()
    for kind in ("mel", "image"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "model.tflite").write_bytes(model)
        (tmp_path / kind / "model.json").write_text(json.dumps({"pipeline": {"kind": kind}}))
    selection = select([tmp_path])
    assert selection.pipelines == ("image", "mel")
    assert "-DPICKET_WITHOUT_VIBRATION=1" in selection.flags and "-DPICKET_WITHOUT_MEL=1" not in selection.flags
    assert "binding/mel.c" in names(selection) and "binding/vibration.c" not in names(selection)
    (tmp_path / "alone.tflite").write_bytes(model)
    assert select([tmp_path]).pipelines is None


def test_what_the_engine_lacks_is_named(tmp_path):
    with pytest.raises(InputError, match="the engine does not have the operator NO_SUCH"):
        select(ops="NO_SUCH")
    (tmp_path / "model.tflite").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"model\.tflite: not a readable \.tflite file"):
        select([tmp_path / "model.tflite"])


def compile_alone(operator, types, *flags, compact=False):
    selection = Selection((operator,), types=types, compact=compact)
    files = map(str, selection.engine_files())
    done = subprocess.run(
        [*compiler(), *FLAGS, "-O0", *selection.flags, *flags, *files], capture_output=True, text=True
    )
    assert done.returncode == 0, f"{operator}: {done.stderr[:2000]}"


def test_the_files_of_each_operator_alone_compile():
    for operator in sorted(known_operators()):
        compile_alone(operator, (), "-fsyntax-only")


@pytest.mark.parametrize(
    "operator,types",
    [
        *(("CONV_2D", ()), ("MEAN", ()), ("PADV2", ()), ("TANH", ())),
        *(("CONV_2D", TYPES), ("DEPTHWISE_CONV_2D", ("int4",)), ("FULLY_CONNECTED", ("int16",))),
    ],
)
def test_the_files_of_an_operator_alone_are_all_it_needs(operator, types, tmp_path):
    library = str(tmp_path / "engine.so")
    compile_alone(operator, types, "-shared", "-fPIC", "-Wl,--no-undefined", "-o", library)
    if "int4" in types:  # kernels of int4 go back to other kernels, which a compact build may not have
        compile_alone(operator, types, "-shared", "-fPIC", "-Wl,--no-undefined", "-o", library, compact=True)


def test_no_two_faults_have_the_same_number():
    assert {key: texts for key, texts in faults.texts().items() if len(texts) > 1} == {}


def softmax_of_two_shapes():
    """A model that contradicts itself: its error names operator, tensor and two values."""
    b = TfliteBuilder()
    x = b.tensor((1, 4), np.int8, scale=0.05)
    y = b.tensor((1, 5), np.int8, scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [x], [y])
    return b.build([x], [y])


@pytest.mark.parametrize(
    "model",
    [b"", b"TFL3", SMALL_MODELS["convolutional"]()[:-4], softmax_of_two_shapes()],
    ids=["nothing", "too short", "cut", "contradiction"],
)
def test_a_short_error_is_explained_by_its_text(model):
    refusals = []
    for flags in ((), ("-DPICKET_SHORT_ERRORS=1",)):
        with pytest.raises(ModelError) as caught:
            Engine(model, flags)
        refusals.append(str(caught.value))
    long, short = refusals
    head, numbers = short.split("fault ")
    assert head + faults.explain([int(number) for number in numbers.split()]) == long


def test_an_unknown_fault_is_said_to_be_unknown():
    unknown = next(number for number in range(1, 1 << 18) if number not in faults.texts())
    with pytest.raises(InputError, match=f"no fault {unknown}"):
        faults.explain([unknown])
