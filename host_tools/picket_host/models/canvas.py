"""A grey canvas for rendered pictures: shapes with smooth edges, drawn as distance fields over all pixels at once."""

from __future__ import annotations

import numpy as np


class Canvas:
    """Luminance over a square of pixels; 0 is black, 1 is white, more is overexposed.

    Attributes:
        light: float32 [size, size].
        x, y: coordinates of the pixels' centres, float32.
    """

    def __init__(self, size: int, value: float = 0.5):
        self.light = np.full((size, size), value, np.float32)
        self.y, self.x = np.mgrid[0:size, 0:size].astype(np.float32) + np.float32(0.5)

    def paint(self, cover: np.ndarray, tone: float | np.ndarray) -> None:
        """Lay a tone over what ``cover`` (0 to 1 by pixel) says."""
        self.light += cover * (tone - self.light)

    def dim(self, cover: np.ndarray, factor: float) -> None:
        """Darken, as a shadow does: by ``factor`` where ``cover`` is 1."""
        self.light *= 1 - cover * (1 - factor)

    def box(self, left: float, top: float, right: float, bottom: float, soft: float = 0.5) -> np.ndarray:
        """Cover of an upright rectangle."""
        inside = np.minimum(np.minimum(self.x - left, right - self.x), np.minimum(self.y - top, bottom - self.y))
        return _cover(-inside, soft)

    def ellipse(self, x: float, y: float, rx: float, ry: float, turn: float = 0.0, soft: float = 0.5) -> np.ndarray:
        """Cover of an ellipse with half axes ``rx`` and ``ry``, turned by radians."""
        dx, dy = self.x - x, self.y - y
        if turn:
            cos, sin = np.cos(turn), np.sin(turn)
            dx, dy = dx * cos + dy * sin, dy * cos - dx * sin
        distance = (np.sqrt((dx / rx) ** 2 + (dy / ry) ** 2) - 1) * min(rx, ry)
        return _cover(distance, soft)

    def limb(
        self, start: tuple[float, float], end: tuple[float, float], from_radius: float, to_radius: float,
        soft: float = 0.5,
    ) -> np.ndarray:  # fmt: skip
        """Cover of a stroke with round ends whose radius changes along it."""
        (x0, y0), (x1, y1) = start, end
        dx, dy = x1 - x0, y1 - y0
        length = max(dx * dx + dy * dy, 1e-6)
        along = np.clip(((self.x - x0) * dx + (self.y - y0) * dy) / length, 0, 1)
        distance = np.hypot(self.x - x0 - along * dx, self.y - y0 - along * dy)
        return _cover(distance - (from_radius + along * (to_radius - from_radius)), soft)


def clouds(rng: np.random.Generator, size: int, cell: int) -> np.ndarray:
    """Smooth noise with features of about ``cell`` pixels, mean 0, standard deviation about 1: float32 [size, size]."""
    count = size // cell + 3
    grid = rng.standard_normal((count, count)).astype(np.float32)
    at = (np.arange(size, dtype=np.float32) + rng.uniform(0, cell)) / cell
    low = at.astype(int)
    blend = at - low
    blend = blend * blend * (3 - 2 * blend)
    rows = grid[low] * (1 - blend)[:, None] + grid[low + 1] * blend[:, None]
    return (rows[:, low] * (1 - blend) + rows[:, low + 1] * blend) * np.float32(1.5)


def blurred(light: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur with mirrored borders, sigma in pixels."""
    if sigma <= 0:
        return light
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(light, sigma, mode="reflect")


def exposed(light: np.ndarray, rng: np.random.Generator, gain: float, noise: float) -> np.ndarray:
    """What a sensor makes of luminance: gain, shot and read noise, gamma 2.2, bytes: uint8 of the same shape.

    Args:
        noise: standard deviation of the read noise as a share of full scale; shot noise grows with the root of light.
    """
    linear = np.clip(light, 0, None) ** 2.2 * gain
    linear = linear + rng.standard_normal(light.shape) * np.sqrt(noise**2 + noise * 0.05 * linear)
    return np.round(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def _cover(distance: np.ndarray, soft: float) -> np.ndarray:
    return np.clip(0.5 - distance / (2 * soft), 0, 1).astype(np.float32)
