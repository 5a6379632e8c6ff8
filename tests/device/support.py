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
    while not task.done():
        task.cancel()  # again after a second: the wait_for() of CPython 3.11 now and then swallows one
        for _ in range(1000):
            if task.done():
                break
            await asyncio.sleep(0.001)
    try:
        await task
    except asyncio.CancelledError:
        pass
