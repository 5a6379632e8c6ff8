"""A release's manifest once it is judged (see `release`): what an update looks up in it until its end."""

import binascii
import json

from picket.update.errors import Refused

MAX_MANIFEST_BYTES = 16384
_MAX_PATH = 64
_MAX_FILE_BYTES = 4 << 20
_MAX_ENTRY_BYTES = 256  # of which the longest path, the largest size and a digest fill 166


class Manifest:
    """What release.json says. size: the sum of the files' sizes; model_bytes: that of model.tflite; brings_engine:
    whether a native module travels with the release.

    read(at, count): so many bytes of the file from `at` on. The list of files stays there, because as objects it would
    take thrice its size, and is parsed entry by entry, from start to end.
    """

    def __init__(self, fields, read, start, end):
        self.sequence = fields["sequence"]
        self.replaces_min = fields["replaces_min"]
        self.kind = fields["kind"]
        self.hardware = fields["hardware"]
        self.micropython = fields["micropython"]
        self.mpy = fields["mpy"]
        self.size = 0
        self.model_bytes = 0
        self.brings_engine = False
        self.read = read
        self._start = start
        self._end = end

    def files(self):
        """Generator of (path, size, sha256 as 32 bytes), in the order of the paths."""
        at = self._start
        while at < self._end:
            piece = self.read(at, _MAX_ENTRY_BYTES)
            close = piece.find(b"}") + 1
            if not close or (at + close != self._end and piece[close : close + 1] != b","):
                raise Refused("the manifest's list of files is malformed")
            yield _file(parse_json(piece[:close]))
            at += close + 1


def check_newer(sequence, highest):
    """Raises Refused unless the sequence is higher than all that were accepted before."""
    if sequence <= highest:
        raise Refused("sequence %d is not newer than %d, the highest accepted" % (sequence, highest))


def parse_json(raw):
    """The object in bytes of a manifest."""
    try:
        return json.loads(raw)
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than the stack
        raise Refused("the manifest is not JSON")


def _file(entry):
    """(path, size, digest) of one entry of the manifest."""
    if not isinstance(entry, dict):
        raise Refused("a file of the manifest is not an object")
    path, size, digest = entry.get("path"), entry.get("size"), entry.get("sha256")
    if not isinstance(path, str) or not _is_safe(path):
        raise Refused("the path %r is not allowed" % (path,))
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _MAX_FILE_BYTES:
        raise Refused("%s: the size is not 0 to %d" % (path, _MAX_FILE_BYTES))
    try:
        if len(digest) != 64:
            raise ValueError
        return path, size, binascii.unhexlify(digest)
    except (TypeError, ValueError):
        raise Refused("%s: the sha256 is not 64 hexadecimal digits" % path)


def _is_safe(path):
    """Relative, with / between plain names of printable ASCII, not longer than a device takes."""
    if not 0 < len(path) <= _MAX_PATH:
        return False
    for c in path:
        if not " " < c < "\x7f" or c in '\\:*?"<>|[]{}':
            return False
    for name in path.split("/"):
        if name in ("", ".", ".."):
            return False
    return True
