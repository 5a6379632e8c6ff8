# Runs on the board: from the old version to the new one. What the list says is done to its end, if need be by boot.py
# at the next start, or by the next sync.
import os

_DONE = (2, 17, 39)  # ENOENT, EEXIST, ENOTEMPTY: done before the power was cut


def commit(root, garbage, fresh):
    """Decide for the staged list if it is `fresh`, carry the list out, and remove what is of no use then."""
    base = root + "/.picket/"
    if fresh:
        os.rename(base + "switch.new", base + "switch")  # from here on, there is no way back
    with open(base + "switch") as f:
        for line in f:
            source, target = line[:-1].split("\t")
            try:
                if source:
                    os.rename(root + source, root + target)
                else:
                    os.remove(root + target)
            except OSError as error:
                if error.errno not in _DONE:
                    raise
    os.remove(base + "switch")
    for path in garbage + ["/state/crash"]:  # a note of what was there before
        try:
            remove(root + path)
        except OSError:
            pass  # it costs room, nothing else; the next sync tries again
    if hasattr(os, "sync"):
        os.sync()


def remove(path):
    """Remove a file or a folder with all that is in it."""
    if os.stat(path)[0] & 0x4000:
        for name in os.listdir(path):
            remove(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)
