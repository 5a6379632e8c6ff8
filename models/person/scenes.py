"""Rendered views of a room from above a door: walls, furniture, light, and people of many builds who stand or walk.

A camera at about 1.6 m looks in, its horizon near the upper third of the picture. Who stands further away is smaller
and stands higher in the picture, as perspective has it. Everything about a room that stays (wall, floor, windows, what
furniture there is, who comes in) follows from its number, so rooms and people of one part of the data occur in no
other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from picket_host.models.canvas import Canvas, blurred, clouds, exposed

_PEOPLE = 3  # who come to one room
_CAMERA_M = 1.6  # above the floor
_NEAREST, _FURTHEST = 1.35, 0.6  # where feet stand, as shares of the picture's height below the horizon
_HIDING = 0.07  # share of the picture's width
_CONTRAST = 0.15  # that clothes have at least to the wall


@dataclass(frozen=True)
class Person:
    """Who it is; lengths as shares of the body's height."""

    height_m: float
    girth: float
    shoulders: float
    head: float
    skin: float
    hair: float
    hair_length: float
    top: float
    bottom: float
    shoes: float
    coat: float  # how far the top reaches below the hips, 0 to 0.3
    skirt: bool
    hat: bool
    bag: float  # size of a bag, 0 for none


@dataclass(frozen=True)
class Room:
    """What stays in a room."""

    horizon: float
    wall: float
    floor: float
    texture: int
    texture_strength: float
    slope: float
    window: tuple[float, float, float, float] | None
    door: tuple[float, float] | None
    furniture: tuple[tuple[int, float, float, int], ...]  # kind, place across, distance, seed of its looks
    people: tuple[Person, ...]
    seed: int


def room(number: int) -> Room:
    """The room of that number."""
    rng = np.random.default_rng([0x700F, number])
    window = None
    if rng.random() < 0.5:
        left, top = rng.uniform(0.05, 0.7), rng.uniform(0.02, 0.2)
        window = (left, top, left + rng.uniform(0.12, 0.3), top + rng.uniform(0.12, 0.3))
    door = (rng.uniform(0.05, 0.75), rng.uniform(0.12, 0.22)) if rng.random() < 0.5 else None
    wall = rng.uniform(0.25, 0.95)
    count = int(rng.integers(1, 5))
    furniture = tuple(
        (int(rng.integers(len(_FURNITURE))), rng.uniform(0.05, 0.95), rng.uniform(_FURTHEST, 1.1),
         int(rng.integers(1 << 30)))
        for _ in range(count)
    )  # fmt: skip
    return Room(
        horizon=rng.uniform(0.22, 0.42),
        wall=wall,
        floor=rng.uniform(0.15, 0.85),
        texture=int(rng.integers(5)),
        texture_strength=rng.uniform(0.01, 0.05),
        slope=rng.uniform(-0.25, 0.25),
        window=window,
        door=door,
        furniture=furniture,
        people=tuple(_person(rng, wall) for _ in range(_PEOPLE)),
        seed=number,
    )


def _person(rng: np.random.Generator, wall: float) -> Person:
    top = rng.uniform(0.05, 0.95)
    while abs(top - wall) < _CONTRAST:
        top = rng.uniform(0.05, 0.95)
    return Person(
        height_m=rng.uniform(1.35, 1.95),
        girth=rng.uniform(0.8, 1.45),
        shoulders=rng.uniform(0.105, 0.14),
        head=rng.uniform(0.058, 0.072),
        skin=rng.uniform(0.25, 0.85),
        hair=rng.uniform(0.05, 0.8),
        hair_length=rng.choice([0.0, 0.3, 1.0]),
        top=top,
        bottom=rng.uniform(0.05, 0.8),
        shoes=rng.uniform(0.05, 0.6),
        coat=rng.choice([0.0, 0.0, 0.08, 0.25]),
        skirt=bool(rng.random() < 0.2),
        hat=bool(rng.random() < 0.2),
        bag=rng.choice([0.0, 0.0, 0.06, 0.1]),
    )


