# Runs on the board before a release becomes the active one: what lies on the flash is what was signed, and its model
# gives the outputs that it should.
import binascii
import gc
import hashlib
import json
import os
import struct

from guard import feeder
from native import native


class Refused(Exception):
    pass


def check(root, key, documents, files, natives, model, guarded):
    """Print as JSON what was found.

    key: 64 hexadecimal digits. documents: (path of a signed list of files, path of its signature). files: (path, number
    of the document, name in it). natives: folders where `picket_native` may lie, should the board have none.
    model: folder of a model package, or None.
    """
    try:
        found = {"refused": None, "proven": None}
        feed = feeder(guarded)
        module = native(root, natives)
        if module is None:
            found["refused"] = "the native module that came along does not load"
        else:
            _check_files(root, binascii.unhexlify(key), documents, files, module.verify, feed)
            if model:
                found["proven"] = _prove(root + model, module, feed)
    except Refused as reason:
        found["refused"] = str(reason)
    print(json.dumps(found))


def _check_files(root, key, documents, files, verify, feed):
    for number, (document, signature) in enumerate(documents):
        raw = _content(root + document)
        if not verify(_content(root + signature), key, raw):
            raise Refused("%s: the signature does not fit the device's public key" % document)
        for path, listed_in, name in files:
            if listed_in == number:
                _check_file(root + path, _entry(raw, name))
                feed()
        raw = None
        gc.collect()


def _entry(raw, name):
    """What the signed list says of a file. The list stays bytes: as objects it would take thrice the heap."""
    at = raw.find(b'"path":' + json.dumps(name).encode())
    if at < 0:
        raise Refused("%s is not on the signed list" % name)
    return json.loads(raw[raw.rfind(b"{", 0, at) : raw.find(b"}", at) + 1])


def _check_file(path, entry):
    sha = hashlib.sha256()
    buffer = memoryview(bytearray(1024))
    try:
        if os.stat(path)[6] != entry["size"]:
            raise Refused("%s has another size than the signed list says" % path)
        with open(path, "rb") as f:
            while True:
                count = f.readinto(buffer)
                if not count:
                    break
                sha.update(buffer[:count])
    except OSError:
        raise Refused("%s can't be read" % path)
    if binascii.hexlify(sha.digest()).decode() != entry["sha256"]:
        raise Refused("%s is not what was signed" % path)


def _prove(folder, module, feed):
    """Number of golden vectors that came out right; None when the memory does not suffice beside this program."""
    gc.collect()
    try:
        content = bytearray(os.stat(folder + "/model.tflite")[6])
        with open(folder + "/model.tflite", "rb") as f:
            f.readinto(content)
        model = module.Model(content)
    except MemoryError:
        return None  # the application proves it when it starts
    except ValueError as error:
        raise Refused("model.tflite: %s" % error)
    with open(folder + "/golden.bin", "rb") as f:
        _, count, _, length = struct.unpack("<4sIII", f.read(16))
        expected = bytearray(length)
        for vector in range(count):
            f.readinto(model.input(0))
            f.readinto(expected)
            model.invoke()
            feed()
            if bytes(model.output(0)) != expected:
                raise Refused("golden vector %d: the model gives other outputs on this board" % vector)
    return count


def _content(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        raise Refused("%s can't be read" % path)
