"""The simulator with TensorFlow Lite Micro as its engine."""

from __future__ import annotations

import dataclasses
import hashlib
import shlex

from picket_host.micropython import Port
from picket_host.simulator.build import simulator_port
from picket_host.tflm_build.selection import CXX_FLAGS, TflmSelection


def port(selection: TflmSelection) -> Port:
    """For ``picket_host.simulator.build.build``.

    Args:
        selection: with a library for this machine.

    Raises:
        InputError: the library is for another machine.
    """
    selection.library.require("EM_X86_64")
    base = simulator_port()
    variables = (
        *base.variables,
        "PICKET_ENGINE=tflm",
        f"PICKET_TFLM_FLAGS={shlex.join((*CXX_FLAGS, *selection.flags))}",
        f"PICKET_TFLM_ARCHIVE={shlex.join(map(str, selection.libraries))}",
        # Another library or list makes another simulator.
        f"PICKET_TFLM_CONTENT={hashlib.sha256(repr(selection.content).encode()).hexdigest()}",
    )
    return dataclasses.replace(base, name="sim-tflm", variables=variables)
