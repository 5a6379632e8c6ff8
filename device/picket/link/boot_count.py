"""The boot counter: with the sequence number it makes an alert's id unique for the life of the device."""

import os
from binascii import crc32

_LARGEST = 0xFFFFFFFF


def advance(folder="/state", floor=0):
    """Add one to the counter on flash, and return it once it is stored.

    floor: a boot known from elsewhere (the outbox's last), below which a damaged or lost file must not fall.
    A power cut leaves the old or the new value: the file is replaced by a rename. OSError when flash can't be written.
    """
    path = folder + "/boot"
    boot = max(_read(path), floor) + 1
    if boot > _LARGEST:
        raise OSError("boot counter used up")
    _make(folder)
    text = "%d" % boot
    with open(path + ".new", "w") as file:
        file.write("%s %08x\n" % (text, crc32(text.encode())))
    os.rename(path + ".new", path)
    return boot


def _read(path):
    try:
        with open(path) as file:
            text, crc = file.read(32).split()
        if int(crc, 16) == crc32(text.encode()):
            return int(text)
    except (OSError, ValueError):
        pass
    return 0


def _make(folder):
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there; if not, open() says so
