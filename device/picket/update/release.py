"""Judges release manifests. The host uses this very file, so that both say yes to the same releases."""

from picket.update.errors import Refused
from picket.update.manifest import MAX_MANIFEST_BYTES, Manifest, check_newer, parse_json

MAX_FILES = 96
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
    fields = parse_json(raw[:start] + raw[end:])
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
    manifest = Manifest(fields, lambda at, count: raw[at : at + count], start, end)
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
        if path.startswith("native/"):
            manifest.brings_engine = True
    if not 0 < count <= MAX_FILES:
        raise Refused("the release has %d files, 1 to %d are allowed" % (count, MAX_FILES))
    if needed:
        raise Refused("the release has no %s" % needed[0])


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