def view(rng: np.random.Generator, place: Room, size: int, with_person: bool) -> np.ndarray:
    """One picture of a room, with somebody in it or nobody: uint8 [size, size]."""
    canvas = Canvas(size)
    _walls(canvas, place)
    horizon = place.horizon * size
    pieces = [piece for piece in place.furniture if rng.random() < 0.75]
    things: list[tuple[float, Callable[[], None]]] = []
    if with_person:
        who = place.people[int(rng.integers(len(place.people)))]
        across, distance = rng.uniform(0.14, 0.86), rng.uniform(_FURTHEST, _NEAREST)
        things.append((distance, lambda: _human(canvas, rng, who, horizon, across, distance)))
        # What stands right before somebody hides too much; what stands beside hides a part.
        pieces = [piece for piece in pieces if piece[2] < distance or abs(piece[1] - across) > _HIDING]
    if rng.random() < 0.18:  # a dog comes and goes
        beside, depth = rng.uniform(0.1, 0.9), rng.uniform(_FURTHEST, 1.0)
        things.append((depth, lambda: _dog(canvas, rng, horizon, beside, depth)))
    things += [
        (distance, lambda k=kind, a=across, d=distance, s=seed: _furnish(canvas, horizon, k, a, d, s))
        for kind, across, distance, seed in pieces
    ]
    for _, draw in sorted(things, key=lambda thing: thing[0]):  # from the back to the front
        draw()
    _lighting(canvas, rng)
    light = blurred(canvas.light, rng.uniform(0.3, 0.9))
    return exposed(light, rng, rng.uniform(0.7, 1.4), rng.uniform(0.002, 0.008))


def _walls(canvas: Canvas, place: Room) -> None:
    size = len(canvas.light)
    rng = np.random.default_rng([0xA11, place.seed])
    horizon = place.horizon * size
    # The far wall ends on the floor below the horizon, where the furthest feet stand.
    edge = horizon + 0.34 * (size - horizon)
    canvas.light[:] = place.wall + place.slope * (canvas.x / size - 0.5)
    if place.texture == 1:  # wallpaper
        canvas.light += place.texture_strength * np.sin(canvas.x * rng.uniform(0.4, 1.2))
    elif place.texture == 2:  # bricks
        course = np.floor(canvas.y / 5)
        joints = (np.mod(canvas.y, 5) < 1) | (np.mod(canvas.x + 5 * np.mod(course, 2), 10) < 1)
        canvas.light -= 2 * place.texture_strength * joints
    elif place.texture == 3:  # plaster
        canvas.light += place.texture_strength * clouds(rng, size, 5)
    elif place.texture == 4:  # panels
        canvas.light -= 2 * place.texture_strength * (np.mod(canvas.x, rng.uniform(12, 25)) < 1.2)
    if place.window:
        left, top, right, bottom = (part * size for part in place.window)
        canvas.paint(canvas.box(left, top, right, bottom), 1.1)
        canvas.paint(canvas.box((left + right) / 2 - 0.6, top, (left + right) / 2 + 0.6, bottom), 0.4)
    if place.door:
        left, width = place.door[0] * size, place.door[1] * size
        canvas.paint(canvas.box(left, 0.05 * size, left + width, edge), place.wall * 0.6)
        canvas.paint(canvas.box(left + 1.5, 0.05 * size + 1.5, left + width - 1.5, edge), place.wall * 0.75)
    for _ in range(int(rng.integers(0, 3))):  # pictures on the wall
        left, top = rng.uniform(0, 0.85) * size, rng.uniform(0.03, 0.25) * size
        canvas.paint(canvas.box(left, top, left + rng.uniform(5, 14), top + rng.uniform(5, 14)), rng.uniform(0.1, 0.9))
    floor = canvas.box(-1, edge, size + 1, size + 1)
    depth = (canvas.y - edge) / size
    grain = place.texture_strength * clouds(rng, size, 7)
    if rng.random() < 0.4:  # boards or tiles that run into the distance
        vanish = (canvas.x - size / 2) / np.maximum(canvas.y - horizon, 1)
        grain = grain - place.texture_strength * 1.5 * (np.mod(vanish * rng.uniform(3, 7), 1) < 0.1)
    canvas.paint(floor, place.floor + 0.15 * depth + grain)
    canvas.paint(canvas.box(-1, edge - 1.5, size + 1, edge), place.wall * rng.uniform(0.5, 1.1))


