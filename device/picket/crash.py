"""Keeps the traceback that ended the application, for whoever comes with a cable later, until a start comes out well
(`picket.starts`). Loaded only for that.
"""

import io
import os
import sys

_PATH = "/state/crash"
_MAX_BYTES = 1000  # the end says what it was and where


def keep(error):
    """Write down why the application ended; OSError or MemoryError when it can't be."""
    text = io.StringIO()
    sys.print_exception(error, text)
    note(text.getvalue())


def note(text, path=_PATH):
    """Replace the note by the end of a text. One that says the same already costs no write: it may come in a circle."""
    end = text.encode()[-_MAX_BYTES:]
    if _read(path) != end:
        folder = path.rpartition("/")[0]
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there, or what follows fails as well
        with open(path, "wb") as f:
            f.write(end)


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None
