"""Picks the slot to start and counts trial boots. Never updated over the air: small, alone, and it raises nothing but
SafeMode, on purpose: MicroPython then starts no main.py and waits at its prompt. So it does after Ctrl-C at any time.
"""

import binascii
import json
import os
import sys

_TRIAL_BOOTS = 3  # the next one returns to the previous slots
_HEAD_BYTES = 18  # the pointer file starts with {"crc":"01234567", - the sum of everything behind it
_TRIAL_WATCHDOG_MS = 60000  # a trial that ends at the console's prompt must end nevertheless
_DONE = (2, 17, 39)  # ENOENT, EEXIST, ENOTEMPTY: done before the cable was pulled
# First in the memory of the real-time clock, which outlives resets but no power cut: the mark, and how many starts in a
# row have not come out well. The application clears the count once it is well (picket.starts).
_MARK = b"PKB"
_ON_REQUEST = 255  # instead of a count: whoever writes it wants safe mode, once
_FAILURES = 3
_WINDOW_MS = 200  # for Ctrl-C, whatever the application does with the console later
_SHORT_WINDOW_MS = 50  # when a battery pays for it, or a tool
_RETRY_MS = 600000  # a board that nobody attends to must not wait for ever
_ARCHS = "- x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc"  # as .mpy numbers them


class SafeMode(Exception):
    """Ends boot.py, so that MicroPython starts no main.py; the text is for whoever sits at the console."""


def _note(machine, count):
    try:
        rtc = machine.RTC()
        kept = rtc.memory()
        rtc.memory(_MARK + bytes([count]) + (kept[4:] if kept[:3] == _MARK else kept))
    except Exception:  # a board without such a memory, or somebody else has filled it
        pass


def refusal(machine):
    """Why the application must not be started, or None: then this start counts as failed until it has come out well."""
    kept = machine.RTC().memory()
    count = kept[3] if kept[:3] == _MARK else 0
    if count == _ON_REQUEST:
        _note(machine, 0)
        return "as was asked for"
    cause = machine.reset_cause()
    if cause == machine.SOFT_RESET:  # by a tool, which may start nothing
        return None
    if cause not in (machine.HARD_RESET, machine.WDT_RESET):
        count = 0  # power, or the end of a deep sleep: no failure of the application
    if count < _FAILURES:
        _note(machine, count + 1)
        return None
    _note(machine, _FAILURES - 1)  # the next start is one more attempt
    return "%d starts in a row failed" % count


def _safe_mode(machine, reason):
    text = "the application was not started: %s; machine.reset() starts it" % reason
    if hasattr(machine, "Timer"):
        machine.Timer(0).init(mode=machine.Timer.ONE_SHOT, period=_RETRY_MS, callback=lambda _: machine.reset())
        text += ", or %d minutes of waiting" % (_RETRY_MS // 60000)
    return SafeMode(text)


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
        pointer["state"] = "confirmed"  # for this start alone, so that `refusal` counts it if it fails


def finish(root):
    """Carry out the rest of a switch to new files that a pulled cable cut off; `picket sync` has written the list."""
    path = root + "/.picket/switch"
    try:
        f = open(path)  # noqa: SIM115, closed below
    except OSError:
        return
    with f:
        for line in f:
            source, target = line[:-1].split("\t")
            try:
                if source:
                    os.rename(root + source, root + target)
                else:
                    os.remove(root + target)
            except OSError as error:
                if error.errno not in _DONE:
                    raise
    os.remove(path)


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
        finish("")
    except Exception:  # the next start tries again
        pass
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
    return on_trial


if __name__ == "__main__":
    import time

    import machine

    _long = machine.reset_cause() in (machine.PWRON_RESET, machine.HARD_RESET, machine.WDT_RESET)
    time.sleep_ms(_WINDOW_MS if _long else _SHORT_WINDOW_MS)
    try:
        _reason = refusal(machine)
    except Exception:  # without such a memory nothing is counted
        _reason = None
    if _reason:
        raise _safe_mode(machine, _reason)
    if _start():
        _note(machine, 0)  # a trial is counted in the pointer, and ends otherwise
    globals().clear()  # main.py runs in the same namespace: what stands here would take its memory
    __name__ = "__main__"
