"""The simulator and the native module with TensorFlow Lite Micro: the same outputs as the official wheel's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from small_models import SMALL_MODELS, convolutional

from picket_host import natmod
from picket_host.errors import BuildError, InputError
from picket_host.native.engine import Engine
from picket_host.simulator.build import build, simulator_port, stock_port
from picket_host.tflm_build.selection import select

SCRIPT = """
import json
from array import array
from binascii import hexlify
import picket_native
m = picket_native.Model(open("model.tflite", "rb").read())
raw = open("inputs", "rb").read()
n = m.inputs[0].nbytes
out = []
for at in range(0, len(raw), n):
    m.input()[:] = array("b", raw[at:at + n])
    m.invoke()
    out.append(hexlify(bytes(m.output())).decode())
profile = m.profile()
try:
    picket_native.Model(open("model.tflite", "rb").read()[:500])
    refused = ""
except ValueError as error:
    refused = str(error)
x = m.inputs[0]
print(json.dumps([m.engine, out, m.ops, [name for name, us in profile], x.shape, x.zero_point, refused]))
"""


def run(binary: Path, folder: Path, model: bytes, inputs: list[np.ndarray]) -> list:
    (folder / "model.tflite").write_bytes(model)
    (folder / "inputs").write_bytes(b"".join(array.tobytes() for array in inputs))
    (folder / "script.py").write_text(SCRIPT)
    command = [str(binary), "-X", "heapsize=2M", "script.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check(binary: Path, folder: Path, judge) -> None:
    model = convolutional()
    rng = np.random.default_rng(2)
    inputs = [rng.integers(-128, 128, (1, 5, 5, 2)).astype(np.int8) for _ in range(5)]
    engine, out, ops, profiled, shape, zero_point, refused = run(binary, folder, model, inputs)
    assert engine == "tflm"
    assert out == [outputs[0].tobytes().hex() for outputs in judge.run(model, [[x] for x in inputs])]
    assert tuple(ops) == tuple(profiled) == Engine(model).ops
    assert (shape, zero_point) == ([1, 5, 5, 2], -3)
    assert "byte" in refused


def test_the_simulator_runs_models_with_it(tflm, judge, tmp_path):
    check(build(port=simulator_port(select(library=tflm))), tmp_path, judge)


def test_stock_micropython_runs_it_as_a_native_module(tflm, judge, tmp_path):
    if not tflm.stripped:
        pytest.skip("TFLM_ROOT's library was not compiled with TF_LITE_STRIP_ERROR_STRINGS")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small.tflite").write_bytes(convolutional())
    module = natmod.build("x64", selection=select([tmp_path / "models"], library=tflm, engine_only=True))
    assert set(module.operators) == set(Engine(convolutional()).ops)
    (tmp_path / module.path.name).write_bytes(module.path.read_bytes())
    check(build(port=stock_port()), tmp_path, judge)


def test_a_library_with_texts_cannot_become_a_module(tflm):
    if tflm.stripped:
        tflm.require("x64", module=True)
    else:
        with pytest.raises(BuildError, match="TF_LITE_STRIP_ERROR_STRINGS"):
            tflm.require("x64", module=True)


def test_a_library_for_another_machine_is_refused(tflm):
    with pytest.raises(InputError, match="not for RISCV"):
        tflm.require("rv32imc")
    with pytest.raises(InputError, match="one of x64, rv32imc"):
        tflm.require("xtensawin")


def test_models_that_can_be_checked_make_a_build_that_checks(tflm, tmp_path):
    for name, model in SMALL_MODELS.items():
        (tmp_path / f"{name}.tflite").write_bytes(model())
    assert select([tmp_path], library=tflm).unchecked == ""
    assert "-DPICKET_TFLM_TRUST_UNCHECKED=0" in select([tmp_path], library=tflm).flags
    assert "-DPICKET_TFLM_TRUST_UNCHECKED=1" in select([tmp_path], "all", library=tflm).flags
