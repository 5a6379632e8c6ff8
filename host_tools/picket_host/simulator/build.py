"""Builds the simulator: MicroPython's unix port as the variant in ``native/``, with ``picket_native`` built in and the
modules of ``board/`` frozen. ``.cache/sim/`` is its cache folder.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from picket_host import micropython, qstrs
from picket_host.micropython import Port
from picket_host.native.selection import EVERYTHING, Selection
from picket_host.paths import CACHE, DEVICE, NATIVE
from picket_host.progress import SILENT, Progress
from picket_host.vendor import vendor

_HERE = Path(__file__).resolve().parent


def simulator_port(selection: Selection = EVERYTHING) -> Port:
    """The simulator itself, with so much of the native module."""
    monocypher = vendor(["monocypher", "umqtt.simple"])["monocypher"]
    names = qstrs.write_header(DEVICE, CACHE / "sim")
    variables = (
        "VARIANT=picket",
        f"VARIANT_DIR={_HERE / 'native'}",
        f"USER_C_MODULES={NATIVE}",
        f"MONOCYPHER_DIR={monocypher}",
        f"DEVICE_QSTRS={names}",
        "COPT=-O2 -DNDEBUG -fdata-sections -ffunction-sections",
    )
    if selection != EVERYTHING:
        content = hashlib.sha256(repr(selection.content).encode()).hexdigest()
        variables += (
            f"PICKET_SELECTION={' '.join(selection.flags)}",
            f"PICKET_ENGINE_FILES={' '.join(str(path.relative_to(NATIVE)) for path in selection.engine_files())}",
            f"PICKET_LIBRARIES={' '.join(map(str, selection.libraries))}",
            f"PICKET_CONTENT={content}",  # of the libraries: another one makes another simulator
        )
    return Port("sim", variables, (_HERE / "native", _HERE / "board", NATIVE))


def stock_port() -> Port:
    """MicroPython as it is, without anything of ours: what stock firmware is to a board. Dynamic native modules are
    tried on it."""
    left_out = ("MICROPY_PY_FFI=0", "MICROPY_PY_BTREE=0", "MICROPY_PY_SSL=0", "MICROPY_SSL_MBEDTLS=0")
    return Port("stock", ("VARIANT=standard", "FROZEN_MANIFEST=", *left_out), ())


def build(progress: Progress = SILENT, *, force: bool = False, port: Port | None = None) -> Path:
    """The path of the interpreter (the simulator's when ``port`` is None), built if no earlier build of the same
    content is in the cache. Raises as ``micropython.build`` does."""
    return micropython.build(simulator_port() if port is None else port, CACHE / "sim", progress, force=force)