def _pixels_per_metre(canvas: Canvas, horizon: float, distance: float) -> tuple[float, float]:
    """Where feet stand in the picture, and the scale there: the camera's height spans floor to horizon."""
    floor_y = horizon + distance * (len(canvas.light) - horizon)
    return floor_y, (floor_y - horizon) / _CAMERA_M


def _shadow(canvas: Canvas, x: float, y: float, radius: float) -> None:
    canvas.dim(canvas.ellipse(x, y, radius, 0.3 * radius, soft=0.4 * radius + 0.5), 0.55)


def _human(
    canvas: Canvas, rng: np.random.Generator, who: Person, horizon: float, across: float, distance: float
) -> None:
    feet_y, scale = _pixels_per_metre(canvas, horizon, distance)
    tall = who.height_m * scale
    x = across * len(canvas.light)
    _shadow(canvas, x + 0.05 * tall, feet_y, 0.16 * tall)
    sideways = rng.random() < 0.45
    turned = 0.62 if sideways else 1.0  # a body seen from the side is narrower
    facing = rng.choice([-1.0, 1.0])
    stride = rng.uniform(0.05, 0.3) if rng.random() < 0.6 else 0.03
    lean = rng.normal(0, 0.02) + (facing * 0.03 if sideways and stride > 0.05 else 0)
    sway = rng.uniform(-1, 1)

    def at(right: float, up: float) -> tuple[float, float]:
        return x + (right + lean * up) * tall, feet_y - up * tall

    hip, shoulder = 0.5, 0.815
    hips, shoulders = 0.075 * who.girth * turned, who.shoulders * who.girth**0.4 * turned
    limb = 0.034 * who.girth * tall
    # The far arm and leg first, then the body, then the near ones.
    spread = stride * (1 if sideways else 0.35)
    for side in (-1, 1):
        thigh = at(side * hips * 0.5, hip)
        foot_right = side * (hips * 0.45 + 0.0) + (side * spread * 0.5 * facing if sideways else side * spread * 0.2)
        lift = 0.05 * stride * (1 + side * sway)
        foot = at(foot_right, 0.02 + lift)
        bent = 0.04 * facing * stride if sideways else 0.01 * side
        knee = at((side * hips * 0.5 + foot_right) / 2 + bent, 0.27 + lift)
        canvas.paint(canvas.limb(thigh, knee, limb * 1.25, limb * 0.95), who.bottom)
        canvas.paint(canvas.limb(knee, foot, limb * 0.9, limb * 0.6), who.skin if who.skirt else who.bottom)
        toe = at(foot_right + (0.05 * facing if sideways else 0.015 * side), 0.012 + lift)
        canvas.paint(canvas.limb(foot, toe, limb * 0.7, limb * 0.6), who.shoes)
    if who.skirt:
        canvas.paint(canvas.limb(at(0, hip + 0.04), at(0, 0.3), hips * tall, hips * 1.6 * tall), who.bottom)
    swing = rng.uniform(0.0, 0.2) if stride > 0.05 else rng.uniform(0, 0.05)
    raised = rng.random() < 0.15  # an arm at a phone, or that waves
    for side in (-1, 1):
        top = at(side * shoulders * 0.92, shoulder - 0.01)
        if raised and side > 0:
            elbow = at(side * (shoulders + 0.06), shoulder - 0.12)
            hand = at(side * (shoulders * 0.5 + 0.02), shoulder + rng.uniform(0.06, 0.2))
        else:
            out = side * swing * facing if sideways else side * 0.03
            elbow = at(side * shoulders + out * 0.5 + side * 0.015, shoulder - 0.17)
            hand = at(side * shoulders + out, shoulder - 0.33)
        canvas.paint(canvas.limb(top, elbow, limb * 0.85, limb * 0.7), who.top * 0.93)
        canvas.paint(canvas.limb(elbow, hand, limb * 0.65, limb * 0.5), who.top * 0.93)
        canvas.paint(canvas.ellipse(*hand, limb * 0.6, limb * 0.7), who.skin)
        if who.bag and side < 0 and not raised:
            bag_x, bag_y = hand
            canvas.paint(canvas.box(bag_x - who.bag * 0.5 * tall, bag_y, bag_x + who.bag * 0.5 * tall,
                                    bag_y + who.bag * 1.2 * tall), who.shoes)  # fmt: skip
    chest = at(0, shoulder - 0.03)
    belly = at(0, hip - who.coat)
    canvas.paint(canvas.limb(chest, belly, shoulders * 0.9 * tall, hips * (1 + who.coat) * tall), who.top)
    canvas.paint(canvas.limb(at(-shoulders * 0.7, shoulder), at(shoulders * 0.7, shoulder), limb, limb), who.top)
    lit = rng.choice([-0.45, 0.45])  # the side away from the light is darker
    shaded = (at(lit * shoulders, shoulder - 0.05), at(lit * hips, hip - who.coat))
    canvas.dim(canvas.limb(*shaded, shoulders * 0.4 * tall, hips * 0.5 * tall, soft=2), rng.uniform(0.6, 0.85))
    if rng.random() < 0.4:  # an open jacket, a scarf, a print: clothes are not of one tone
        canvas.paint(canvas.limb(at(0, shoulder - 0.02), at(0, hip), limb * 0.5, limb * 0.5), rng.uniform(0.1, 0.95))
    head = at(0.012 * facing if sideways else 0, 0.925)
    radius = who.head * tall
    canvas.paint(canvas.limb(at(0, shoulder), head, radius * 0.5, radius * 0.5), who.skin * 0.9)
    if who.hair_length:
        canvas.paint(canvas.ellipse(head[0], head[1] + who.hair_length * 0.5 * radius, radius * 1.12,
                                    radius * (1.1 + 0.6 * who.hair_length)), who.hair)  # fmt: skip
    canvas.paint(canvas.ellipse(*head, radius * 0.82, radius * 1.08), who.skin)
    away = rng.random() < 0.3
    cap = canvas.ellipse(head[0] - (0.25 * facing * radius if sideways else 0), head[1] - 0.35 * radius,
                         radius * 0.9, radius * (1.1 if away else 0.8))  # fmt: skip
    canvas.paint(cap, who.hair)
    if who.hat:
        canvas.paint(canvas.ellipse(head[0], head[1] - 0.55 * radius, radius * 1.15, radius * 0.65), who.shoes)


