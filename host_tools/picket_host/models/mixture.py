"""A mixture of Gaussians with diagonal covariances, fitted by expectation-maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ITERATIONS = 100
_TOLERANCE = 1e-6  # of the mean log-likelihood
# Variances are drawn towards that of the whole, which is 1 in standardised units, with the weight of so many samples: a
# few windows that are alike must not make those of another day an anomaly.
_PRIOR_SAMPLES = 10.0


@dataclass(frozen=True)
class Mixture:
    """``weights`` [k], ``centres`` and ``variances`` [k, features]; float64."""

    weights: np.ndarray
    centres: np.ndarray
    variances: np.ndarray

    @property
    def offsets(self) -> np.ndarray:
        """What makes squared distances to different Gaussians comparable, [k], the smallest 0:
        sum(log variance) - 2 log(weight)."""
        offsets = np.log(self.variances).sum(axis=1) - 2 * np.log(self.weights)
        return offsets - offsets.min()

    def squared_distances(self, x: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distances with the offsets, [n, k]: -2 log(weight density) up to a constant."""
        return self.offsets + ((x[:, None, :] - self.centres) ** 2 / self.variances).sum(axis=2)


def fit(x: np.ndarray, centres: np.ndarray) -> Mixture:
    """Fit to float64 [n, features], from the centres [k, features] of a first guess; Gaussians that nothing belongs to
    are left out."""
    nearest = ((x[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)
    mixture = _maximise(x, np.eye(len(centres))[nearest])
    likelihood = -np.inf
    for _ in range(_ITERATIONS):
        log_joint = -0.5 * mixture.squared_distances(x)
        top = log_joint.max(axis=1, keepdims=True)
        joint = np.exp(log_joint - top)
        total = joint.sum(axis=1, keepdims=True)
        offsets = np.log(mixture.variances).sum(axis=1) - 2 * np.log(mixture.weights)
        new_likelihood = float((top + np.log(total)).mean()) - 0.5 * float(offsets.min())
        mixture = _maximise(x, joint / total)
        if new_likelihood - likelihood < _TOLERANCE:
            break
        likelihood = new_likelihood
    return mixture


def _maximise(x: np.ndarray, shares: np.ndarray) -> Mixture:
    """The most likely mixture when ``shares`` [n, k] of the samples belong to its Gaussians."""
    counts = shares.sum(axis=0)
    shares, counts = shares[:, counts > 1e-3], counts[counts > 1e-3]
    centres = shares.T @ x / counts[:, None]
    variances = shares.T @ x**2 / counts[:, None] - centres**2
    drawn = (counts[:, None] * np.maximum(variances, 0) + _PRIOR_SAMPLES) / (counts[:, None] + _PRIOR_SAMPLES)
    return Mixture(counts / len(x), centres, drawn)
