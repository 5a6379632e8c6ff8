"""The report: live memory and errors by layer are what they should be, and the page needs nothing but itself."""

import re
import zlib

import numpy as np
import pytest
import tiny_runs
from small_models import convolutional

from picket_host.models import layer_errors, packing, report, report_page, standing, table, tflite_file
from picket_host.models.verify import quantized_inputs
from picket_host.native.engine import Engine


@pytest.fixture(scope="module")
def run(bench, tmp_path_factory):
    folder = tiny_runs.train(bench, tmp_path_factory.mktemp("run"))
    _, model = standing.standing(bench, folder.keras_file, folder.dataset())
    folder.tflite_file.write_bytes(model)
    return folder


def test_error_of_the_last_layer_is_that_of_the_outputs(bench, run):
    data, model = run.dataset(), run.model()
    x = data.test.x[:20]
    errors = layer_errors.layer_errors(bench, run.keras_file, model, x)
    graph = tflite_file.read(model)
    assert [error.name for error in errors] == [operator.name for operator in graph.operators]
    engine = Engine(model)
    integers = np.stack([engine.invoke([one])[0][0] for one in quantized_inputs(engine, x)]).astype(float)
    tensor = engine.outputs[0]
    given = tensor.scale * (integers - tensor.zero_point)
    wanted = bench.predict(run.keras_file, x)
    noise = ((wanted - given) ** 2).sum()
    assert errors[-1].sqnr_db == pytest.approx(10 * np.log10((wanted**2).sum() / noise), abs=0.01)
    assert errors[-1].worst == pytest.approx(np.abs(wanted - given).max(), rel=1e-4)
    assert errors[0].sqnr_db > errors[-1].sqnr_db - 30 and errors[0].sqnr_db > 25


def test_live_bytes_are_the_tensors_that_are_still_needed():
    """1x5x5x2 -> pad 1x6x6x2 -> conv 1x6x6x4 -> depthwise 1x6x6x4 -> pool 1x3x3x4 -> pool 1x1x1x4 -> 1x4 -> 1x3."""
    graph = tflite_file.read(convolutional())
    assert report._live_bytes(graph) == [50 + 72, 72 + 144, 144 + 144, 144 + 36, 36 + 4, 4 + 4, 4 + 3, 3 + 3]
    weights = 4 * 3 * 3 * 2
    assert report._constant_bytes(graph)[:3] == [32, weights + 16, 36 + 16]


def test_page_of_a_run_shows_everything_and_loads_nothing(shared_bench, run, tmp_path):
    gathered = report.gather(run.path)
    assert gathered.proof.bit_exact
    assert not gathered.measured
    assert sum(row.instructions for row in gathered.operators) <= gathered.instructions
    page = report_page.write(gathered, tmp_path / "report.html").read_text()
    for heading in (
        "Training",
        "Confusion",
        "Size by layer",
        "Arena over",
        "Quantisation error",
        "Instructions",
        "Latency",
    ):
        assert f"<h2>{heading}" in page
    assert page.count("<svg") == 7
    assert not re.search(r"""(src|href)=["'](?!#|data:)|url\((?!#)|<script|@import""", page)
    assert "ESP32-C3" in page


def test_page_of_a_file_leaves_out_what_nobody_knows(tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(convolutional())
    page = report_page.write(report.gather(file), tmp_path / "out" / "page.html").read_text()
    assert "Confusion" not in page and "Quantisation error" not in page
    assert "CONV_2D" in page


def test_standing_is_that_of_the_engine_on_held_back_data(bench, run):
    data = run.dataset()
    stands, model = standing.standing(bench, run.keras_file, data)
    engine = Engine(model)
    right = [
        engine.invoke([one])[0].argmax() == y
        for one, y in zip(quantized_inputs(engine, data.test.x), data.test.y, strict=True)
    ]
    assert stands.accuracy == np.mean(right)
    assert stands.bytes == len(packing.pack(model)) < len(model)
    assert stands.deflated_bytes == len(zlib.compress(packing.pack(model), 9))
    assert stands.arena_bytes == engine.arena_bytes


def test_table_is_made_by_one_call(shared_bench, monkeypatch, tmp_path):
    from picket_host.models import recipes

    monkeypatch.setattr(recipes.find("vibration"), "load", lambda *_: tiny_runs.dataset(), raising=False)
    (row,) = table.table(tmp_path, ["vibration:better"], quick=True, measure=False)
    assert row.bit_exact and row.fault is None
    assert (row.recipe, row.variant, row.measured) == ("vibration", "better", False)
    lines = table.markdown([row]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert f"{row.flash_bytes:,} B" in lines[-1] and f"about {row.instructions:,}" in lines[-1]
