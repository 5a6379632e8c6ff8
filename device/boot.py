"""Picks the slot to start and counts trial boots. Never updated over the air: small, alone, and it never raises."""

import binascii
import json
import os
import sys

_TRIAL_BOOTS = 3  # the next one returns to the previous slots
_HEAD_BYTES = 18  # the pointer file starts with {"crc":"01234567", - the sum of everything behind it
_TRIAL_WATCHDOG_MS = 60000  # a trial that ends at the console's prompt must end nevertheless
_ARCHS = "- x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc"  # as .mpy numbers them


def _head(body):
    return b'{"crc":"%08x",' % (binascii.crc32(body) & 0xFFFFFFFF)


def _read(path):
    """The pointer in a file, or None. `picket.update.slots` reads and writes the same format for the application."""
    try:
        with open(path, "rb") as f:
            raw = f.read(1024)
    except OSError:
        return None
    return json.loads(raw) if raw[:_HEAD_BYTES] == _head(raw[_HEAD_BYTES:]) else None


def _write(root, pointer):
    body = json.dumps(pointer)[1:].encode()
    with open(root + "/slots/active.new", "wb") as f:
        f.write(_head(body) + body)
    os.rename(root + "/slots/active.new", root + "/slots/active.json")


def _count(root, pointer):
    """Count a boot on trial, or give the trial up. What can't be counted is not started: it could crash for ever."""
    pointer.pop("crc")
    previous = pointer["previous"] or {"app": 0, "model": 0}
    pointer["boots"] += 1
    if pointer["boots"] > _TRIAL_BOOTS:
        reason = "the trial ended in %d restarts without confirmation" % _TRIAL_BOOTS
        pointer["rolled_back"] = {"sequence": pointer["model"], "reason": reason}
        pointer.update(previous)
        pointer.update({"state": "confirmed", "boots": 0, "previous": None})
    try:
        _write(root, pointer)
    except OSError:
        pointer.update(previous)


def choose(root):
    """(folder of the application to start, whether that is on trial); `root` is "" on a board, its flash in a test."""
    pointer = _read(root + "/slots/active.json") or _read(root + "/slots/active.new")
    if not pointer:
        return root or "/", False
    previous = pointer["previous"]
    if pointer["state"] == "trial":
        _count(root, pointer)
    for app in (pointer["app"], previous["app"] if previous else 0):
        path = "%s/slots/%d" % (root, app)
        try:
            if app:
                os.stat(path + "/main.py")
                return path, pointer["state"] == "trial"
        except OSError:
            continue  # a slot that is not whole
        break
    return root or "/", False


def _start():
    try:
        path, on_trial = choose("")
    except Exception:  # whatever is wrong, the board must start
        path, on_trial = "/", False
    base = "" if path == "/" else path
    arch = _ARCHS.split()[getattr(sys.implementation, "_mpy", 0) >> 10 & 15]
    sys.path[:] = [path, base + "/lib", "%s/native/%s" % (base, arch), ".frozen"]
    os.chdir(path)
    if on_trial:
        import machine

        machine.WDT(timeout=_TRIAL_WATCHDOG_MS)


if __name__ == "__main__":
    _start()
