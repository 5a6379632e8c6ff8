from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from picket_host.errors import BuildError, InputError, ReleaseError
from picket_host.paths import DEVICE
from picket_host.release import manifest
from picket_host.release.make import Recipe, compile_application, make, mpy_arch, mpy_version
from picket_host.release.rules import rules

_X64 = b"M\x06\x0b\x1f" + bytes(8)  # head of a native module: version 6.3, x64


def test_a_release_has_the_application_as_byte_code_and_the_model(tmp_path: Path, recipe: Recipe) -> None:
    made = make(tmp_path / "1", recipe)
    paths = [entry.path for entry in made.manifest.files]
    assert paths == [
        "lib/umqtt/simple.mpy", "main.py", "model/golden.bin", "model/model.json", "model/model.tflite",
        "model/pipeline.bin", "picket/app.mpy", "picket/update/slots.mpy",
    ]
    assert mpy_version(tmp_path / "1" / "picket" / "app.mpy") == "6.3"
    assert (tmp_path / "1" / "main.py").read_text() == "import picket.app"


def test_the_same_recipe_makes_the_same_bytes(tmp_path: Path, recipe: Recipe) -> None:
    one, other = (make(tmp_path / name, recipe).folder for name in ("one", "other"))
    for path in sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file()):
        assert (one / path).read_bytes() == (other / path).read_bytes(), path


def test_compiled_modules_do_not_tell_where_they_were_made(tmp_path: Path, recipe: Recipe) -> None:
    made = make(tmp_path / "1", recipe)
    for file in made.folder.rglob("*.mpy"):
        assert str(tmp_path).encode() not in file.read_bytes()


def test_the_device_reads_what_the_host_writes(tmp_path: Path, recipe: Recipe) -> None:
    made = make(tmp_path / "1", replace(recipe, replaces_min=2, notes="für später"))
    raw = manifest.read_bytes(made.folder)
    parsed = rules.parse(raw)
    assert (parsed.sequence, parsed.replaces_min, parsed.kind, parsed.size) == (3, 2, "full", made.manifest.size)
    assert [(path, size) for path, size, _ in parsed.files()] == [(f.path, f.size) for f in made.manifest.files]
    assert manifest.parse(raw) == made.manifest


def test_a_model_release_brings_the_model_alone(tmp_path: Path, recipe: Recipe) -> None:
    made = make(tmp_path / "1", replace(recipe, kind="model"))
    assert {entry.path.split("/")[0] for entry in made.manifest.files} == {"model"}


def test_native_modules_lie_by_architecture(tmp_path: Path, recipe: Recipe) -> None:
    module = tmp_path / "picket_native.mpy"
    module.write_bytes(_X64)
    made = make(tmp_path / "1", replace(recipe, native={"x64": module}))
    assert (made.folder / "native" / "x64" / "picket_native.mpy").read_bytes() == _X64
    assert mpy_arch(module) == "x64"


def test_a_native_module_of_another_architecture_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    module = tmp_path / "picket_native.mpy"
    module.write_bytes(_X64)
    with pytest.raises(InputError, match="the native module is for x64, .mpy 6.3, not xtensawin, .mpy 6.3"):
        make(tmp_path / "1", replace(recipe, native={"xtensawin": module}))
    with pytest.raises(InputError, match="no such native module"):
        make(tmp_path / "1", replace(recipe, native={"x64": tmp_path / "none.mpy"}))
    with pytest.raises(InputError, match="kind model can't bring a native module"):
        make(tmp_path / "1", replace(recipe, kind="model", native={"x64": module}))
    assert not (tmp_path / "1").exists()


def test_nothing_is_left_where_making_failed(tmp_path: Path, recipe: Recipe) -> None:
    (recipe.application / "picket" / "app.py").write_text("def (:\n")
    with pytest.raises(BuildError, match="mpy-cross: SyntaxError"):
        make(tmp_path / "out" / "1", recipe)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["model.json", "model.tflite", "golden.bin"])
def test_an_incomplete_package_is_refused(tmp_path: Path, recipe: Recipe, name: str) -> None:
    (recipe.model / name).unlink()
    with pytest.raises(InputError, match=f"the model package has no {name}"):
        make(tmp_path / "1", recipe)


def test_missing_parts_are_named(tmp_path: Path, recipe: Recipe) -> None:
    with pytest.raises(InputError, match="no such model package"):
        make(tmp_path / "1", replace(recipe, model=tmp_path / "none"))
    with pytest.raises(InputError, match="no main.py"):
        make(tmp_path / "1", replace(recipe, application=tmp_path))
    (tmp_path / "1").mkdir()
    with pytest.raises(InputError, match="there already"):
        make(tmp_path / "1", recipe)


def test_what_a_device_would_refuse_is_not_made(tmp_path: Path, recipe: Recipe) -> None:
    for number in range(90):
        (recipe.model / f"extra{number}.bin").write_bytes(b"")
    with pytest.raises(ReleaseError, match="the release has 98 files, 1 to 96 are allowed"):
        make(tmp_path / "1", recipe)


def test_a_path_that_a_device_would_refuse_is_not_made(tmp_path: Path, recipe: Recipe) -> None:
    (recipe.model / ("x" * 60)).write_bytes(b"")
    with pytest.raises(ReleaseError, match="is not allowed"):
        make(tmp_path / "1", recipe)


def test_a_sequence_below_what_it_replaces_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    with pytest.raises(ReleaseError, match="out of range"):
        make(tmp_path / "1", replace(recipe, replaces_min=4))


def test_the_real_application_fits_into_a_release(tmp_path: Path, recipe: Recipe) -> None:
    if not (DEVICE / "lib" / "umqtt").is_dir():
        pytest.skip("umqtt is not vendored yet")
    made = make(tmp_path / "1", replace(recipe, application=DEVICE))
    paths = [entry.path for entry in made.manifest.files]
    assert "boot.py" not in paths and "picket/app.mpy" in paths


def test_the_application_alone_compiles_for_the_cable(tmp_path: Path, application: Path) -> None:
    compile_application(application, tmp_path)
    assert (tmp_path / "picket" / "app.mpy").is_file() and not (tmp_path / "boot.py").exists()
    with pytest.raises(InputError, match="no architecture"):
        compile_application(application, tmp_path, march="z80")


def test_the_manifest_is_canonical(tmp_path: Path, recipe: Recipe) -> None:
    raw = manifest.read_bytes(make(tmp_path / "1", recipe).folder)
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode("ascii")