def _furnish(canvas: Canvas, horizon: float, kind: int, across: float, distance: float, seed: int) -> None:
    floor_y, scale = _pixels_per_metre(canvas, horizon, distance)
    _FURNITURE[kind](canvas, np.random.default_rng(seed), across * len(canvas.light), floor_y, scale)


def _chair(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    tone, width = rng.uniform(0.1, 0.9), rng.uniform(0.35, 0.6) * m
    _shadow(canvas, x, y, 0.8 * width)
    for side in (-0.5, 0.5):
        canvas.paint(canvas.limb((x + side * width, y), (x + side * width, y - 0.95 * m), 0.025 * m, 0.025 * m), tone)
        canvas.paint(canvas.limb((x + side * 0.8 * width, y), (x + side * 0.8 * width, y - 0.45 * m),
                                 0.025 * m, 0.025 * m), tone * 0.8)  # fmt: skip
    canvas.paint(canvas.box(x - width / 2, y - 0.5 * m, x + width / 2, y - 0.43 * m), tone)
    canvas.paint(canvas.box(x - width / 2, y - 0.95 * m, x + width / 2, y - rng.uniform(0.6, 0.8) * m), tone * 0.9)


def _coat_stand(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    tone, height = rng.uniform(0.1, 0.7), rng.uniform(1.6, 1.9) * m
    _shadow(canvas, x, y, 0.25 * m)
    canvas.paint(canvas.limb((x, y), (x, y - height), 0.03 * m, 0.025 * m), tone)
    for side in (-1, 1):
        canvas.paint(canvas.limb((x, y), (x + side * 0.2 * m, y), 0.025 * m, 0.02 * m), tone)
        canvas.paint(canvas.limb((x, y - 0.93 * height), (x + side * 0.15 * m, y - height), 0.02 * m, 0.02 * m), tone)
        if rng.random() < 0.7:  # a coat hangs there, without legs, arms or a head
            coat, length = rng.uniform(0.05, 0.9), rng.uniform(0.6, 1.0) * m
            top = (x + side * 0.13 * m, y - 0.93 * height)
            bottom = (x + side * 0.18 * m, y - 0.93 * height + length)
            canvas.paint(canvas.limb(top, bottom, 0.06 * m, rng.uniform(0.1, 0.16) * m), coat)


def _shelf(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    tone, width, height = rng.uniform(0.1, 0.9), rng.uniform(0.4, 1.0) * m, rng.uniform(0.8, 2.0) * m
    _shadow(canvas, x, y, 0.6 * width)
    canvas.paint(canvas.box(x - width / 2, y - height, x + width / 2, y), tone)
    for row in range(int(rng.integers(1, 5))):
        top = y - height + row * 0.4 * m + 0.06 * m
        canvas.paint(canvas.box(x - 0.42 * width, top, x + 0.42 * width, min(top + 0.3 * m, y)), rng.uniform(0.05, 0.9))


def _plant(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    pot = rng.uniform(0.12, 0.22) * m
    _shadow(canvas, x, y, 1.5 * pot)
    canvas.paint(canvas.limb((x, y - pot), (x, y - 2 * pot), pot * 0.8, pot), rng.uniform(0.2, 0.9))
    height, tone = rng.uniform(0.6, 1.5) * m, rng.uniform(0.1, 0.55)
    for _ in range(int(rng.integers(6, 14))):
        turn = rng.uniform(-1.2, 1.2)
        reach = rng.uniform(0.4, 1) * height
        tip = (x + np.sin(turn) * reach * 0.6, y - 2 * pot - np.cos(turn) * reach)
        canvas.paint(canvas.limb((x, y - 2 * pot), tip, 0.02 * m, rng.uniform(0.03, 0.08) * m),
                     tone * rng.uniform(0.7, 1.3))  # fmt: skip


def _lamp(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    height = rng.uniform(1.3, 1.8) * m
    _shadow(canvas, x, y, 0.2 * m)
    canvas.paint(canvas.limb((x, y), (x, y - height), 0.025 * m, 0.02 * m), rng.uniform(0.05, 0.6))
    canvas.paint(canvas.ellipse(x, y, 0.18 * m, 0.04 * m), 0.2)
    shade = rng.uniform(0.5, 1.2)
    canvas.paint(canvas.limb((x, y - height), (x, y - height - 0.2 * m), 0.2 * m, 0.1 * m), shade)


def _boxes(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    _shadow(canvas, x, y, 0.4 * m)
    for _ in range(int(rng.integers(1, 4))):
        width, height = rng.uniform(0.25, 0.6) * m, rng.uniform(0.2, 0.5) * m
        canvas.paint(canvas.box(x - width / 2, y - height, x + width / 2, y), rng.uniform(0.2, 0.85))
        y -= height
        x += rng.uniform(-0.05, 0.05) * m


def _round_table(canvas: Canvas, rng: np.random.Generator, x: float, y: float, m: float) -> None:
    tone, radius, height = rng.uniform(0.1, 0.9), rng.uniform(0.3, 0.6) * m, rng.uniform(0.7, 1.1) * m
    _shadow(canvas, x, y, radius)
    canvas.paint(canvas.limb((x, y), (x, y - height), 0.04 * m, 0.04 * m), tone * 0.8)
    canvas.paint(canvas.ellipse(x, y - height, radius, 0.2 * radius), tone)
    if rng.random() < 0.5:  # a vase or a round lamp on it: a head without a body
        canvas.paint(canvas.ellipse(x, y - height - 0.12 * m, 0.09 * m, 0.13 * m), rng.uniform(0.1, 0.95))


def _dog(canvas: Canvas, rng: np.random.Generator, horizon: float, across: float, distance: float) -> None:
    y, m = _pixels_per_metre(canvas, horizon, distance)
    x, tone = across * len(canvas.light), rng.uniform(0.05, 0.9)
    length, height, facing = rng.uniform(0.4, 0.8) * m, rng.uniform(0.3, 0.55) * m, rng.choice([-1.0, 1.0])
    thick = 0.28 * height
    _shadow(canvas, x, y, 0.7 * length)
    for end in (-0.5, -0.42, 0.42, 0.5):
        foot = x + end * length + rng.uniform(-0.08, 0.08) * length
        canvas.paint(canvas.limb((x + end * length, y - 0.6 * height), (foot, y), 0.3 * thick, 0.2 * thick), tone * 0.9)
    canvas.paint(canvas.limb((x - length / 2, y - height + thick), (x + length / 2, y - height + thick), thick, thick),
                 tone)  # fmt: skip
    head = (x + facing * 0.72 * length, y - 1.15 * height)
    canvas.paint(canvas.limb((x + facing * length / 2, y - height + thick), head, 0.7 * thick, 0.6 * thick), tone)
    canvas.paint(canvas.limb(head, (head[0] + facing * 0.25 * length, head[1] + 0.1 * height), 0.6 * thick,
                             0.35 * thick), tone)  # fmt: skip
    rump, tip = (x - facing * length / 2, y - height + thick * 0.7), (x - facing * 0.75 * length, y - 1.2 * height)
    canvas.paint(canvas.limb(rump, tip, 0.25 * thick, 0.15 * thick), tone)


_FURNITURE = (_chair, _coat_stand, _shelf, _plant, _lamp, _boxes, _round_table)


def _lighting(canvas: Canvas, rng: np.random.Generator) -> None:
    """Daylight from a side or a lamp somewhere; corners of the picture lose light in the lens."""
    size = len(canvas.light)
    turn, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.3)
    slope = (np.cos(turn) * (canvas.x / size - 0.5) + np.sin(turn) * (canvas.y / size - 0.5)) * strength
    canvas.light *= 1 + slope
    if rng.random() < 0.3:
        spot = canvas.ellipse(rng.uniform(0, size), rng.uniform(0, size), 0.3 * size, 0.3 * size, soft=0.3 * size)
        canvas.light *= 1 + 0.35 * spot
    if rng.random() < 0.25:  # the shadow of something outside the picture
        start, end = rng.uniform(-0.2, 1.2, 2) * size, rng.uniform(-0.2, 1.2, 2) * size
        canvas.dim(canvas.limb(tuple(start), tuple(end), 8, 12, soft=3), rng.uniform(0.6, 0.85))
    r2 = ((canvas.x / size - 0.5) ** 2 + (canvas.y / size - 0.5) ** 2) * 2
    canvas.light *= 1 - rng.uniform(0.05, 0.25) * r2
