# The flash of the emulated board: memory that outlives a reset.
import uctypes
import vfs
from memory_map import FLASH, FLASH_BYTES
from micropython import const

_BLOCK = const(4096)
_LOOKAHEAD = const(128)  # bytes: a bit for each block
_IOCTL_BLOCK_COUNT = const(4)
_IOCTL_BLOCK_SIZE = const(5)


class Flash:
    """Block device with the extended interface, as littlefs wants it."""

    def __init__(self):
        self._bytes = memoryview(uctypes.bytearray_at(FLASH, FLASH_BYTES))

    def readblocks(self, block, buffer, offset=0):
        start = block * _BLOCK + offset
        buffer[:] = self._bytes[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * _BLOCK + offset
        # By way of a view: to assign to a slice moves everything behind it.
        part = self._bytes[start : start + len(buffer)]
        part[:] = buffer

    def ioctl(self, operation, _argument):
        if operation == _IOCTL_BLOCK_COUNT:
            return FLASH_BYTES // _BLOCK
        return _BLOCK if operation == _IOCTL_BLOCK_SIZE else 0


def mount():
    flash = Flash()
    try:
        vfs.mount(vfs.VfsLfs2(flash, lookahead=_LOOKAHEAD), "/")
    except OSError:  # as it comes from the factory
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash, lookahead=_LOOKAHEAD), "/")
