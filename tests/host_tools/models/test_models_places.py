"""Results take the place of nothing but older ones of their own kind, and a path that can't be written is known at
once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_runs

from picket_host.errors import InputError
from picket_host.models import adopt, anomaly_fit, package, places, quantize, recipes, search, verify
from picket_host.models.cost import NO_LIMITS
from picket_host.models.prune import new_folder
from picket_host.models.train import RunFolder, train

PACKAGE = dict.fromkeys(("model.json", "model.tflite", "golden.bin", "pipeline.bin"), b"new")


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that is below a folder, by relative path; None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A package that is there already."""
    folder = tmp_path / "package"
    package.write_folder(folder, {**dict.fromkeys(PACKAGE, b"old"), "anomaly.bin": b"old"})
    return folder


def test_older_package_is_replaced_whole(older: Path) -> None:
    package.write_folder(older, PACKAGE)
    assert contents(older) == PACKAGE
    assert [path.name for path in older.parent.iterdir()] == ["package"]


def test_package_takes_an_empty_folder_or_makes_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/deep"):
        package.write_folder(tmp_path / name, PACKAGE)
        assert contents(tmp_path / name) == PACKAGE


@pytest.mark.parametrize("name", ["notes.txt", "sub/recording.wav", "model.json/inside"])
def test_package_leaves_a_folder_with_other_things_as_it_is(older: Path, name: str) -> None:
    foreign = older / name
    if name.startswith("model.json"):
        (older / "model.json").unlink()
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"dear")
    before = contents(older)
    with pytest.raises(InputError, match=f"holds {name.split('/')[0]}.*a new folder"):
        package.write_folder(older, PACKAGE)
    assert contents(older) == before
    assert [path.name for path in older.parent.iterdir()] == ["package"]


def test_folder_with_only_a_model_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"dear")
    with pytest.raises(InputError, match="is not a model package"):
        package.write_folder(tmp_path, PACKAGE)
    assert contents(tmp_path) == {"model.tflite": b"dear"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """The folder of a run, its models without content."""
    folder = RunFolder(tmp_path / "run")
    data = tiny_runs.dataset(each=2)
    folder.begin(data)
    for file in (folder.keras_file, folder.tflite_file):
        file.write_bytes(b"dear")
    job = tiny_runs.Job("vibration", "baseline", folder.dataset_file, 1)
    tiny_runs.describe(job, data, {"weights": 1, "curves": {}}).save(folder.path)
    return folder


def test_package_of_a_run_does_not_take_its_place(run: RunFolder) -> None:
    before = contents(run.path)
    with pytest.raises(InputError, match=r"holds dataset\.npz"):
        package.package_run(run.path, run.path)
    with pytest.raises(InputError, match=r"holds dataset\.npz"):
        adopt.adopt(run.tflite_file, run.path, "vibration", ["a", "b"])
    with pytest.raises(InputError, match=r"holds dataset\.npz"):
        package.build_package("vibration", None, None, True, run.path)
    assert contents(run.path) == before


def test_new_run_replaces_a_run_and_what_an_interrupted_one_left(run: RunFolder) -> None:
    run.begin()
    assert not run.tflite_file.exists()
    (run.path / "run.json").unlink()
    run.begin()


@pytest.mark.parametrize("name", ["model.tflite", "model.keras", "anomaly.bin", "run.json", "dataset.npz"])
def test_training_does_not_write_over_what_is_no_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"dear")
    with pytest.raises(InputError, match="not"):
        train("vibration", tmp_path)
    with pytest.raises(InputError, match="not"):  # as prune and distill begin
        new_folder(tmp_path, RunFolder(tmp_path / "parent"), tmp_path / "parent.keras", tiny_runs.dataset(each=2))
    assert contents(tmp_path) == {name: b"dear"}


def test_search_does_not_write_into_a_run(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(run.path)
    monkeypatch.setattr(recipes.find("vibration"), "load", lambda *_: tiny_runs.dataset(), raising=False)
    with pytest.raises(InputError, match="holds something else"):
        search.search("vibration", run.path, NO_LIMITS, 1)
    assert contents(run.path) == before


@pytest.mark.parametrize("name", ["run.json", "dataset.npz", "model.keras"])
def test_result_is_not_written_over_the_run_that_it_is_made_from(run: RunFolder, name: str) -> None:
    before = contents(run.path)
    out = run.path / name
    for make in (
        lambda: quantize.quantize(run.path, out),
        lambda: anomaly_fit.fit(run.path, 0.01, out=out),
        lambda: verify.verify(run.path, golden_file=out),
    ):
        with pytest.raises(InputError, match="what it is made from"):
            make()
    assert contents(run.path) == before


def test_result_is_not_written_over_the_file_that_it_is_made_from(tmp_path: Path) -> None:
    model, samples = tmp_path / "model.keras", tmp_path / "samples.npy"
    model.write_bytes(b"dear")
    np.save(samples, np.eye(8, dtype=np.float32))
    before = contents(tmp_path)
    for out in (model, samples):
        with pytest.raises(InputError, match="what it is made from"):
            quantize.quantize(model, out, samples)
    assert contents(tmp_path) == before


def test_place_of_a_folder_is_a_folder_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places.check_folder(tmp_path)
    places.check_folder(tmp_path / "new" / "deep")
    with pytest.raises(InputError, match="a file is where the folder shall be"):
        places.check_folder(tmp_path / "file")
    with pytest.raises(InputError, match=r"/file: a file is where a folder shall be"):
        places.check_folder(tmp_path / "file" / "deep" / "er")


def test_place_of_a_file_is_a_file_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places.check_file(tmp_path / "file")
    places.check_file(tmp_path / "new" / "file")
    with pytest.raises(InputError, match="a folder is where the file shall be"):
        places.check_file(tmp_path)
    with pytest.raises(InputError, match=r"/file: a file is where a folder shall be"):
        places.check_file(tmp_path / "file" / "deep")
