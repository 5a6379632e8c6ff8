"""Helpers for tests that run under CPython and under MicroPython."""

import asyncio


def error_of(kind, function, *args):
    """The text of the `kind` of exception that function(*args) raises."""
    try:
        function(*args)
    except kind as e:
        return str(e)
    raise AssertionError("no " + kind.__name__)


def run(coroutine):
    """Run a coroutine in an event loop of its own."""
    asyncio.new_event_loop()
    return asyncio.run(coroutine)
