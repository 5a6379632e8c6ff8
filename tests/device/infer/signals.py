"""Small signals of integers, the same under CPython and MicroPython, that the model in package/ knows."""

from array import array

WINDOW = 256
LABELS = ["healthy", "inner_race", "outer_race"]


def samples(kind, seed):
    """One window of the kind: a label, or "strange", which the model has not seen."""
    x = array("h", bytes(2 * WINDOW))
    state = seed * 7919 + 12345
    for i in range(WINDOW):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        x[i] = (state >> 16) % 801 - 400
        since = (i + seed * 17) % 64
        if kind == "inner_race" and since < 16:  # blows that ring and die away
            x[i] += (12000 >> (since // 2)) * (1 if since & 2 else -1)
        elif kind == "outer_race":
            x[i] += 3000 if i & 4 else -3000
        elif kind == "strange":
            x[i] += (i % 128) * 8 - 512
    return x
