"""Distillation: the loss is Hinton's, a teacher's knowledge arrives, and what does not fit is refused."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny_runs

from picket_host.errors import InputError
from picket_host.models import distill as library
from picket_host.models.train import RunFolder


@pytest.fixture(scope="module")
def teacher(bench, tmp_path_factory):
    return tiny_runs.train(bench, tmp_path_factory.mktemp("teacher"), filters=8, hidden=32)


def test_student_is_trained_beside_one_without_a_teacher(shared_bench, teacher, tmp_path):
    report = library.distill(
        teacher.path, teacher.path, tmp_path / "student", hyperparameters=tiny_runs.SMALL, epochs=2, alpha=0.2
    )
    assert report.student.bytes == pytest.approx(report.alone.bytes, abs=64)
    assert report.student.bytes < report.teacher.bytes
    run = RunFolder(report.folder).run()
    assert run.derived["step"] == "distill"
    assert run.hyperparameters == tiny_runs.SMALL
    assert report.student.accuracy > 0.5


def test_what_the_teacher_says_outweighs_wrong_labels(shared_bench, teacher, tmp_path):
    """With alpha 0 the classes in the data do not count: here they are all shifted by one."""
    data = tiny_runs.dataset()
    wrong = RunFolder(tmp_path / "wrong")
    shifted = {name: type(part)(part.x, (part.y + 1) % 4) for name, part in vars(data).items() if hasattr(part, "x")}
    wrong.begin(type(data)(labels=data.labels, source="", fingerprint="", **shifted))
    teacher.run().save(wrong.path)
    report = library.distill(wrong.path, teacher.path, tmp_path / "student", alpha=0.0, epochs=2)
    assert report.student.accuracy < 0.1  # measured by the wrong classes
    assert report.alone.accuracy > 0.9


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"temperature": 0.0}, "temperature of 0.0 is not positive"),
        ({"alpha": 1.5}, "alpha of 1.5 is not between"),
        ({"hyperparameters": {"depth": 3}}, "no hyperparameter depth"),
        ({"variant": "nothing"}, "no variant nothing"),
        ({"teacher": "missing.keras"}, "no such teacher"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(teacher, tmp_path, options, complaint):
    chosen = {"teacher": teacher.path, **options}
    with pytest.raises(InputError) as caught:
        library.distill(teacher.path, Path(chosen.pop("teacher")), tmp_path / "out", **chosen)
    assert complaint in str(caught.value)


def test_loss_is_cross_entropy_with_softened_probabilities(tmp_path):
    """Against the definition in float64; in a process of its own, because it takes TensorFlow."""
    script = """
import numpy as np
from picket_host.models.keras_distillation import DistillationLoss, targets
rng = np.random.default_rng(0)
logits = rng.normal(0, 2, (2, 5, 3))
teacher, student = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
y = np.array([0, 2, 1, 1, 0])
np.save("out.npy", DistillationLoss(3.0, 0.25).call(targets(y, teacher), student.astype("float32")))
np.save("logits.npy", logits)
"""
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, check=True, capture_output=True)
    given = np.load(tmp_path / "out.npy")
    teacher, student = np.load(tmp_path / "logits.npy")

    def soft(logits, temperature):
        e = np.exp(logits / temperature)
        return e / e.sum(axis=1, keepdims=True)

    hard = -np.log(soft(student, 1)[np.arange(5), [0, 2, 1, 1, 0]])
    softened = -(soft(teacher, 3) * np.log(soft(student, 3))).sum(axis=1)
    assert given == pytest.approx(0.25 * hard + 0.75 * 9 * softened, rel=1e-4)
