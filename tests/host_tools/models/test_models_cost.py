"""Costs: terms of kernels as the shapes say, limits in the device's own words, estimates near what the board counts."""

import pytest
from small_models import convolutional
from tflite_builder import TfliteBuilder

from picket_host.bench import rv32
from picket_host.errors import BuildError, EnvironmentError_, InputError, ModelError
from picket_host.models import chips, cost, instruction_fit, instruction_model, tflite_file
from picket_host.models.instruction_fit import Measured


@pytest.mark.parametrize(
    ("text", "flash_bytes", "instructions"),
    [("200k", 204_800, 200_000), ("5M", 5_242_880, 5_000_000), ("1.5k", 1536, 1500), ("70", 70, 70)],
)
def test_amounts_are_1024_of_bytes_and_1000_of_instructions(text, flash_bytes, instructions):
    limits = cost.limits_of(flash=text, arena=None, instructions=text)
    assert limits == cost.Limits(flash_bytes, None, instructions)


@pytest.mark.parametrize("text", ["", "k", "-1k", "5G", "ten", "0", "1e3", "5 kk"])
def test_amount_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="is not an amount"):
        cost.limits_of(flash=text)


def test_model_too_large_for_the_limits_is_one_clear_line():
    model = cost.cost_of(convolutional())
    cost.Limits(model.flash_bytes, model.arena_bytes, model.instructions.total).check(model, "m")
    with pytest.raises(ModelError) as caught:
        cost.Limits(10, model.arena_bytes - 1, 1).check(model, "m.tflite")
    text = str(caught.value)
    assert text.startswith("m.tflite: the model is too large: ")
    assert f"{model.flash_bytes:,} bytes of flash, at most 10 are allowed" in text
    assert "bytes of arena" in text and "instructions" in text
    assert "\n" not in text


def test_terms_of_kernels_follow_from_the_shapes():
    graph = tflite_file.read(convolutional())  # 5x5x2 padded to 6x6x2, 3x3 convolutions to 6x6x4, pools, dense
    kernels = {}
    for operator in graph.operators:
        kernel, terms = instruction_model.describe(graph, operator)
        kernels[kernel] = terms
    assert kernels["CONV_2D"]["macs"] == 6 * 6 * 4 * 3 * 3 * 2
    assert kernels["CONV_2D"]["gathered"] == 6 * 6 * 3 * 3 * 2
    assert kernels["CONV_2D"]["pixels"] == 36
    assert kernels["DEPTHWISE_CONV_2D_3x3"]["lines"] == 6 * 4
    assert kernels["FULLY_CONNECTED"] == {
        "call": 1, "inputs": 4, "outputs": 3, "macs": 12, "rest_macs": 12,
    }  # fmt: skip
    assert kernels["MAX_POOL_2D"]["taps"] == 6 * 6 * 4
    assert "RESHAPE" in kernels


def test_estimate_is_the_sum_of_its_operators():
    model = cost.cost_of(convolutional()).instructions
    call = model.total - sum(operator.instructions for operator in model.operators)
    assert 0 <= call < 1000
    assert model.measured_share == 1.0
    assert [operator.index for operator in model.operators] == list(range(8))


def test_operator_that_was_never_measured_is_said_to_be_unsure():
    b = TfliteBuilder()
    x = b.tensor((1, 100), "int8", scale=0.1, zero_point=0)
    y = b.tensor((1, 100), "int8", scale=0.1, zero_point=0)
    b.operator("ABS", [x], [y])
    model = instruction_model.estimate(tflite_file.read(b.build([x], [y])))
    assert model.measured_share == 0.0
    assert model.error_pct == 100.0
    assert model.total > 100


def test_type_that_was_never_measured_is_taken_for_int8_and_said_to_be_unsure():
    counts = {}
    for dtype in ("int8", "int16"):
        b = TfliteBuilder()
        x, y = (b.tensor((1, 100), dtype, scale=0.1, zero_point=0) for _ in range(2))
        b.operator("RELU", [x], [y])
        counts[dtype] = instruction_model.estimate(tflite_file.read(b.build([x], [y])))
    assert counts["int16"].total == counts["int8"].total
    assert (counts["int8"].measured_share, counts["int16"].measured_share) == (1.0, 0.0)


def test_fit_finds_the_terms_that_made_the_counts():
    made = {("invoke", "call"): 50.0, ("A", "macs"): 3.0, ("A", "outputs"): 20.0, ("B", "inputs"): 7.0}
    samples = []
    for i in range(1, 13):
        a = {("invoke", "call"): 1.0, ("A", "macs"): 100.0 * i, ("A", "outputs"): 5.0 * (i % 5), ("A", "pixels"): i % 3}
        b = {("invoke", "call"): 1.0, ("B", "inputs"): 10.0 * i}
        for kernel, terms in (("A", a), ("B", b)):
            count = sum(made.get(key, 0.0) * value for key, value in terms.items())
            samples.append(Measured(kernel, terms, round(count)))
    kernels = instruction_fit._solve_all(samples)
    assert kernels["A"].terms == {"macs": 3.0, "outputs": 20.0}
    assert kernels["B"].terms == {"inputs": 7.0}
    assert kernels["invoke"].terms == {"call": 50.0}
    assert kernels["A"].error_pct["worst"] == 0.0


def test_latency_is_instructions_by_cycles_by_clock():
    (latency,) = [one for one in chips.latencies(16_000_000) if one.chip.name == "ESP32-C3"]
    low, high = latency.chip.cycles
    assert (latency.least_ms, latency.most_ms) == pytest.approx((100 * low, 100 * high))
    unsure = chips.latencies(16_000_000, error_pct=20)[0]
    assert unsure.least_ms == pytest.approx(0.8 * latency.least_ms)
    assert unsure.most_ms == pytest.approx(1.2 * latency.most_ms)


def test_estimate_is_near_what_the_board_counts(tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(convolutional())
    try:
        (counted,) = rv32.measure([file], vectors=1).models
    except (BuildError, EnvironmentError_) as error:
        pytest.skip(f"no emulated board: {error}")
    assert cost.cost_of_file(file).instructions.total == pytest.approx(counted.instructions, rel=0.25)


@pytest.mark.parametrize("content", [None, b"", b"something else" * 9])
def test_file_that_is_no_model_is_refused(tmp_path, content):
    file = tmp_path / "model.tflite"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises((InputError, ModelError)):
        cost.cost_of_file(file)
