"""ROMFS images: MicroPython itself reads back what was put in, wherever the sizes put it, and can use it in place."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from picket_host.emulator.romfs import ALIGNMENT, image
from picket_host.errors import InputError

_LIST = """
import hashlib, json, os, uctypes

def walk(folder, found):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path, found)
        else:
            with open(path, "rb") as file:
                data = memoryview(file)
                digest = hashlib.sha256(data).digest().hex()
                found[path[5:]] = len(data), digest, uctypes.addressof(data) % 8 if len(data) else 0
    return found

print(json.dumps(walk("/rom", {})))
"""


def test_micropython_reads_back_every_file_aligned(shared_board):
    rng = np.random.default_rng(3)
    sizes = [0, 1, 2, 7, 8, 9, 126, 127, 128, 129, 16383, 16384, 70000]
    files = {f"size/{size}.bin": rng.bytes(size) for size in sizes}
    files |= {"top": b"x", "a/b/c/deep.txt": b"deep", "a/b/side": b"side", "ünï.txt": b"name"}
    found = json.loads(shared_board.run(_LIST, files))
    found.pop("emulated_script.py")
    assert found == {path: [len(data), hashlib.sha256(data).hexdigest(), 0] for path, data in files.items()}


def test_data_is_aligned_in_the_image():
    made = image({"one": b"\x01", "marked": b"MARKED IN THE IMAGE", "other": b"OTHER MARK"})
    assert made.index(b"MARKED IN THE IMAGE") % ALIGNMENT == 0
    assert made.index(b"OTHER MARK") % ALIGNMENT == 0


@pytest.mark.parametrize("path", ["", "/absolute", "../outside", "a/../../outside"])
def test_a_path_that_leads_outside_is_refused(path):
    with pytest.raises(InputError, match="not a relative path"):
        image({path: b""})


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("a/b", "a//b")])
def test_two_things_of_one_name_are_refused(paths):
    with pytest.raises(InputError, match="is a file and a folder|exists twice"):
        image(dict.fromkeys(paths, b""))
