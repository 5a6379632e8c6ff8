# Finds the native module. It must come while the heap is in one piece, before any other program.
import gc
import sys


def native(root, folders):
    """The module of the firmware, else that of the application on the board, else of one of the folders; or None."""
    path = sys.path[:]
    try:
        gc.collect()
        for folder in [None] + folders:
            if folder:
                sys.path.append(root + folder)
            try:
                return __import__("picket_native")
            except (ImportError, ValueError):
                continue
    finally:
        sys.path[:] = path
    return None
