"""Picket's host library: build, train, prove, release, watch. The click command ``picket`` is a thin layer over it."""

__version__ = "0.1.0"
