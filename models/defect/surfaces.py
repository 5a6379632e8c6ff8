"""Rendered surfaces of work pieces: brushed metal, woven fabric and cast metal, sound or with one kind of defect.

A piece's number gives its material, tone and texture. A picture shows a part of the piece under a light of its own.
Depths and contrasts of defects go down to what a person still finds at first glance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, rotate

from picket_host.models.canvas import Canvas, blurred, clouds, exposed

MATERIALS = ("brushed", "fabric", "cast")


@dataclass(frozen=True)
class Piece:
    """What all pictures of a work piece have in common.

    Attributes:
        tone: mean luminance.
        strength: of the texture.
        turn: direction of the brush or the weave, radians.
        fine: width of a brush stroke, a thread or a grain, pixels.
    """

    material: str
    tone: float
    strength: float
    turn: float
    fine: float
    seed: int


def piece(number: int) -> Piece:
    """The work piece of that number."""
    rng = np.random.default_rng([0xF1EC, number])
    return Piece(
        material=MATERIALS[int(rng.integers(len(MATERIALS)))],
        tone=rng.uniform(0.35, 0.75),
        strength=rng.uniform(0.02, 0.06),
        turn=rng.uniform(0, np.pi),
        fine=rng.uniform(0.6, 1.6),
        seed=number,
    )


def view(rng: np.random.Generator, of: Piece, size: int, defect: str | None) -> np.ndarray:
    """One picture of a piece: uint8 [size, size].

    Args:
        defect: ``scratch``, ``pit`` or ``stain``; None for a sound surface.
    """
    canvas = Canvas(size)
    canvas.light = of.tone + of.strength * _TEXTURES[of.material](rng, of, size)
    if defect is not None:
        _DEFECTS[defect](canvas, rng, of)
    turn, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    canvas.light *= 1 + slope * (np.cos(turn) * (canvas.x / size - 0.5) + np.sin(turn) * (canvas.y / size - 0.5))
    if of.material != "fabric" and rng.random() < 0.5:  # a soft reflection of the lamp
        shine = canvas.ellipse(*rng.uniform(0, size, 2), 0.5 * size, 0.25 * size, rng.uniform(0, np.pi), 0.35 * size)
        canvas.light += rng.uniform(0.03, 0.12) * shine
    light = blurred(canvas.light, rng.uniform(0.2, 0.6))
    return exposed(light, rng, rng.uniform(0.75, 1.3), rng.uniform(0.003, 0.012))


def _brushed(rng: np.random.Generator, of: Piece, size: int) -> np.ndarray:
    wide = int(1.5 * size)
    lines = gaussian_filter1d(rng.standard_normal((wide, wide)).astype(np.float32), 25 * of.fine, axis=1)
    lines = gaussian_filter1d(lines, 0.4 * of.fine, axis=0)
    return _unit(_middle(rotate(lines, np.degrees(of.turn + rng.normal(0, 0.04)), reshape=False, order=1), size))


def _fabric(rng: np.random.Generator, of: Piece, size: int) -> np.ndarray:
    turn = of.turn + rng.normal(0, 0.04)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) + rng.uniform(0, 20, (2, 1, 1)).astype(np.float32)
    wobble = clouds(rng, size, 24) * 0.3
    along = x * np.cos(turn) + y * np.sin(turn) + wobble
    across = y * np.cos(turn) - x * np.sin(turn) + wobble
    pitch = 3.2 + 1.6 * of.fine
    warp, weft = np.sin(2 * np.pi * along / pitch), np.sin(2 * np.pi * across / pitch)
    over = np.sign(np.sin(np.pi * along / pitch) * np.sin(np.pi * across / pitch))
    threads = np.where(over > 0, warp, weft) + 0.4 * rng.standard_normal((size, size))
    return _unit(threads + 0.5 * clouds(rng, size, 30))


def _cast(rng: np.random.Generator, of: Piece, size: int) -> np.ndarray:
    grain = gaussian_filter(rng.standard_normal((size, size)).astype(np.float32), of.fine)
    return _unit(_unit(grain) + 0.6 * clouds(rng, size, 9) + 0.5 * clouds(rng, size, 28))


def _scratch(canvas: Canvas, rng: np.random.Generator, of: Piece) -> None:
    """A line, a little bent, across some of the surface and across the brush; one flank shines, the other is dark."""
    size = len(canvas.light)
    turn = of.turn + rng.uniform(0.35, np.pi - 0.35) if of.material == "brushed" else rng.uniform(0, np.pi)
    length, bend = rng.uniform(0.3, 0.9) * size, rng.uniform(-0.15, 0.15)
    x, y = rng.uniform(0.25, 0.75, 2) * size
    width = rng.uniform(0.5, 1.1)
    depth = rng.uniform(0.16, 0.32) * rng.choice([-1.0, 1.0])
    steps = np.linspace(-0.5, 0.5, 5)
    points = [
        (
            x + length * (s * np.cos(turn) - bend * s * s * np.sin(turn)),
            y + length * (s * np.sin(turn) + bend * s * s * np.cos(turn)),
        )
        for s in steps
    ]
    for start, end in zip(points[:-1], points[1:], strict=True):
        canvas.light += depth * canvas.limb(start, end, width, width)
        beside = [(px - 1.2 * np.sin(turn), py + 1.2 * np.cos(turn)) for px, py in (start, end)]
        canvas.light -= 0.5 * depth * canvas.limb(beside[0], beside[1], 0.6 * width, 0.6 * width)


def _pit(canvas: Canvas, rng: np.random.Generator, of: Piece) -> None:
    """One to four small holes: dark, with a rim that catches the light."""
    size = len(canvas.light)
    x, y = rng.uniform(0.15, 0.85, 2) * size
    shine = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(1, 5))):
        radius = rng.uniform(1.6, 4.0)
        flat, turn = rng.uniform(0.65, 1.0), rng.uniform(0, np.pi)
        wide = 1.35 * radius
        rim = canvas.ellipse(x + 0.6 * np.cos(shine), y + 0.6 * np.sin(shine), wide, wide * flat, turn)
        canvas.light += rng.uniform(0.06, 0.14) * rim
        canvas.paint(canvas.ellipse(x, y, radius, radius * flat, turn), of.tone * rng.uniform(0.25, 0.6))
        x, y = np.clip([x + rng.normal(0, 10), y + rng.normal(0, 10)], 0.08 * size, 0.92 * size)


def _stain(canvas: Canvas, rng: np.random.Generator, of: Piece) -> None:
    """A blot with a soft, uneven edge, darker or paler than the surface; its texture still shows."""
    size = len(canvas.light)
    x, y = rng.uniform(0.2, 0.8, 2) * size
    rx, ry = rng.uniform(0.1, 0.26, 2) * size
    uneven = canvas.ellipse(x, y, rx, ry, rng.uniform(0, np.pi), soft=0.45 * min(rx, ry))
    uneven = np.clip(uneven * (1 + 0.35 * clouds(rng, size, 8)), 0, 1)
    factor = rng.uniform(0.62, 0.82) if rng.random() < 0.75 else rng.uniform(1.18, 1.35)
    canvas.light *= 1 + uneven * (factor - 1)


_TEXTURES = {"brushed": _brushed, "fabric": _fabric, "cast": _cast}
_DEFECTS = {"scratch": _scratch, "pit": _pit, "stain": _stain}


def _middle(picture: np.ndarray, size: int) -> np.ndarray:
    start = (len(picture) - size) // 2
    return picture[start : start + size, start : start + size]


def _unit(texture: np.ndarray) -> np.ndarray:
    return ((texture - texture.mean()) / texture.std()).astype(np.float32)
