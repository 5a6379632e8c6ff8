"""picket_native.mpy on real MicroPython for RISC-V: benchmark models and the vibration model give the official
runtime's bytes, features are those of the host, and stock firmware imports the module, too."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from emulated_boards import switched_on
from small_models import SMALL_MODELS

from picket_host import natmod
from picket_host.emulator.build import build, stock_port
from picket_host.emulator.emulator import Emulator, ScriptError
from picket_host.models import golden, tflite_file
from picket_host.models.package import build_package
from picket_host.models.tflm import Judge
from picket_host.native.dsp import Vibration
from picket_host.native.selection import select
from picket_host.paths import CACHE, MODELS, NATIVE, ROOT
from picket_host.tflm_build import library
from picket_host.tflm_build.selection import select as select_tflm

_BENCHMARKS = ROOT.parent / "shared" / "data" / "tflite"
_MODELS = ("hello_world_int8", "mlperf_ad01_int8", "mlperf_kws_ref_model", "person_detect")
_INVOKE = """
import json, uctypes
from array import array
import picket_native

# Outside of the heap: activations of a large model do not fit beside the module.
arena = uctypes.bytearray_at(0x85000000, 0x100000)
with open("/rom/model.tflite", "rb") as file:
    model = picket_native.Model(memoryview(file), arena)
(x,) = model.inputs
typecode = {"int8": "b", "float32": "f"}[x.dtype]
with open("/rom/inputs", "rb") as file:
    while True:
        raw = file.read(x.nbytes)
        if not raw:
            break
        model.input()[:] = array(typecode, raw)
        model.invoke()
        print(bytes(model.output()).hex())
"""
_ENGINE = """
import uctypes
import picket_native
with open("/rom/model.tflite", "rb") as file:
    print(picket_native.Model(memoryview(file), uctypes.bytearray_at(0x85000000, 0x100000)).engine)
"""


@pytest.fixture(scope="module")
def stock_board() -> Iterator[Emulator]:
    """MicroPython's own board, without anything of ours."""
    board = switched_on(firmware=build(port=stock_port()))
    yield board
    board.stop()


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


def assert_as_tflm(board: Emulator, judge: Judge, native_module: Path, model: bytes, vectors: int) -> None:
    graph = tflite_file.read(model)
    tensor = graph.tensors[graph.inputs[0]]
    rng = np.random.default_rng(11)
    if tensor.dtype == "int8":
        inputs = rng.integers(-128, 128, (vectors, *tensor.shape)).astype(np.int8)
    else:
        inputs = rng.normal(0, 3, (vectors, *tensor.shape)).astype(np.float32)
    expected = [outputs[0].tobytes() for outputs in judge.run(model, [[x] for x in inputs])]
    files = {native_module.name: native_module, "model.tflite": model, "inputs": inputs.tobytes()}
    actual = [bytes.fromhex(line) for line in board.run(_INVOKE, files).splitlines()]
    assert len(actual) == vectors
    for vector, (a, e) in enumerate(zip(actual, expected, strict=True)):
        assert a == e, f"vector {vector}: {a.hex()} instead of {e.hex()}"


@pytest.mark.parametrize("name", _MODELS)
def test_benchmark_models_give_the_official_runtimes_outputs(shared_board, judge, native_module, name):
    path = _BENCHMARKS / f"{name}.tflite"
    if not path.is_file():
        pytest.skip(f"no benchmark model {path.name} beside the repository")
    assert_as_tflm(shared_board, judge, native_module, path.read_bytes(), vectors=5)


@pytest.mark.parametrize("name", sorted(SMALL_MODELS))
def test_small_models_give_the_official_runtimes_outputs(shared_board, judge, native_module, name):
    assert_as_tflm(shared_board, judge, native_module, SMALL_MODELS[name](), vectors=10)


@pytest.mark.parametrize("name", sorted(SMALL_MODELS))
def test_stock_firmware_imports_a_module_made_for_a_model(stock_board, judge, native_module, tmp_path, name):
    model = tmp_path / "model.tflite"
    model.write_bytes(SMALL_MODELS[name]())
    module = natmod.build("rv32imc", selection=select([model], engine_only=True)).path
    assert_as_tflm(stock_board, judge, module, model.read_bytes(), vectors=5)


@pytest.mark.parametrize("name", ["convolutional", "elementwise"])
def test_stock_firmware_imports_the_smallest_module_made_for_a_model(stock_board, judge, native_module, tmp_path, name):
    model = tmp_path / "model.tflite"
    model.write_bytes(SMALL_MODELS[name]())
    selection = select([model], engine_only=True, short_errors=True, compact=True)
    module = natmod.build("rv32imc", selection=selection).path
    assert_as_tflm(stock_board, judge, module, model.read_bytes(), vectors=5)


