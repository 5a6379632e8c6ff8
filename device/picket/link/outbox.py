"""Alerts on flash until the gateway has stored them: one file each, <boot>-<sequence>, its CRC-32 at the end.

littlefs keeps files of up to 128 bytes inline, so that adding or removing one is a single commit of the folder.
"""

import os
import struct
from binascii import crc32

from picket import log
from picket.compat import const

MAX_PAYLOAD_BYTES = const(120)

_CRC_BYTES = const(4)
_KEY_BYTES = const(8)
_STEP = const(32)  # keys for which room is made at once
_ENOENT = const(2)
_EEXIST = const(17)
_TAG = "outbox"


class Outbox:
    """What append() has taken stays until remove(), whatever happens to the power; the oldest comes first.

    A full outbox refuses new alerts: what was taken is a promise. `dropped` counts the refused,
    `torn` the entries that a power cut left half written and recovery took away.
    """

    def __init__(self, max_entries=256, folder="/outbox"):
        """Recover what flash holds. OSError when the folder can't be made or read."""
        self.max_entries = max_entries
        self.dropped = 0
        self.torn = 0
        self.boot = 0
        self._folder = folder
        self._last_seq = 0
        self._count = 0
        self._keys = memoryview(b"")
        self._recover()

    def __len__(self):
        return self._count

    def last_boot(self):
        """The boot of the newest entry; 0 when there is none."""
        return self.key(self._count - 1)[0] if self._count else 0

    def begin(self, boot):
        """Set the boot counter that new alerts carry; it must be above that of every entry."""
        if boot <= self.last_boot():
            raise ValueError("boot %d is not above the outbox's %d" % (boot, self.last_boot()))
        self.boot = boot
        self._last_seq = 0

    def next_key(self):
        """(boot, sequence) of the alert that append() would take next."""
        return self.boot, self._last_seq + 1

    def append(self, payload):
        """Store an alert. Returns its (boot, sequence), or None when there is no room, which counts as dropped."""
        if not self.boot:
            raise ValueError("begin() must come first")
        if not 0 < len(payload) <= MAX_PAYLOAD_BYTES:
            raise ValueError("alert of %d bytes, allowed are 1..%d" % (len(payload), MAX_PAYLOAD_BYTES))
        if self._count >= self.max_entries:
            self._drop("full")
            return None
        boot, seq = self.next_key()
        # The number is used up even if the write fails: what a failed write left behind must never be
        # taken for another alert.
        self._last_seq = seq
        try:
            self._make_room()
            self._write(self._path(boot, seq), payload)
        except (OSError, MemoryError) as e:
            self._drop(e)
            return None
        self._put(self._count, boot, seq)
        self._count += 1
        return boot, seq

    def key(self, index):
        """(boot, sequence) of the entry at `index`, 0 being the oldest."""
        return struct.unpack_from(">II", self._keys, index * _KEY_BYTES)

    def find(self, boot, seq):
        """Index of the first entry that is not older than (boot, sequence): len(outbox) when there is none."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self.key(middle) < (boot, seq):
                low = middle + 1
            else:
                high = middle
        return low

    def read(self, boot, seq):
        """The payload of an entry, or None when it is damaged: then it is no entry any more, and counted as torn."""
        try:
            payload = self._load(boot, seq)
        except OSError as e:
            # Perhaps the next boot can read it: the file stays.
            log.warning(_TAG, "can't read", boot, seq, e)
        else:
            if payload is not None:
                return payload
            log.warning(_TAG, "torn entry", boot, seq)
            self._unlink(self._path(boot, seq))
        self.torn += 1
        self._forget(self.find(boot, seq))
        return None

    def remove(self, boot, seq):
        """Delete an entry: the gateway has it. True if it was there."""
        index = self.find(boot, seq)
        if index == self._count or self.key(index) != (boot, seq):
            return False
        try:
            os.remove(self._path(boot, seq))
        except OSError as e:
            # It will be sent again after the next boot, and acknowledged again.
            log.warning(_TAG, "can't remove", boot, seq, e)
        self._forget(index)
        return True

    def _recover(self):
        try:
            os.mkdir(self._folder)
        except OSError as e:
            if e.errno != _EEXIST:
                raise
        for boot, seq in self._stored():
            self._make_room()
            self._insert(boot, seq)
        index = 0
        while index < self._count:
            if self.read(*self.key(index)) is not None:
                index += 1

    def _stored(self):
        """(boot, sequence) of the entries in the folder, in no order."""
        for name in _names(self._folder):
            boot, _, seq = name.partition("-")
            # Only names as _path() makes them: another spelling of a number would be another file.
            if boot.isdigit() and seq.isdigit() and "%d-%d" % (int(boot), int(seq)) == name:
                yield int(boot), int(seq)

    def _insert(self, boot, seq):
        index = self.find(boot, seq)
        start, end = index * _KEY_BYTES, self._count * _KEY_BYTES
        self._keys[start + _KEY_BYTES : end + _KEY_BYTES] = self._keys[start:end]
        self._put(index, boot, seq)
        self._count += 1

    def _make_room(self):
        """Let one more key fit; most of the time the outbox is empty, and its heap serves others."""
        if self._count * _KEY_BYTES == len(self._keys):
            keys = bytearray(len(self._keys) + _STEP * _KEY_BYTES)
            keys[: len(self._keys)] = self._keys
            self._keys = memoryview(keys)

    def _put(self, index, boot, seq):
        struct.pack_into(">II", self._keys, index * _KEY_BYTES, boot, seq)

    def _forget(self, index):
        start, end = index * _KEY_BYTES, self._count * _KEY_BYTES
        self._keys[start : end - _KEY_BYTES] = self._keys[start + _KEY_BYTES : end]
        self._count -= 1

    def _write(self, path, payload):
        entry = payload + struct.pack("<I", crc32(payload))
        try:
            with open(path, "wb") as file:
                written = file.write(entry)
            if written != len(entry):
                raise OSError("wrote %d of %d bytes" % (written, len(entry)))
        except OSError:
            self._unlink(path)
            raise

    def _load(self, boot, seq):
        with open(self._path(boot, seq), "rb") as file:
            entry = file.read(MAX_PAYLOAD_BYTES + _CRC_BYTES + 1)
        size = len(entry) - _CRC_BYTES
        if not 0 < size <= MAX_PAYLOAD_BYTES:
            return None
        payload = entry[:size]
        return payload if struct.unpack_from("<I", entry, size)[0] == crc32(payload) else None

    def _drop(self, reason):
        self.dropped += 1
        log.warning(_TAG, "alert dropped:", reason)

    def _unlink(self, path):
        try:
            os.remove(path)
        except OSError as e:
            if e.errno != _ENOENT:
                log.warning(_TAG, "can't remove", path, e)

    def _path(self, boot, seq):
        return "%s/%d-%d" % (self._folder, boot, seq)


def _names(folder):
    # ilistdir() takes one name at a time; CPython has only the whole list.
    if hasattr(os, "ilistdir"):
        for entry in os.ilistdir(folder):
            yield entry[0]
    else:
        yield from os.listdir(folder)
