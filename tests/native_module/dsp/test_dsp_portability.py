"""What a dynamic native module and equal features ask for: no libm, no writable data, the same bits always."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from picket_host.native import dsp
from picket_host.native.build import FLAGS, build, compiler, declarations
from picket_host.paths import NATIVE

_FOLDER = NATIVE / "dsp"
_SOURCES = sorted(_FOLDER.glob("*.c"))
# What a compiler may call by itself even in freestanding code; every module carries these.
_FROM_THE_COMPILER = {"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_"}


@pytest.mark.parametrize("source", _SOURCES, ids=lambda path: path.name)
def test_object_needs_no_library_and_has_no_writable_data(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "object.o"
    subprocess.run([*compiler(), *FLAGS, "-ffreestanding", "-c", source, "-o", target], check=True)
    with target.open("rb") as file:
        elf = ELFFile(file)
        tables = [s for s in elf.iter_sections() if isinstance(s, SymbolTableSection)]
        undefined = {s.name for t in tables for s in t.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
        sizes = {s.name: s["sh_size"] for s in elf.iter_sections()}
    assert {name for name in undefined if not name.startswith("picket_")} <= _FROM_THE_COMPILER
    assert sizes.get(".data", 0) == sizes.get(".bss", 0) == 0


@pytest.mark.parametrize("level", ["-O0", "-Os", "-O3"])
def test_same_bits_at_every_optimisation(level: str) -> None:
    headers = sorted(_FOLDER.glob("*.h"), key=lambda path: (path.name != "dsp_status.h", path.name))
    other = build("dsp" + level, declarations(*headers), _SOURCES, [_FOLDER], [level])
    params = dsp.vibration_params()
    features = dsp.Vibration(params)
    state = other.ffi.new("picket_vibration_t *")
    floats = other.ffi.new("size_t *")
    assert other.lib.picket_vibration_measure(params, len(params), floats) == 0
    memory = other.ffi.new("float[]", floats[0])
    assert other.lib.picket_vibration_init(state, params, len(params), memory, floats[0]) == 0
    rng = np.random.default_rng(9)
    for _ in range(20):
        x = (rng.normal(size=4096) * 10 ** rng.uniform(0, 4)).clip(-32768, 32767).astype(np.int16)
        out = np.empty(features.features, np.float32)
        samples, values = other.ffi.from_buffer("int16_t[]", x), other.ffi.from_buffer("float[]", out)
        other.lib.picket_vibration_compute(state, samples, values)
        np.testing.assert_array_equal(out.view(np.uint32), features.compute(x).view(np.uint32))


@pytest.mark.parametrize("level", ["-O0", "-Os", "-O3"])
def test_log_mel_frames_are_the_same_bits_at_every_optimisation(level: str) -> None:
    headers = sorted(_FOLDER.glob("*.h"), key=lambda path: (path.name != "dsp_status.h", path.name))
    other = build("dsp" + level, declarations(*headers), _SOURCES, [_FOLDER], [level])
    params = dsp.mel_params()
    state = other.ffi.new("picket_mel_t *")
    floats = other.ffi.new("size_t *")
    assert other.lib.picket_mel_measure(params, len(params), floats) == 0
    memory = other.ffi.new("float[]", floats[0])
    assert other.lib.picket_mel_init(state, params, len(params), memory, floats[0]) == 0
    rng = np.random.default_rng(9)
    x = (rng.normal(size=16000) * 10 ** np.linspace(0, 4, 16000)).clip(-32768, 32767).astype(np.int16)
    expected = dsp.Mel(params).frames(x)
    out = np.empty_like(expected)
    other.lib.picket_mel_feed(
        state, other.ffi.from_buffer("int16_t[]", x), x.size, other.ffi.from_buffer("float[]", out)
    )
    np.testing.assert_array_equal(out.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("level", ["-O0", "-Os", "-O3"])
def test_motion_and_heartbeat_features_are_the_same_bits_at_every_optimisation(level: str) -> None:
    headers = sorted(_FOLDER.glob("*.h"), key=lambda path: (path.name != "dsp_status.h", path.name))
    other = build("dsp" + level, declarations(*headers), _SOURCES, [_FOLDER], [level])
    rng = np.random.default_rng(9)
    motion = dsp.Motion(dsp.motion_params())
    state, floats = other.ffi.new("picket_motion_t *"), other.ffi.new("size_t *")
    assert other.lib.picket_motion_measure(motion.params, len(motion.params), floats) == 0
    memory = other.ffi.new("float[]", floats[0])
    assert other.lib.picket_motion_init(state, motion.params, len(motion.params), memory, floats[0]) == 0
    out = np.empty(motion.features, np.float32)
    for _ in range(10):
        frames = (rng.normal(size=(motion.hop, 7)) * 10 ** rng.uniform(1, 4)).clip(-32768, 32767).astype(np.int16)
        other.lib.picket_motion_feed(
            state, other.ffi.from_buffer("int16_t[]", frames), other.ffi.from_buffer("float[]", out)
        )
        np.testing.assert_array_equal(out.view(np.uint32), motion.feed(frames).view(np.uint32))

    heart = dsp.Heart(dsp.heart_params())
    state = other.ffi.new("picket_heart_t *")
    assert other.lib.picket_heart_init(state, heart.params, len(heart.params)) == 0
    phase = np.cumsum(1.2 + 0.1 * np.sin(np.arange(6000) / 300)) / 100
    light = (-8000 - 400 * np.cos(2 * np.pi * phase) + rng.normal(0, 20, 6000)).astype(np.int16)
    heart.feed(light)
    other.lib.picket_heart_feed(state, other.ffi.from_buffer("int16_t[]", light), light.size)
    features, beats = heart.compute()
    out = np.empty_like(features)
    assert other.lib.picket_heart_features(state, other.ffi.from_buffer("float[]", out)) == beats > 30
    np.testing.assert_array_equal(out.view(np.uint32), features.view(np.uint32))
