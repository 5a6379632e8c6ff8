"""`picket bench` on the emulated board: what it measures, what it notices, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_models import branching, convolutional
from tflite_builder import TfliteBuilder

from picket_host.bench.rv32 import ModelCost, Refused, Report, measure
from picket_host.cli import picket
from picket_host.errors import EnvironmentError_, InputError
from picket_host.models.tflm import Judge
from picket_host.paths import ROOT

_PUBLIC = ROOT.parent / "shared" / "data" / "tflite"
# What the engine promises for the public benchmark models: instructions of one inference, and bytes of the arena (what
# TensorFlow Lite Micro needs on 32 bits).
_CEILINGS = {
    "person_detect": (28_000_000, 82_300),
    "mlperf_kws_ref_model": (11_000_000, 22_780),
    "mlperf_ad01_int8": (1_000_000, 2_380),
}


def dense(outputs: int) -> bytes:
    """One fully connected layer of 64 inputs."""
    b = TfliteBuilder()
    rng = np.random.default_rng(1)
    weights = rng.integers(-127, 128, (outputs, 64)).astype(np.int8)
    x = b.tensor((1, 64), np.int8, scale=0.05)
    w = b.tensor((outputs, 64), np.int8, weights, scale=0.01)
    y = b.tensor((1, outputs), np.int8, scale=0.2)
    b.operator("FULLY_CONNECTED", [x, w, -1], [y], "FullyConnectedOptions", version=4)
    return b.build([x], [y])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    made = {"conv": convolutional(), "branching": branching(), "dense64": dense(64), "dense128": dense(128)}
    for name, model in made.items():
        (folder / f"{name}.tflite").write_bytes(model)
    (folder / "garbage.tflite").write_bytes(b"no model" * 10)
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def report(models):
    names = ("conv", "branching", "dense64", "dense128", "garbage", "dense64")
    try:
        return measure([models[name] for name in names], vectors=3)
    except EnvironmentError_ as error:
        pytest.skip(str(error))


def test_outputs_are_the_official_runtimes(report):
    assert all(cost.matches_tflm for cost in report.models if isinstance(cost, ModelCost))


def test_a_model_that_can_not_be_run_is_reported_and_the_others_are_measured(report, models):
    kinds = [type(model) for model in report.models]
    assert kinds == [ModelCost] * 4 + [Refused] + [ModelCost]
    assert report.models[4].model == str(models["garbage"])
    assert "not a readable .tflite file" in report.models[4].error
    assert not report.good


def test_twice_the_work_takes_about_twice_the_instructions(report):
    small, large = report.models[2:4]
    assert (small.macs, large.macs) == (64 * 64, 64 * 128)
    assert 1.8 < large.instructions / small.instructions < 2.2
    assert small.instructions_per_mac == pytest.approx(small.instructions / small.macs, abs=0.01)


def test_a_second_measurement_gives_the_same_number(report):
    assert report.models[2].instructions == report.models[5].instructions


def test_operators_are_in_order_of_execution(report):
    names = [operator.name for operator in report.models[0].operators]
    assert names == ["PAD", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE",
                     "FULLY_CONNECTED", "SOFTMAX"]  # fmt: skip


def test_operators_add_up_to_the_whole(report):
    for cost in report.models:
        if isinstance(cost, ModelCost):
            counts = [operator.instructions for operator in cost.operators]
            assert sum(counts) == pytest.approx(cost.instructions, rel=0.01, abs=len(counts))
            assert min(counts) >= 0


def test_operators_are_counted_in_single_instructions(report):
    counts = [operator.instructions for cost in report.models[:4] for operator in cost.operators]
    assert sum(count % 1000 != 0 for count in counts) > len(counts) / 2
    layer = {model: report.models[index].operators[0].instructions for index, model in ((2, "small"), (3, "large"))}
    assert 1.8 < layer["large"] / layer["small"] < 2.2


@pytest.fixture(scope="module")
def public() -> dict[str, ModelCost]:
    """The public benchmark models in one run."""
    paths = [_PUBLIC / f"{name}.tflite" for name in _CEILINGS]
    if absent := [path.name for path in paths if not path.is_file()]:
        pytest.skip(f"no benchmark models {', '.join(absent)} beside the repository")
    try:
        measured = measure(paths, vectors=4)
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    assert measured.good
    return dict(zip(_CEILINGS, measured.models, strict=True))


@pytest.mark.parametrize("name", _CEILINGS)
def test_a_public_model_takes_no_more_instructions_than_promised(public, name):
    assert public[name].instructions <= _CEILINGS[name][0]


@pytest.mark.parametrize("name", _CEILINGS)
def test_a_public_model_takes_no_larger_arena_than_promised(public, name):
    assert public[name].arena_bytes <= _CEILINGS[name][1]


def test_the_cost_of_the_module_is_that_of_the_file_and_of_the_heap(report):
    assert report.engine == "portable"
    assert 0 < report.module_bytes < 2 * report.module_heap_bytes


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        measure([tmp_path / "none.tflite"])


class TestCommand:
    """``picket bench``."""

    def run(self, *arguments: str):
        return CliRunner().invoke(picket, ["bench", "--vectors", "2", *arguments])

    def test_json_is_one_document_with_the_verdict(self, report, models):
        result = self.run("--json", "--target", "rv32", str(models["dense64"]))
        assert result.exit_code == 0, result.output
        (model,) = json.loads(result.stdout)["models"]
        assert model["matches_tflm"] is True
        assert model["macs"] == 64 * 64
        assert model["instructions"] > 0

    def test_other_outputs_than_the_official_runtimes_end_with_1(self, report, models, monkeypatch):
        judged = Judge.run

        def wrong(self, model, inputs):
            outputs = judged(self, model, inputs)
            outputs[1][0].flat[0] ^= 1
            return outputs

        monkeypatch.setattr(Judge, "run", wrong)
        result = self.run("--json", str(models["dense64"]))
        assert result.exit_code == 1
        assert json.loads(result.stdout)["models"][0]["matches_tflm"] is False

    def test_a_table_is_shown(self, report, models):
        result = self.run("--operators", str(models["dense64"]), str(models["garbage"]))
        assert result.exit_code == 1
        assert "FULLY_CONNECTED" in result.stdout
        assert "garbage.tflite: not a readable .tflite file" in result.stdout


@pytest.mark.parametrize(
    "options,operators,compact",
    [([], None, False), (["--selected", "--optimise", "size"], ("FULLY_CONNECTED",), True)],
    ids=["whole", "smallest"],
)
def test_the_module_is_built_as_asked(models, monkeypatch, options, operators, compact):
    asked = []

    def measure(paths, vectors, progress, *, selection):
        asked.append(selection)
        return Report("rv32", "portable", 0, 0, ())

    monkeypatch.setattr("picket_host.bench.rv32.measure", measure)
    assert CliRunner().invoke(picket, ["bench", "--json", *options, str(models["dense64"])]).exit_code == 0
    (selection,) = asked
    assert (selection.operators, selection.compact) == (operators, compact)
