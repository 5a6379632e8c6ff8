"""picket_native.mpy for the ESP32: MicroPython's own loader takes it on that processor; damaged ones are refused."""

from collections.abc import Callable
from pathlib import Path

import monocypher
import numpy as np
import pytest
from operator_cases import random_inputs
from small_models import SMALL_MODELS

from picket_host.errors import BuildError
from picket_host.models.tflm import Judge
from picket_host.native import dsp
from picket_host.native.engine import Engine
from picket_host.xtensa import module_file

MicroPython = Callable[..., str]

RUN_MODEL = """
import picket_native
model = picket_native.Model(blobs[0])
at = 0
for _ in range({invocations}):
    for i in range(len(model.inputs)):
        view = model.input(i)
        for k in range(len(view)):
            byte = blobs[1][at]
            view[k] = byte - 256 if byte > 127 else byte
            at += 1
    model.invoke()
    print(bytes(model.output(0)).hex())
"""


def test_benchmark_model_gives_the_bits_of_tflm(benchmark: bytes, micropython: MicroPython, judge: Judge) -> None:
    rng = np.random.default_rng(5)
    invocations = [random_inputs(rng, Engine(benchmark).inputs) for _ in range(2)]
    inputs = b"".join(array.tobytes() for arrays in invocations for array in arrays)
    printed = micropython(RUN_MODEL.format(invocations=2), benchmark, inputs).split()
    assert printed == [arrays[0].tobytes().hex() for arrays in judge.run(benchmark, invocations)]


def test_a_damaged_model_is_an_exception(micropython: MicroPython) -> None:
    script = """
import picket_native
for size in (0, 3, 40, 200):
    try:
        picket_native.Model(bytes(blobs[0])[:size])
        print("taken")
    except ValueError as error:
        print("ValueError", error)
"""
    lines = micropython(script, SMALL_MODELS["convolutional"](0)).splitlines()
    assert len(lines) == 4
    assert all(line.startswith("ValueError ") for line in lines)


def test_signal_processing_gives_the_bits_of_the_host(micropython: MicroPython) -> None:
    params = dsp.vibration_params()
    x = (np.random.default_rng(6).normal(size=4096) * 900).astype("<i2")
    script = """
import picket_native
from array import array
x = array('h', bytes(blobs[1]))
v = picket_native.Vibration(bytes(blobs[0]))
features, stats = array('f', [0] * v.features), array('f', [0] * 6)
v.compute(x, features)
picket_native.window_stats(x, 1.0, stats)
print(bytes(features).hex(), bytes(stats).hex())
"""
    printed = micropython(script, params, x.tobytes()).split()
    features, stats = (np.frombuffer(bytes.fromhex(text), "<u4") for text in printed)
    np.testing.assert_array_equal(features, dsp.Vibration(params).compute(x).view(np.uint32))
    np.testing.assert_array_equal(stats, np.array(dsp.window_stats(x), np.float32).view(np.uint32))


def test_a_signature_is_told_from_a_forged_one(micropython: MicroPython) -> None:
    message = b"release"
    secret, public_key = monocypher.generate_signing_key_pair()
    signature = monocypher.signature_sign(secret, message)
    forged = bytes([signature[0] ^ 1]) + signature[1:]
    script = "import picket_native\nprint([picket_native.verify(s, blobs[2], blobs[3]) for s in blobs[:2]])"
    assert micropython(script, signature, forged, public_key, message).strip() == "[True, False]"


def test_the_module_holds_what_its_loader_takes(module: Path) -> None:
    found = module_file.check(module)
    assert found.qstrs[0] == module.name
    assert "Model" in found.qstrs
    targets = {adjustment.target for adjustment in found.adjustments}
    assert {"text", "rodata", "bss", "qstr_table"} <= targets


def test_a_shortened_module_is_refused(module: Path, tmp_path: Path) -> None:
    content = module.read_bytes()
    for length in [*range(0, 400, 7), *range(len(content) - 400, len(content), 7)]:
        (tmp_path / "short.mpy").write_bytes(content[:length])
        with pytest.raises(BuildError):
            module_file.read(tmp_path / "short.mpy")


@pytest.mark.parametrize(
    ("at", "byte", "complaint"),
    [(1, 5, "not an .mpy"), (2, 11 << 2 | 3, "not an .mpy"), (2, 10 << 2 | 2, "not an .mpy")],
)
def test_a_module_of_another_kind_is_refused(module: Path, tmp_path: Path, at: int, byte: int, complaint: str) -> None:
    content = bytearray(module.read_bytes())
    content[at] = byte
    (tmp_path / "other.mpy").write_bytes(content)
    with pytest.raises(BuildError, match=complaint):
        module_file.read(tmp_path / "other.mpy")
