"""The loss of distillation (Hinton, Vinyals and Dean, 2015), in the TensorFlow process.

Targets are the true class, one-hot, followed by the teacher's probabilities: [n, 2 * classes]. Models give
probabilities, and a softmax at temperature T is that of their logarithms divided by T.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

_TINY = 1e-7


def targets(y: np.ndarray, teacher: np.ndarray) -> np.ndarray:
    """int [n] classes and float32 [n, classes] probabilities to what ``DistillationLoss`` takes."""
    one_hot = np.eye(teacher.shape[1], dtype=np.float32)[y]
    return np.concatenate([one_hot, teacher.astype(np.float32)], axis=1)


class DistillationLoss(keras.losses.Loss):
    """``alpha`` of the cross-entropy with the true class, the rest T² times that with the softened teacher.

    T² keeps the gradients of the second part at the size of the first part's, whatever the temperature.
    """

    def __init__(self, temperature: float, alpha: float):
        super().__init__(name="distillation")
        self._temperature = temperature
        self._alpha = alpha

    def call(self, y_true: object, y_pred: object) -> object:
        true, teacher = ops.split(y_true, 2, axis=-1)
        hard = -ops.sum(true * _log(y_pred), axis=-1)
        soft_teacher = ops.softmax(_log(teacher) / self._temperature, axis=-1)
        soft_student = ops.log_softmax(_log(y_pred) / self._temperature, axis=-1)
        soft = -ops.sum(soft_teacher * soft_student, axis=-1)
        return self._alpha * hard + (1 - self._alpha) * self._temperature**2 * soft


def accuracy(y_true: object, y_pred: object) -> object:
    """Share of the true classes that were found."""
    true, _ = ops.split(y_true, 2, axis=-1)
    return ops.mean(ops.cast(ops.equal(ops.argmax(true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32"))


def _log(probabilities: object) -> object:
    return ops.log(ops.maximum(probabilities, _TINY))
