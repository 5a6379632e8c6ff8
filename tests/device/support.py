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


async def cancel(task):
    """Cancel a task and wait until it has ended; raises what it had failed with before."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
