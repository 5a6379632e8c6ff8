"""Reads and judges release manifests. The host uses this very file, so that both say yes to the same releases."""

import binascii
import json

MAX_MANIFEST_BYTES = 16384
MAX_FILES = 96
MAX_PATH = 64
MAX_FILE_BYTES = 4 << 20
KINDS = ("full", "model")
_TREES = {"full": ("picket", "lib", "native", "model"), "model": ("model",)}
_TFLITE = "model/model.tflite"
_MODEL = ("model/model.json", _TFLITE, "model/golden.bin")
_NEEDED = {"full": ("main.py",) + _MODEL, "model": _MODEL}
_FIELDS = (
    ("sequence", int), ("replaces_min", int), ("kind", str), ("version", str), ("created", str), ("notes", str),
    ("hardware", list), ("micropython", str), ("mpy", str), ("files", list),
)
_FILES = b'"files":['


class Refused(Exception):
    """A release that this device does not take; the text is the reason, as people read it."""


class Manifest:
    """What release.json says. size: the sum of the files' sizes; model_bytes: that of model.tflite.

    The list of files stays in the file's bytes and is parsed entry by entry: as objects it would take thrice the heap.
    """

    def __init__(self, fields, raw, start, end):
        self.sequence = fields["sequence"]
        self.replaces_min = fields["replaces_min"]
        self.kind = fields["kind"]
        self.hardware = fields["hardware"]
        self.micropython = fields["micropython"]
        self.mpy = fields["mpy"]
        self.size = 0
        self.model_bytes = 0
        self._raw = raw
        self._start = start
        self._end = end

    def files(self):
        """Generator of (path, size, sha256 as 32 bytes), in the order of the paths."""
        at = self._start
        while at < self._end:
            close = self._raw.find(b"}", at) + 1
            if not close or (close != self._end and self._raw[close : close + 1] != b","):
                raise Refused("the manifest's list of files is malformed")
            yield _file(_json(self._raw[at:close]))
            at = close + 1


def check_signature(raw, signature, public_key, verify):
    """Raises Refused unless the key signed `raw`; verify(signature, key, message) is picket_native's or the host's."""
    if len(signature) != 64:
        raise Refused("the signature has %d bytes, not 64" % len(signature))
    if not verify(signature, public_key, raw):
        raise Refused("the signature does not fit the device's public key")


def parse(raw):
    """The manifest in the bytes of release.json, all of it checked; raises Refused when it does not hold."""
    if len(raw) > MAX_MANIFEST_BYTES:
        raise Refused("the manifest has %d bytes, at most %d are allowed" % (len(raw), MAX_MANIFEST_BYTES))
    start = raw.find(_FILES) + len(_FILES)
    end = raw.find(b"]", start)
    if start < len(_FILES) or end < 0:
        raise Refused("the manifest has no list of files")
    fields = _json(raw[:start] + raw[end:])
    if not isinstance(fields, dict):
        raise Refused("the manifest is not a JSON object")
    if fields.get("format") != 1:
        raise Refused("the manifest has format %s, this device reads 1" % fields.get("format"))
    for name, kind in _FIELDS:
        if not isinstance(fields.get(name), kind) or isinstance(fields[name], bool):
            raise Refused("the manifest's %s is missing or of the wrong type" % name)
    for name in fields["hardware"]:
        if not isinstance(name, str):
            raise Refused("the manifest's hardware is not a list of names")
    if not 0 < fields["sequence"] < 1 << 30 or not 0 <= fields["replaces_min"] <= fields["sequence"]:
        raise Refused("the manifest's sequence or replaces_min is out of range")
    if fields["kind"] not in KINDS:
        raise Refused("the release's kind %s is unknown" % fields["kind"])
    manifest = Manifest(fields, raw, start, end)
    _check_files(manifest)
    return manifest


def _check_files(manifest):
    kind = manifest.kind
    needed = list(_NEEDED[kind])
    count = 0
    last = ""
    for path, size, _ in manifest.files():
        count += 1
        if path.split("/")[0] not in _TREES[kind] and not (path == "main.py" and kind == "full"):
            raise Refused("a release of kind %s can't bring %s" % (kind, path))
        if path <= last:
            raise Refused("%s stands twice in the manifest, or not in order" % path)
        if path in needed:
            needed.remove(path)
        last = path
        manifest.size += size
        if path == _TFLITE:
            manifest.model_bytes = size
    if not 0 < count <= MAX_FILES:
        raise Refused("the release has %d files, 1 to %d are allowed" % (count, MAX_FILES))
    if needed:
        raise Refused("the release has no %s" % needed[0])


def _json(raw):
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
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_FILE_BYTES:
        raise Refused("%s: the size is not 0 to %d" % (path, MAX_FILE_BYTES))
    try:
        if len(digest) != 64:
            raise ValueError
        return path, size, binascii.unhexlify(digest)
    except (TypeError, ValueError):
        raise Refused("%s: the sha256 is not 64 hexadecimal digits" % path)


def _is_safe(path):
    """Relative, with / between plain names of printable ASCII, not longer than a device takes."""
    if not 0 < len(path) <= MAX_PATH:
        return False
    for c in path:
        if not " " < c < "\x7f" or c in '\\:*?"<>|[]{}':
            return False
    for name in path.split("/"):
        if name in ("", ".", ".."):
            return False
    return True


def brings_engine(manifest):
    """Whether a native module travels with the release."""
    for path, _, _ in manifest.files():
        if path.startswith("native/"):
            return True
    return False


def check_fit(manifest, hw, micropython, mpy):
    """Raises Refused unless the release was made for this kind of device."""
    if hw not in manifest.hardware:
        raise Refused("the release is for %s, this device is %s" % (", ".join(manifest.hardware), hw))
    if manifest.kind == "model":
        return  # brings no code
    if manifest.micropython != micropython:
        wanted = manifest.micropython
        raise Refused("the release is for MicroPython %s, this device runs %s" % (wanted, micropython))
    if manifest.mpy != mpy:
        raise Refused("the release has .mpy version %s, this device loads %s" % (manifest.mpy, mpy))


def check_order(manifest, app, highest):
    """Raises Refused unless the release is newer than all before and may replace the application that runs."""
    check_newer(manifest.sequence, highest)
    if app < manifest.replaces_min:
        oldest = manifest.replaces_min
        raise Refused("the release replaces application %d or newer, this device runs %d" % (oldest, app))


def check_newer(sequence, highest):
    """Raises Refused unless the sequence is higher than all that were accepted before."""
    if sequence <= highest:
        raise Refused("sequence %d is not newer than %d, the highest accepted" % (sequence, highest))
