"""Shared by the tests of the model bench: the support modules on the path, and one judge and one TensorFlow."""

import sys
from pathlib import Path

import pytest

from picket_host.models import build_packages
from picket_host.models.keras_bench import KerasBench
from picket_host.models.tflm import Judge

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from steps import Steps  # noqa: E402


@pytest.fixture(scope="session")
def judge():
    """The official TFLM runtime, in one worker process for all tests."""
    with Judge() as instance:
        yield instance


@pytest.fixture(scope="session")
def bench():
    """TensorFlow, in one worker process for all tests."""
    with KerasBench() as instance:
        yield instance


class _Lent:
    """A KerasBench that somebody else ends; what the library says to it goes to the one that it stands for."""

    def __init__(self, real):
        self._real = real

    def __enter__(self):
        return self._real

    def __exit__(self, *error):
        pass


@pytest.fixture
def shared_bench(bench, monkeypatch):
    """The library takes the session's TensorFlow instead of starting its own, which takes seconds."""
    from picket_host.models import distill, layer_errors, prune, quantize, report, search, table, train, verify

    for module in (distill, layer_errors, prune, quantize, report, search, table, train, verify):
        monkeypatch.setattr(module, "KerasBench", lambda progress=None: _Lent(bench))
    return bench


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(reports of the vibration packages by variant, the steps that were told), trained quickly."""
    folder = tmp_path_factory.mktemp("packages")
    steps = Steps()
    outs = {variant: folder / variant for variant in ("baseline", "better")}
    outs["baseline"].mkdir()
    (outs["baseline"] / "model.json").write_text("{}")  # an older package
    return build_packages("vibration", None, outs, quick=True, progress=steps), steps
