"""An installed TensorFlow Lite Micro is checked before anything is compiled for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.tflm_build import cxx, library

RESOLVER = """
struct Resolver { void AddConv2D(); void AddAdd(); };
"""


def install(root: Path, source: str, compiler: str = "gcc") -> Path:
    """A folder like an installed library, made from one C file."""
    micro = root / "include" / "tensorflow" / "lite" / "micro"
    micro.mkdir(parents=True)
    (micro / "micro_mutable_op_resolver.h").write_text(RESOLVER)
    (root / "lib").mkdir()
    (root / "x.c").write_text(source)
    subprocess.run([compiler, "-c", "x.c", "-o", "an_object_with_a_long_name.o"], cwd=root, check=True)
    archive = "lib/libtensorflow-microlite.a"
    subprocess.run(["ar", "rcs", archive, "an_object_with_a_long_name.o"], cwd=root, check=True)
    return root


def test_machine_flags_and_operators_are_found_out(tmp_path):
    found = library.find(install(tmp_path, "int tflite_something(void) { return 1; }"))
    assert found.machine == "EM_X86_64"
    assert found.stripped
    assert "-DTF_LITE_STRIP_ERROR_STRINGS" in found.flags
    assert "-DTF_LITE_STATIC_MEMORY" in found.flags
    assert found.operators == ("ADD", "CONV_2D")


def test_a_library_with_texts_is_compiled_with_texts(tmp_path):
    found = library.find(install(tmp_path, "void _Z11MicroPrintfPKcz(const char *text, ...) { (void)text; }"))
    assert not found.stripped
    assert "-DTF_LITE_STRIP_ERROR_STRINGS" not in found.flags
    with pytest.raises(BuildError, match="TF_LITE_STRIP_ERROR_STRINGS"):
        found.require("x64", module=True)
    found.require("x64")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("void *TfLiteIntArrayCreate(int n) { return (void *)(long)n; }", "without -DTF_LITE_STATIC_MEMORY"),
        ("void __assert_fail(void); void f(void) { __assert_fail(); }", "without -DNDEBUG"),
        ("int __cxa_guard_acquire(long *); int f(long *x) { return __cxa_guard_acquire(x); }", "threadsafe-statics"),
    ],
)
def test_flags_that_disagree_with_the_engine_are_refused(tmp_path, source, complaint):
    with pytest.raises(BuildError, match=f"compiled.*{complaint}"):
        library.find(install(tmp_path, source))


def test_another_machine_is_refused(tmp_path):
    found = library.find(install(tmp_path, "int f(void) { return 1; }"))
    with pytest.raises(InputError, match="for X86_64, not for RISCV"):
        found.require("rv32imc")
    with pytest.raises(InputError, match="not built for armv7emsp"):
        found.require("armv7emsp")


def test_what_is_no_installation_says_what_one_is(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="libtensorflow-microlite.a: not a TensorFlow Lite Micro"):
        library.find(tmp_path)
    monkeypatch.delenv("TFLM_ROOT", raising=False)
    with pytest.raises(EnvironmentError_, match="--tflm-root DIR"):
        library.find(None)


def test_an_archive_of_something_else_is_refused(tmp_path):
    install(tmp_path, "int f(void) { return 1; }")
    (tmp_path / "lib" / "libtensorflow-microlite.a").write_bytes(b"!<arch>\nnonsense")
    with pytest.raises(InputError, match="not a library"):
        library.find(tmp_path)


def test_a_changed_library_has_another_digest(tmp_path):
    first = library.find(install(tmp_path / "a", "int f(void) { return 1; }")).digest
    second = library.find(install(tmp_path / "b", "int f(void) { return 2; }")).digest
    assert first != second


def test_the_hosts_cxx_compiler_finds_its_headers():
    assert cxx.cxx_of("gcc") == ("g++",)


def test_a_missing_cxx_compiler_is_named():
    with pytest.raises(EnvironmentError_, match="the compiler z80-elf-g\\+\\+ is missing"):
        cxx.cxx_of("z80-elf-gcc")


def test_missing_cxx_headers_are_named_with_their_package(monkeypatch, tmp_path):
    monkeypatch.setattr(cxx, "_compiles", lambda command: False)
    with pytest.raises(EnvironmentError_, match="apt-get install libstdc\\+\\+-arm-none-eabi-dev"):
        cxx.cxx_of("gcc", tmp_path)
