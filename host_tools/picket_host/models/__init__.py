"""Models: train, quantise, prove and package them. TensorFlow and TFLM run in processes of their own."""

from __future__ import annotations

from typing import Any

__all__ = ["PackageReport", "build_package", "build_packages"]


def __getattr__(name: str) -> Any:
    # Workers import modules of this package too; what they don't need must not delay their start.
    if name in __all__:
        from picket_host.models import package

        return getattr(package, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
