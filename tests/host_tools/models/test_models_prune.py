"""Pruning: the masks follow the schedule, what is zero stays zero, and the deflated file shrinks."""

import zlib

import pytest
import tiny_runs

from picket_host.errors import InputError
from picket_host.models import packing
from picket_host.models import prune as library
from picket_host.models.train import RunFolder


@pytest.fixture(scope="module")
def parent(bench, tmp_path_factory):
    return tiny_runs.train(bench, tmp_path_factory.mktemp("parent"), filters=8, hidden=64)


@pytest.fixture
def pruned(shared_bench, parent, tmp_path):
    return library.prune(parent.path, tmp_path / "pruned", sparsity=0.8, layers={"classes": 0.5}, epochs=1)


def test_layers_get_their_sparsity_and_the_file_deflates_better(parent, pruned):
    assert pruned.sparsity["combine"] == pytest.approx(0.8, abs=0.01)
    assert pruned.sparsity["classes"] == pytest.approx(0.5, abs=0.01)
    assert pruned.sparsity["shapes"] < 0.01  # depthwise: spared
    assert pruned.after.deflated_bytes < 0.9 * pruned.before.deflated_bytes
    assert pruned.after.bytes == pruned.before.bytes
    assert pruned.after.instructions == pruned.before.instructions
    assert pruned.before.accuracy > 0.9
    run = RunFolder(pruned.folder)
    assert run.run().derived["step"] == "prune"
    assert len(zlib.compress(packing.pack(run.model()), 9)) == pruned.after.deflated_bytes


def test_keras_file_is_pruned_on_the_data_of_a_run(shared_bench, parent, tmp_path):
    report = library.prune(parent.keras_file, tmp_path / "out", 0.5, epochs=1, run=parent.path)
    assert report.sparsity["combine"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"sparsity": 1.0}, "is not a share"),
        ({"sparsity": float("nan")}, "is not a share"),
        ({"layers": {"nothing": 0.5}}, "layer nothing: no such layer"),
        ({"sparsity": 0.0}, "no layer is large enough"),
    ],
)
def test_what_can_not_be_pruned_is_one_clear_line(shared_bench, parent, tmp_path, options, complaint):
    with pytest.raises(InputError) as caught:
        library.prune(parent.path, tmp_path / "out", epochs=1, **options)
    assert complaint in str(caught.value)


def test_parent_is_never_overwritten(parent):
    before = parent.keras_file.read_bytes()
    with pytest.raises(InputError, match="would be overwritten"):
        library.prune(parent.path, parent.path)
    assert parent.keras_file.read_bytes() == before


def test_keras_file_without_a_run_is_refused(parent):
    with pytest.raises(InputError, match="data to fine-tune on is missing"):
        library.prune(parent.keras_file, parent.path / "out")


def test_data_that_do_not_fit_the_model_are_refused(shared_bench, parent, tmp_path):
    other = RunFolder(tmp_path / "other")
    data = tiny_runs.dataset()
    parts = {name: getattr(data, name) for name in ("train", "augmented", "validation", "test", "noisy")}
    narrow = {name: type(part)(part.x[:, :60], part.y) for name, part in parts.items()}
    other.begin(type(data)(labels=data.labels, source="", fingerprint="", **narrow))
    parent.run().save(other.path)
    with pytest.raises(InputError):
        library.prune(parent.keras_file, tmp_path / "out", run=other.path, epochs=1)
