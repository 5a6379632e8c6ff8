"""A flash for tests whose power can be cut at any write.

Under MicroPython it is littlefs on a RAM block device, under CPython a folder whose file calls fail.
"""

import os
import sys


class PowerCut(OSError):
    """What the code under test sees of a power cut: from then on every write fails."""


_WHOLE = 0
_HALF = 1  # the power fails in the middle of this one
_DEAD = 2


class _Supply:
    """Counts writes; from number `cut_at` on each fails for good."""

    def __init__(self):
        self.restore()

    def restore(self):
        self.writes = 0
        self.cut_at = None

    def spend(self):
        """Account for a write: how much of it reaches the flash."""
        self.writes += 1
        if self.cut_at is None or self.writes < self.cut_at:
            return _WHOLE
        return _HALF if self.writes == self.cut_at else _DEAD


if sys.implementation.name == "micropython":
    import vfs

    _BLOCK = 512
    _EIO = -5

    class _Ram:
        def __init__(self, supply, blocks):
            self._supply = supply
            self._data = bytearray(blocks * _BLOCK)

        def readblocks(self, block, buffer, offset=0):
            at = block * _BLOCK + offset
            buffer[:] = memoryview(self._data)[at : at + len(buffer)]

        def writeblocks(self, block, buffer, offset=None):
            spent = self._supply.spend()
            if spent == _DEAD:
                return _EIO  # without allocating: a file that the garbage collector closes comes here, too
            at = block * _BLOCK + (offset or 0)
            length = len(buffer) if spent == _WHOLE else len(buffer) // 2
            self._data[at : at + length] = memoryview(buffer)[:length]
            return 0 if spent == _WHOLE else _EIO

        def ioctl(self, operation, argument):
            if operation == 4:
                return len(self._data) // _BLOCK
            if operation == 5:
                return _BLOCK
            if operation == 6:
                return 0 if self._supply.spend() == _WHOLE else _EIO
            return 0

    class Flash:
        """`root` is where it is mounted. littlefs keeps what was not synced in RAM: a cut loses it."""

        root = "/flash-under-test"

        def __init__(self, modules=(), blocks=512):
            self.supply = _Supply()
            self._device = _Ram(self.supply, blocks)
            vfs.VfsLfs2.mkfs(self._device)
            self._mounted = False
            self.power_on()

        def power_on(self):
            """Power comes back: mount anew what was really written."""
            self.supply.restore()
            self.close()
            vfs.mount(vfs.VfsLfs2(self._device), self.root)
            self._mounted = True

        def close(self):
            if self._mounted:
                vfs.umount(self.root)
                self._mounted = False

else:
    import builtins
    import shutil
    import tempfile

    class _FaultyFile:
        def __init__(self, supply, file):
            self._supply = supply
            self._file = file

        def write(self, data):
            spent = self._supply.spend()
            if spent == _WHOLE:
                return self._file.write(data)
            if spent == _HALF:
                self._file.write(data[: len(data) // 2])
            raise PowerCut("power cut")

        def flush(self):
            self._file.flush()

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._file.close()

    class _FaultyOs:
        def __init__(self, supply):
            self._supply = supply

        def __getattr__(self, name):
            return getattr(os, name)

        def _write(self, call, *arguments):
            if self._supply.spend() != _WHOLE:
                raise PowerCut("power cut")
            return call(*arguments)

        def rename(self, old, new):
            return self._write(os.rename, old, new)

        def remove(self, path):
            return self._write(os.remove, path)

        def mkdir(self, path):
            return self._write(os.mkdir, path)

        def rmdir(self, path):
            return self._write(os.rmdir, path)

    class Flash:
        """`root` is a new folder; `modules` are those whose file calls shall fail when the power is cut."""

        def __init__(self, modules=(), blocks=512):
            self.supply = _Supply()
            self.root = tempfile.mkdtemp()
            self._modules = modules
            for module in modules:
                module.os = _FaultyOs(self.supply)
                module.open = self._open

        def _open(self, path, mode="r"):
            if mode[0] == "r":
                return builtins.open(path, mode)
            if self.supply.spend() != _WHOLE:
                raise PowerCut("power cut")
            return _FaultyFile(self.supply, builtins.open(path, mode))

        def power_on(self):
            self.supply.restore()

        def close(self):
            for module in self._modules:
                module.os = os
                del module.open
            shutil.rmtree(self.root)


def write_tree(root, tree):
    """Write files given as {path: bytes} below `root`."""
    for path, content in tree.items():
        at = path.find("/")
        while at >= 0:
            try:
                os.mkdir(root + "/" + path[:at])
            except OSError:
                pass  # it is there
            at = path.find("/", at + 1)
        with open(root + "/" + path, "wb") as f:
            f.write(content)


def read_file(path):
    with open(path, "rb") as f:
        return f.read()
