"""The slots on the flash and the pointer that says which of them runs; a power cut leaves it old or new, never torn."""

import binascii
import json
import os

from picket import log
from picket.update import files

_POINTER = "/slots/active.json"
_NEW = "/slots/active.new"
_HEAD_BYTES = 18  # {"crc":"01234567", - the sum of everything behind it
_MAX_BYTES = 1024
_MAX_REASON = 160  # so that the file stays below that

CONFIRMED = "confirmed"
TRIAL = "trial"


def factory():
    """The pointer of a board that has never been updated."""
    return {"app": 0, "model": 0, "state": CONFIRMED, "boots": 0, "highest": 0, "previous": None, "rolled_back": None}


def encode(pointer):
    """The bytes of a pointer file. `boot.py`, which may import nothing from a slot, has its own copy of this format."""
    body = json.dumps(pointer)[1:].encode()
    return _head(body) + body


def decode(raw):
    """The pointer in the bytes of a pointer file, or None when they are damaged."""
    if not raw or raw[:_HEAD_BYTES] != _head(raw[_HEAD_BYTES:]):
        return None
    pointer = json.loads(raw)
    pointer.pop("crc")
    return pointer


def _head(body):
    return b'{"crc":"%08x",' % (binascii.crc32(body) & 0xFFFFFFFF)


def running(cwd):
    """The sequence of the slot that an application runs from, by the working directory boot.py gave it."""
    at = cwd.rfind("/slots/")
    name = cwd[at + 7 :] if at >= 0 else ""
    return int(name) if name.isdigit() else 0


class Slots:
    """Slots and pointer below `root` ("" on a board). damaged: there is a pointer file, but none could be read."""

    def __init__(self, root=""):
        self.root = root
        self.damaged = False
        self.pointer = self._load()

    def _load(self):
        for path in (_POINTER, _NEW):
            try:
                with open(self.root + path, "rb") as f:
                    raw = f.read(_MAX_BYTES)
            except OSError:
                continue
            pointer = decode(raw)
            if pointer:
                return pointer
            self.damaged = True
        return factory()

    def _store(self, **changes):
        pointer = dict(self.pointer)
        pointer.update(changes)
        self._write(pointer)
        self.pointer = pointer
        self.damaged = False

    def _write(self, pointer):
        files.make_folder(self.root + "/slots")
        with open(self.root + _NEW, "wb") as f:
            f.write(encode(pointer))
        os.rename(self.root + _NEW, self.root + _POINTER)

    def path(self, sequence):
        """Folder of a slot, without a slash at its end: slot 0 is the root itself."""
        return "%s/slots/%d" % (self.root, sequence) if sequence else self.root

    def stage(self, sequence):
        """Folder of a download under way."""
        return "%s/slots/stage-%d" % (self.root, sequence)

    def staged(self):
        """Sequences of the downloads that lie on the flash, finished or not."""
        return self._sequences("stage-")

    def _sequences(self, prefix):
        at = len(prefix)
        names = files.names(self.root + "/slots")
        return [int(name[at:]) for name in names if name.startswith(prefix) and name[at:].isdigit()]

    @property
    def model_path(self):
        """Folder of the active model package."""
        return self.path(self.pointer["model"]) + "/model"

    @property
    def on_trial(self):
        return self.pointer["state"] == TRIAL

    @property
    def current(self):
        """The newest release that is active, as application or as model alone."""
        return max(self.pointer["app"], self.pointer["model"])

    def adopt(self, sequence):
        """Turn a verified stage into a slot. The pointer does not know it yet, so a cut here loses nothing."""
        os.rename(self.stage(sequence), self.path(sequence))

    def reclaim(self, sequence):
        """Turn a slot that nothing points to back into a finished stage: a cut came between `adopt` and `activate`."""
        if files.is_folder(self.path(sequence)) and not files.is_folder(self.stage(sequence)):
            os.rename(self.path(sequence), self.stage(sequence))

    def activate(self, sequence, with_app):
        """Point to a slot, on trial; a model alone leaves the application where it is."""
        now = self.pointer
        self._store(
            app=sequence if with_app else now["app"],
            model=sequence,
            state=TRIAL,
            boots=0,
            highest=max(now["highest"], sequence),
            previous={"app": now["app"], "model": now["model"]},
            rolled_back=None,
        )

    def revoke(self, before):
        """Point again to what a pointer of before `activate` says, as if that had not been."""
        self._store(**before)

    def confirm(self):
        """The trial succeeded. The previous slots stay named: boot.py turns to them when the active one is damaged."""
        self._store(state=CONFIRMED, boots=0)

    def roll_back(self, reason):
        """Point to the previous slots and remember which release failed, and why."""
        now = self.pointer
        previous = now["previous"] or {"app": 0, "model": 0}
        self._store(
            app=previous["app"],
            model=previous["model"],
            state=CONFIRMED,
            boots=0,
            previous=None,
            rolled_back={"sequence": self.current, "reason": reason[:_MAX_REASON]},
        )

    def reconcile(self, cwd):
        """Make the pointer agree with the slot that boot.py really started: once, when the application starts.

        They differ when the pointed slot is not whole, and when boot.py could not count a boot on trial (a full flash).
        When no pointer file could be read, the board runs its factory application: the newest slot then becomes a
        finished download again, so that the next offer of it proves and activates it anew; nothing older is accepted.
        """
        started = running(cwd)
        if self.damaged:
            newest = max(self._sequences("") + self.staged() + [0])
            if newest and newest != started:
                self.reclaim(newest)
            self._store(app=started, model=started, highest=max(newest - 1, started))
        elif started != self.pointer["app"]:
            if not self.pointer["previous"] or self.pointer["previous"]["app"] != started:
                self.pointer["previous"] = {"app": started, "model": started}
            self.roll_back("slot %d could not be started" % self.pointer["app"])
        elif self.on_trial and not self.pointer["boots"]:
            self.roll_back("boots on trial could not be counted")

    def forget_previous(self):
        """Give up the second life-line, so that its slot can be removed for want of space."""
        if not self.on_trial and self.pointer["previous"]:
            self._store(previous=None)

    async def tidy(self, turn):
        """Remove what is of no use, as far as the flash lets us."""
        try:
            await self.collect(turn)
        except OSError as error:
            log.warning("update", files.fault(error))

    async def collect(self, turn, keep_stage=0):
        """Remove slots that nothing points to and stages but `keep_stage`; `turn` is awaited before each write."""
        base = self.root + "/slots"
        now = self.pointer
        previous = now["previous"] or now
        keep = [str(n) for n in (now["app"], now["model"], previous["app"], previous["model"])]
        keep += ["active.json", "stage-%d" % keep_stage]
        for name in files.names(base):
            path = base + "/" + name
            if name in keep:
                continue
            if files.is_folder(path):
                await files.remove_tree(path, turn)
            else:
                await turn()
                os.remove(path)
