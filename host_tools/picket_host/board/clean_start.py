"""Makes a board ready for programs that use Picket's own code on it."""

from __future__ import annotations

from picket_host.board.info import BoardInfo, read_info
from picket_host.board.session import Session
from picket_host.progress import SILENT, Progress

# Some firmwares keep the module's code on the heap: it must come while that is in one piece, before any other program.
_LOAD_NATIVE_MODULE = """
import gc
import sys

gc.collect()
sys.path[:] = [{base!r} or "/", {base!r} + "/lib", {base!r} + "/native/{arch}", ".frozen"]
try:
    import picket_native
except (ImportError, ValueError, MemoryError):
    pass  # who needs it will say so
"""


def prepare(session: Session, progress: Progress = SILENT) -> BoardInfo:
    """Restart the board without its application, and load the native module of the active slot; what the board is.

    Raises:
        BoardError: the board does not answer any more.
    """
    progress.step("restarting the board without its application")
    session.refresh()
    info = read_info(session)
    session.soft_reset()  # nothing of the questions is left in memory
    session.run(_LOAD_NATIVE_MODULE.format(base=f"/slots/{info.app}" if info.app else "", arch=info.arch))
    return info