def test_five_operators_take_16_kilobytes(native_module):
    five = "CONV_2D,DEPTHWISE_CONV_2D,FULLY_CONNECTED,RESHAPE,SOFTMAX"
    selection = select(ops=five, engine_only=True, short_errors=True, compact=True)
    assert natmod.build("rv32imc", selection=selection).file_bytes <= 16 << 10


@pytest.mark.parametrize("name", ["small", "mlperf_kws_ref_model"])
def test_stock_firmware_runs_tensorflow_lite_micro_as_a_module(stock_board, judge, tmp_path, name):
    if not os.environ.get("TFLM_ROOT_RV32IMC"):
        pytest.skip("TFLM_ROOT_RV32IMC names no TensorFlow Lite Micro that was compiled for RISC-V")
    model = tmp_path / "model.tflite"
    if name == "small":
        model.write_bytes(SMALL_MODELS["convolutional"]())
    elif (_BENCHMARKS / f"{name}.tflite").is_file():
        model.write_bytes((_BENCHMARKS / f"{name}.tflite").read_bytes())
    else:
        pytest.skip(f"no benchmark model {name}.tflite beside the repository")
    tflm = library.find(Path(os.environ["TFLM_ROOT_RV32IMC"]))
    module = natmod.build("rv32imc", selection=select_tflm([model], library=tflm, engine_only=True)).path
    assert_as_tflm(stock_board, judge, module, model.read_bytes(), vectors=3)
    assert stock_board.run(_ENGINE, {module.name: module, "model.tflite": model.read_bytes()}) == "tflm\n"


def test_stock_firmware_imports_the_whole_module(stock_board, native_module):
    """In the heap that it has, with room left for a model."""
    script = "import gc, picket_native\ngc.collect()\nprint(gc.mem_free())"
    assert int(stock_board.run(script, {native_module.name: native_module})) > 20_000


def test_the_stock_board_has_nothing_of_ours(stock_board):
    with pytest.raises(ScriptError, match="no module named 'storage'"):
        stock_board.run("import storage")


@pytest.fixture(scope="module")
def vibration_package() -> Path:
    """The package of the vibration recipe, trained from synthesised recordings; kept until its sources change."""
    sources = [MODELS / "vibration", ROOT / "host_tools" / "picket_host" / "models", NATIVE / "dsp"]
    paths = sorted(path for folder in sources for path in folder.rglob("*") if path.suffix in (".py", ".c", ".h"))
    key = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
    package = CACHE / "tests" / f"vibration-{key}"
    if not package.is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "package"
            build_package("vibration", None, None, True, made)
            package.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(made, package, dirs_exist_ok=True)
    return package


def test_the_vibration_model_goes_from_samples_to_golden_outputs(shared_board, native_module, vibration_package):
    """Features are the host's bit for bit; the golden vectors, computed by the official runtime, come out."""
    rng = np.random.default_rng(2)
    host = Vibration((vibration_package / "pipeline.bin").read_bytes())
    windows = rng.normal(0, 3000, (3, host.window)).clip(-32768, 32767).astype(np.int16)
    script = """
from array import array
import picket_native

def read(name):
    with open("/rom/" + name, "rb") as file:
        return file.read()

v = picket_native.Vibration(read("pipeline.bin"))
features = array("f", bytes(4 * v.features))
samples = read("windows")
for at in range(0, len(samples), 2 * v.window):
    v.compute(array("h", samples[at:at + 2 * v.window]), features)
    print(bytes(features).hex())

model = picket_native.Model(read("model.tflite"))
golden = read("golden.bin")
count, inputs, outputs = array("I", golden[4:16])
for i in range(count):
    at = 16 + i * (inputs + outputs)
    model.input()[:] = array("b", golden[at:at + inputs])
    model.invoke()
    print(bytes(model.output()).hex())
"""
    files = {path.name: path for path in vibration_package.iterdir()}
    files |= {native_module.name: native_module, "windows": windows.tobytes()}
    lines = [bytes.fromhex(line) for line in shared_board.run(script, files).splitlines()]
    _, outputs = golden.unpack((vibration_package / "golden.bin").read_bytes())
    assert lines[: len(windows)] == [host.compute(window).tobytes() for window in windows]
    assert lines[len(windows) :] == [output.tobytes() for output in outputs]


def test_a_corrupt_model_is_an_exception(shared_board, native_module):
    model = SMALL_MODELS["convolutional"]()
    script = """
import picket_native
data = bytearray(open("/rom/model.tflite", "rb").read())
refused = 0
for length in range(0, len(data), 97):
    try:
        picket_native.Model(bytes(data[:length]))
    except ValueError:
        refused += 1
print(refused == len(range(0, len(data), 97)))
"""
    assert shared_board.run(script, {native_module.name: native_module, "model.tflite": model}) == "True\n"
