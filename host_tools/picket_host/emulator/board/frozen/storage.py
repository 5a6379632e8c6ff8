# Storage of the emulated board: a flash and a read-only file system, both in memory that outlives a reset.
import uctypes
import vfs
from memory_map import FLASH, FLASH_BYTES, ROM, ROM_BYTES
from micropython import const

_BLOCK = const(4096)
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
        self._bytes[start : start + len(buffer)] = buffer

    def ioctl(self, operation, _argument):
        if operation == _IOCTL_BLOCK_COUNT:
            return FLASH_BYTES // _BLOCK
        return _BLOCK if operation == _IOCTL_BLOCK_SIZE else 0


def mount_flash():
    flash = Flash()
    try:
        vfs.mount(vfs.VfsLfs2(flash), "/")
    except OSError:  # as it comes from the factory
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash), "/")


def mount_rom():
    """Mount what the emulator has put there now; returns whether there is anything."""
    try:
        vfs.umount("/rom")
    except OSError:
        pass
    try:
        vfs.mount(vfs.VfsRom(uctypes.bytearray_at(ROM, ROM_BYTES)), "/rom")
    except OSError:
        return False
    return True
