"""Gives the device's modules their native module under CPython."""

import importlib.util

from picket_host.paths import TESTS

_spec = importlib.util.spec_from_file_location(
    "picket_native_on_cpython", TESTS / "support" / "picket_native_on_cpython.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
_module.install()
