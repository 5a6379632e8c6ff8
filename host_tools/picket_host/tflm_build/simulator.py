"""The simulator with TensorFlow Lite Micro as its engine."""

from __future__ import annotations

import dataclasses
import shlex

from picket_host.micropython import Port
from picket_host.simulator.build import simulator_port
from picket_host.tflm_build.library import COMPILER_FLAGS, Library
from picket_host.tflm_build.selection import Selection


def port(library: Library, selection: Selection) -> Port:
    """For ``picket_host.simulator.build.build``.

    Raises:
        InputError: the library is for another machine.
    """
    library.require("EM_X86_64")
    base = simulator_port()
    variables = (
        *base.variables,
        "PICKET_ENGINE=tflm",
        f"PICKET_TFLM_FLAGS={shlex.join((*COMPILER_FLAGS, *library.flags, *selection.flags))}",
        f"PICKET_TFLM_ARCHIVE={shlex.quote(str(library.archive))}",
        f"PICKET_TFLM_DIGEST={library.digest}",  # another library makes another simulator
    )
    return dataclasses.replace(base, name="sim-tflm", variables=variables)
