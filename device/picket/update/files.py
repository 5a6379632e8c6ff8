"""Small file helpers of the updater; they run alike under MicroPython and CPython."""

import asyncio
import os

_CHUNK = 1024
_DIRECTORY = 0x4000
_ENOSPC = 28


def fault(error):
    """What an OSError of the flash means, as people read it."""
    if error.args and error.args[0] == _ENOSPC:
        return "no space is left on the flash"
    return "the flash failed: %r" % error


def size(path):
    """Bytes of a file, or -1 when there is none."""
    try:
        mode, _, _, _, _, _, length = os.stat(path)[:7]
    except OSError:
        return -1
    return -1 if mode & _DIRECTORY else length


def is_folder(path):
    try:
        return bool(os.stat(path)[0] & _DIRECTORY)
    except OSError:
        return False


def names(path):
    """What a folder holds; empty when there is no such folder."""
    try:
        return os.listdir(path)
    except OSError:
        return []


def make_folder(path):
    if not is_folder(path):
        os.mkdir(path)


def make_parents(root, path):
    """Make the folders of the relative `path` below `root`."""
    at = path.find("/")
    while at >= 0:
        make_folder(root + "/" + path[:at])
        at = path.find("/", at + 1)


def remove(path):
    """Remove a file that may be absent."""
    try:
        os.remove(path)
    except OSError:
        pass


async def remove_tree(path, turn):
    """Remove a folder with all it holds; `turn` is awaited before each write to the flash."""
    for name in names(path):
        child = path + "/" + name
        if is_folder(child):
            await remove_tree(child, turn)
        else:
            await turn()
            os.remove(child)
    if is_folder(path):
        await turn()
        os.rmdir(path)


def space(path):
    """(bytes of a block, bytes free) of the file system that holds the folder `path`."""
    stat = os.statvfs(path)
    return stat[1], stat[1] * stat[4]


def read(path, limit):
    """The first `limit` bytes of a file; empty when there is none."""
    try:
        with open(path, "rb") as f:
            return f.read(min(limit, size(path)))  # read(n) takes n bytes of heap, however short the file is
    except OSError:
        return b""


def read_at(path, at, count):
    """So many bytes of a file from `at` on."""
    with open(path, "rb") as f:
        f.seek(at)
        return f.read(count)


async def feed(path, sha):
    """Update the hash with a file's content; other tasks run between its pieces."""
    with open(path, "rb") as f:
        while True:
            part = f.read(_CHUNK)
            if not part:
                return
            sha.update(part)
            await asyncio.sleep(0)


async def copy(source, to, sha, turn):
    """Copy a file and update the hash with it; `turn` is awaited before each write."""
    with open(source, "rb") as f, open(to, "wb") as g:
        while True:
            part = f.read(_CHUNK)
            if not part:
                return
            sha.update(part)
            await turn()
            g.write(part)
