# Runs on the board: lists, sends and takes files. The host calls the functions by further programs.
import binascii
import hashlib
import json
import os

_PIECE = 768
_FOLDER = 0x4000


def walk(folder, found):
    for name, kind, *rest in os.ilistdir(folder):
        path = folder.rstrip("/") + "/" + name
        if kind != _FOLDER:
            found.append([path, rest[1]])
        elif path not in ("/rom", "/dev"):  # mounted there by the firmware
            walk(path, found)
    return found


def list_files(folder):
    try:
        found = walk(folder, [])
    except OSError:
        found = []
    found.sort()
    print(json.dumps(found))


def send(path):
    sha = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            data = f.read(_PIECE)
            if not data:
                break
            sha.update(data)
            print(binascii.b2a_base64(data).decode(), end="")
    print(binascii.hexlify(sha.digest()).decode())


def begin(path):
    global target, file
    target = path
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass  # it is there; if not, open() says so
        at = path.find("/", at + 1)
    file = open(path + ".new", "wb")  # noqa: SIM115 - further programs write it


def append(text):
    try:
        file.write(binascii.a2b_base64(text))
    except OSError:
        give_up()
        raise


def digest():
    try:
        file.close()
    except OSError:
        give_up()
        raise
    sha = hashlib.sha256()
    with open(target + ".new", "rb") as f:
        while True:
            data = f.read(_PIECE)
            if not data:
                break
            sha.update(data)
    print(binascii.hexlify(sha.digest()).decode())


def finish():
    os.rename(target + ".new", target)


def give_up():
    try:
        file.close()
    except OSError:
        pass
    os.remove(target + ".new")
