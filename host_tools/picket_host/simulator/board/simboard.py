"""Starts the simulated board: `micropython -X heapsize=200k -m simboard BOARD_DIR`.

Mounts BOARD_DIR/flash as `/`, gives the rest of BOARD_DIR to the simulated surroundings, and does what an ESP32's MicroPython does at start: runs
boot.py, then main.py. Where a board would drop to the REPL (the application ended or crashed), this one prints the traceback, waits for half a second
and resets, which counts as a soft reset. SystemExit is a soft reset, too, as on a board.

One thing differs from a board: imports through the entry "" of sys.path look into `/` even after os.chdir(). Name folders in full.
"""

import gc
import json
import os
import sys
import time

import _sim
import simworld
import vfs
from micropython import const

_SOFT_RESET = const(5)
_PAUSE_MS = const(500)


class _Folder:
    """A folder of the host that is mounted nowhere. (A VfsPosix takes a name without a slash for one in the process's working folder.)"""

    def __init__(self, path):
        self._vfs = vfs.VfsPosix(path)

    def open(self, name, mode):
        return self._vfs.open("/" + name, mode)

    def stat(self, name):
        return self._vfs.stat("/" + name)

    def rename(self, old, new):
        self._vfs.rename("/" + old, "/" + new)

    def remove(self, name):
        self._vfs.remove("/" + name)


def _mount(board_dir):
    surroundings = _Folder(board_dir)
    flash = vfs.VfsPosix(board_dir + "/flash")
    with surroundings.open("board.json", "r") as f:
        _sim.speed(json.load(f).get("time", {}).get("speed", 1.0))
    simworld.attach(surroundings)
    vfs.umount("/")
    vfs.mount(flash, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv.clear()


def _run(name, namespace):
    """Run a file of the current folder if it is there; False if it crashed, as MicroPython's start then skips main.py."""
    try:
        os.stat(name)
    except OSError:
        return True
    try:
        execfile(name, namespace)
    except SystemExit:
        _sim.reset(_SOFT_RESET)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.print_exception(error)
        return False
    return True


def _main():
    _mount(sys.argv[1])
    gc.collect()
    namespace = {"__name__": "__main__"}
    if _run("boot.py", namespace):
        _run("main.py", namespace)
    time.sleep_ms(_PAUSE_MS)
    _sim.reset(_SOFT_RESET)


_main()
