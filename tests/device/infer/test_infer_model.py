"""Model packages: loaded whole or refused with the file and the reason; proven by golden vectors."""

import json

from packages import load, prove, read
from signals import LABELS, samples
from support import error_of

from picket.infer.model import PackageError


def _refusal(name, content):
    return error_of(PackageError, load, {name: content})


def _description(**changes):
    description = json.loads(read("model.json"))
    description.update(changes)
    return json.dumps(description).encode()


def _flipped(content, at):
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


def test_package_tells_what_it_is():
    package = load()
    assert (package.name, package.version, package.labels) == ("vibration-tiny", "1.0.0", LABELS)
    assert len(package.sha256) == 64
    assert package.arena_bytes > 0
    assert package.engine in ("portable", "tflm")


def test_each_kind_of_signal_gets_its_class():
    package = load()
    for label in LABELS:
        for seed in range(200, 210):
            package.classify(samples(label, seed))
            assert package.percents[LABELS.index(label)] >= 80, (label, seed)
            assert abs(sum(package.percents) - 100) <= 2


def test_what_the_model_has_not_seen_scores_above_the_threshold_and_healthy_below():
    package = load()
    for seed in range(200, 210):
        package.classify(samples("healthy", seed))
        assert package.anomaly < 1000
        package.classify(samples("strange", seed))
        assert package.anomaly > 1000


def test_golden_vectors_come_out():
    package = load()
    assert package.fault
    assert prove(package) is None
    assert package.fault is None


def test_proof_goes_one_vector_a_step():
    package = load()
    steps = list(package.proof())
    count = steps[0][1]
    assert steps == [(i + 1, count) for i in range(count)]
    assert package.fault is None


def test_abandoned_proof_proves_nothing():
    package = load()
    next(package.proof())
    assert package.fault


def test_first_mismatch_is_told():
    package = load()
    golden = read("golden.bin")
    inputs, outputs = golden[8], golden[12]
    at = 16 + 2 * (inputs + outputs) + inputs + 1  # vector 2, output 1
    wanted = (golden[at] ^ 128) - 128
    changed = ((golden[at] ^ 1) ^ 128) - 128
    text = f"golden vector 2: output[1] is {wanted}, expected {changed}"
    assert prove(package, {"golden.bin": _flipped(golden, at)}) == text
    assert package.fault == text


def test_vectors_for_another_model_are_a_fault():
    package = load()
    golden = read("golden.bin")
    for content, text in (
        (None, "can't be read"),
        (b"", "shorter than its header"),
        (golden[:15], "shorter than its header"),
        (b"PGV2" + golden[4:], "magic"),
        (golden[:-1], "ends within vector"),
        (golden[:20], "ends within vector 0"),
        (golden + b"\0", "longer than"),
        (_flipped(golden, 8), "for a model of"),
        (_flipped(golden, 12), "for a model of"),
        (golden[:4] + b"\0\0\0\0" + golden[8:], "no vectors"),
    ):
        assert text in prove(package, {"golden.bin": content}), text


def test_missing_file_is_named():
    for name in ("model.json", "model.tflite", "pipeline.bin"):
        text = _refusal(name, None)
        assert name in text and "can't be read" in text, text


def test_cut_off_file_is_named():
    for name in ("model.json", "model.tflite", "pipeline.bin", "anomaly.bin"):
        content = read(name)
        for length in (0, 3, len(content) // 2):
            text = _refusal(name, content[:length])
            assert text.startswith(name + ":"), text


def test_wrong_description_is_refused():
    for changes, text in (
        ({"format": 2}, "format"),
        ({"labels": None}, "labels"),
        ({"labels": ["healthy"]}, "labels"),
        ({"labels": ["healthy", 3]}, "labels"),
        ({"labels": ["healthy", "worn", "worn"]}, "different"),
        ({"labels": ["healthy", "x" * 33]}, "is not 1 to 32 characters"),
        ({"labels": ["healthy", ""]}, "is not 1 to 32 characters"),
        ({"labels": ["healthy", "worn\n"]}, "is not 1 to 32 characters"),
        ({"labels": ["healthy", "sensor"]}, "the labels anomaly and sensor are the gate's own"),
        ({"gate": []}, "gate: not an object"),
        ({"gate": {"min_windows": 0}}, "gate.min_windows: 0 is no whole number of 1 to 255"),
        ({"gate": {"threshold_pct": True}}, "gate.threshold_pct: True is no whole number of 1 to 100"),
        ({"gate": {"treshold_pct": 9}}, "gate.treshold_pct: unknown; known are threshold_pct, release_pct"),
        ({"name": 5}, "name"),
        ({"pipeline": {"kind": "sound"}}, "pipeline.kind sound is not known here"),
        ({"pipeline": {"kind": "window"}}, "pipeline.kind window is not known here"),
        ({"pipeline": {"kind": 7}}, "pipeline.kind 7 is not known here"),
        ({"pipeline": {}}, "pipeline.kind None is not known here"),
    ):
        assert text in _refusal("model.json", _description(**changes)), text
    assert "not JSON" in _refusal("model.json", b"nothing")
    assert "format" in _refusal("model.json", b"[]")


def test_model_that_does_not_fit_labels_or_features_is_refused():
    text = _refusal("model.json", _description(labels=["healthy", "worn"]))
    assert "the output has 3 elements, there are 2 labels" in text
    params = bytearray(read("pipeline.bin"))
    params[18] -= 1  # one band of the envelope less
    assert "anomaly.bin" in _refusal("pipeline.bin", bytes(params[:-2]))


def test_same_features_are_shared_with_the_package_in_use():
    package = load()
    assert load(like=package).features is package.features
    params = read("pipeline.bin")
    other = params[:6] + b"\x28\0" + params[8:]  # another hop
    assert load({"pipeline.bin": other}, like=package).features is not package.features
