"""Code for the ESP32's processor, run under qemu-xtensa; skipped, with the reason, where that can't be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from picket_host import natmod
from picket_host.errors import EnvironmentError_
from picket_host.models.tflm import Judge
from picket_host.native import engine
from picket_host.paths import NATIVE, ROOT, TESTS
from picket_host.xtensa import interpreter, program, toolchain
from picket_host.xtensa.llvm import Llvm

sys.path[:0] = [str(TESTS / "support"), str(Path(__file__).parent)]

from esp32_program import Esp32  # noqa: E402

BENCHMARKS = ("person_detect", "mlperf_kws_ref_model", "mlperf_ad01_int8", "hello_world_int8")
BENCHMARK_FOLDER = ROOT.parent / "shared" / "data" / "tflite"


@pytest.fixture(scope="session")
def llvm() -> Llvm:
    try:
        return toolchain.llvm()
    except EnvironmentError_ as error:
        pytest.skip(f"no compiler for the ESP32: {error.what}")


@pytest.fixture(scope="session")
def qemu() -> None:
    try:
        program.command(Path("program"))
    except EnvironmentError_ as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def esp32(llvm: Llvm, qemu: None) -> Esp32:
    sources = [Path(__file__).parent / "driver.c", *engine.sources(), *sorted((NATIVE / "dsp").glob("*.c"))]
    target = natmod.ARCHITECTURES["xtensawin"]
    as_in_the_module = [(path, natmod._tuning(target, path)) for path in sources]
    return Esp32(program.build("driver", as_in_the_module, [NATIVE / "engine", NATIVE / "dsp"]))


@pytest.fixture(scope="session")
def module(llvm: Llvm) -> Path:
    """picket_native.mpy for the ESP32."""
    return natmod.build("xtensawin").path


@pytest.fixture(scope="session")
def micropython(module: Path, qemu: None) -> Callable[..., str]:
    """Runs a script, with blobs, in MicroPython on the ESP32's processor: what it prints."""
    return lambda script, *blobs: interpreter.run(module, script, blobs)


@pytest.fixture(scope="session", params=BENCHMARKS)
def benchmark(request: pytest.FixtureRequest) -> bytes:
    path = BENCHMARK_FOLDER / f"{request.param}.tflite"
    if not path.is_file():
        pytest.skip(f"no {path.name}: the public benchmark models are not beside this checkout")
    return path.read_bytes()


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """The official TFLM runtime, in one worker process for all tests."""
    with Judge() as instance:
        yield instance
