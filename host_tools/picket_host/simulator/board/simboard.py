"""Starts the simulated board: `micropython -X heapsize=200k -m simboard BOARD_DIR`.

Mounts BOARD_DIR/flash as `/`, gives the rest of BOARD_DIR to the simulated surroundings, and does what an ESP32's
MicroPython does at start: runs boot.py, then main.py. Where a board would drop to the REPL (the application ended or
crashed), this one prints the traceback, waits for half a second and resets, which counts as a soft reset. SystemExit is
a soft reset, too, as on a board.

The heap's size is what the device has for itself: what the simulated hardware takes of it is added.
"""

import gc
import os
import sys
import time

import _sim
import vfs
from micropython import const

_SOFT_RESET = const(5)
_PAUSE_MS = const(500)


def _switch_on(board_dir):
    gc.collect()
    free = gc.mem_free()
    _mount(board_dir)
    gc.collect()
    _sim.add_heap(free - gc.mem_free())


def _mount(board_dir):
    # Imported here, so that what they take is known; machine, because a board has it from the start.
    import machine  # noqa: F401
    import simworld
    from hostfolder import HostFolder

    surroundings = HostFolder(board_dir)
    flash = HostFolder(board_dir + "/flash")
    simworld.attach(surroundings)
    vfs.umount("/")
    vfs.mount(flash, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv.clear()


def _run(name, namespace):
    """Run a file of the current folder if it is there; False if it crashed, as MicroPython's start then skips
    main.py."""
    try:
        os.stat(name)
    except OSError:
        return True
    try:
        execfile(name, namespace)  # noqa: F821 - MicroPython has it
    except SystemExit:
        _sim.reset(_SOFT_RESET)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.print_exception(error)
        return False
    return True


def _main():
    _switch_on(sys.argv[1])
    namespace = {"__name__": "__main__"}
    if _run("boot.py", namespace):
        _run("main.py", namespace)
    time.sleep_ms(_PAUSE_MS)
    _sim.reset(_SOFT_RESET)


_main()
