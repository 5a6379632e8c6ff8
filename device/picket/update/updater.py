"""Takes releases that the gateway offers: fetch, verify, prove, switch; says how far it is, and why it refuses."""

import asyncio
import binascii
import hashlib
import random

from picket import log
from picket.compat import const
from picket.update import files, release
from picket.update.fetch import Fetcher, FetchError, Interrupted, flash_fault

DOWNLOADING = "DOWNLOADING"
VERIFIED = "VERIFIED"
UPDATING = "UPDATING"
UPDATED = "UPDATED"
FAILED = "FAILED"
ROLLED_BACK = "ROLLED_BACK"

_TAG = "update"
_MANIFEST = "release.json"
_SIGNATURE = "release.sig"
_REPORTS = const(8)  # at most so many DOWNLOADING reports an update
_TRIES = const(10)  # in a row without a byte of progress
_FIRST_WAIT_S = 1
_MAX_REASON = const(160)
_LONGEST_WAIT_S = const(60)
_RESERVE_BYTES = const(16384)  # stays free for alerts, boot counter and pointer
_FOLDER_BLOCKS = const(2)  # what littlefs takes for a folder


class _Withdrawn(Exception):
    """The offer that is being worked on no longer stands."""


class Updater:
    """The state machine from an offer to a switch; what happens after the switch is `health`'s business.

    slots: Slots. settled: asyncio.Event, set unless a trial is under way.
    turn: awaited before each write to the flash. verify(signature, public_key, message) -> bool.
    say(dict): sends an `ota_state`.
    prove(folder, manifest): coroutine, loads the model package there and returns it; Refused when it does not hold.
    swap(model): puts a proven model to work; Refused when it does not fit.
    restart(): coroutine, resets the board once the last state has been sent. connect: as `fetch.Fetcher` takes it.
    """

    def __init__(self, slots, public_key, settled, turn, verify, say, prove, swap, restart, connect):
        self._slots = slots
        self._key = binascii.unhexlify(public_key)
        self._settled = settled
        self._pause = turn
        self._verify = verify
        self._say = say
        self._prove = prove
        self._swap = swap
        self._restart = restart
        self._connect = connect
        self._offer = None
        self._answered = None
        self._wake = asyncio.Event()

    def offer(self, offer):
        """Take note of an offer (the parsed payload), or with None of its withdrawal; repeating changes nothing."""
        if offer != self._offer:
            self._offer = offer
            self._wake.set()

    async def run(self):
        """Work on offers, one at a time, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._settled.wait()
            if self._offer is None:
                await self._tidy()
            elif self._offer != self._answered:
                await self._consider(self._offer)

    async def _consider(self, offer):
        """Take an offer to its end; any trouble ends in FAILED with the reason."""
        try:
            sequence, url, digest = _fields(offer)
        except release.Refused as reason:
            log.warning(_TAG, reason)
            self._answered = offer
            return
        reason = ""
        state = self._known(sequence)
        if state is None:
            state = FAILED
            try:
                await self._take(offer, sequence, url, digest)
                return
            except _Withdrawn:
                log.info(_TAG, "release", sequence, "is no longer offered")
                return
            except (release.Refused, FetchError) as error:
                reason = str(error)
                await self._tidy()
            except Interrupted as error:
                reason = "given up after %d tries: %s" % (_TRIES, error)  # what has arrived stays for the next offer
            except OSError as error:
                reason = flash_fault(error)
            except MemoryError:
                reason = "the memory does not suffice"
        elif state == ROLLED_BACK:
            reason = self._slots.pointer["rolled_back"]["reason"]
        elif state == FAILED:
            reason = release.too_old(sequence, self._slots.pointer["highest"])
        self._answered = offer
        self.report(sequence, state, reason)

    async def _tidy(self):
        try:
            await self._slots.collect(self._pause)
        except OSError as error:
            log.warning(_TAG, flash_fault(error))

    def _known(self, sequence):
        """The state of a release that needs no work, or None."""
        pointer = self._slots.pointer
        if sequence == self._slots.current:
            return UPDATED
        if pointer["rolled_back"] and pointer["rolled_back"]["sequence"] == sequence:
            return ROLLED_BACK
        return FAILED if sequence <= pointer["highest"] else None

    async def _take(self, offer, sequence, url, digest):
        async def turn():
            if self._offer != offer:
                raise _Withdrawn
            await self._pause()

        self._slots.reclaim(sequence)
        await self._slots.collect(turn, sequence)
        fetcher = Fetcher(url, turn, self._connect)
        self.report(sequence, DOWNLOADING)
        stage = self._slots.stage(sequence)
        manifest = await self._retry(fetcher, turn, self._manifest, fetcher, sequence, digest, turn)
        await self._make_room(manifest, stage, turn)
        await self._download(fetcher, manifest, stage, turn)
        self.report(sequence, VERIFIED, "", manifest.size, manifest.size)
        model = await self._prove(stage + "/model", manifest)
        await turn()
        self.report(sequence, UPDATING, "", manifest.size, manifest.size)
        self._slots.adopt(sequence)
        self._answered = offer
        if manifest.kind == "model":
            self._swap(model)
            self._settled.clear()
            self._slots.activate(sequence, False)
        else:
            self._slots.activate(sequence, True)
            await self._restart()

    async def _manifest(self, fetcher, sequence, digest, turn):
        """The manifest that was offered, its signature and fit checked, from the stage or over the network."""
        stage = self._slots.stage(sequence)
        raw = files.read(stage + "/" + _MANIFEST, release.MAX_MANIFEST_BYTES)
        signature = files.read(stage + "/" + _SIGNATURE, 64)
        arrived = hashlib.sha256(raw).digest() != digest
        if arrived:
            await files.remove_tree(stage, turn)
            raw = await fetcher.small(_MANIFEST, release.MAX_MANIFEST_BYTES)
            if hashlib.sha256(raw).digest() != digest:
                raise release.Refused("the manifest is not the one that was offered")
            signature = await fetcher.small(_SIGNATURE, 64)
        if not self._key:
            raise release.Refused("no public key is configured (update.public_key)")
        release.check_signature(raw, signature, self._key, self._verify)
        manifest = release.parse(raw)
        if manifest.sequence != sequence:
            raise release.Refused("the manifest has sequence %d, %d was offered" % (manifest.sequence, sequence))
        release.check_order(manifest, self._slots.pointer["app"], self._slots.pointer["highest"])
        release.check_fit(manifest, release.hardware(), release.micropython_version(), release.mpy_version())
        if arrived:
            await turn()
            files.make_folder(self._slots.root + "/slots")
            files.make_folder(stage)
            files.write(stage + "/" + _SIGNATURE, signature)
            files.write(stage + "/" + _MANIFEST, raw)  # last: where it is whole, the signature is, too
        return manifest

    async def _make_room(self, manifest, stage, turn):
        if self._missing(manifest, stage) > 0:
            self._slots.forget_previous()
            await self._slots.collect(turn, manifest.sequence)
        missing = self._missing(manifest, stage)
        if missing > 0:
            raise release.Refused("the flash lacks %d KB for the release" % (missing // 1024 + 1))

    def _missing(self, manifest, stage):
        """Bytes that the flash lacks for what has not arrived; 0 or less when it will fit."""
        block, free = files.space(stage)
        folders = set()
        blocks = 0
        for path, size, _ in manifest.files:
            folders.add(path.rpartition("/")[0])
            blocks += (size - max(files.size(stage + "/" + path), 0) + block - 1) // block
        return (blocks + _FOLDER_BLOCKS * len(folders)) * block + _RESERVE_BYTES - free

    async def _download(self, fetcher, manifest, stage, turn):
        done = 0
        step = manifest.size // _REPORTS + 1
        for path, size, digest in manifest.files:
            files.make_parents(stage, path)
            to = stage + "/" + path
            if not await self._copied(path, to, size, digest, turn):
                await self._retry(fetcher, turn, fetcher.file, path, to, size, digest)
            if (done + size) // step > done // step:
                self.report(manifest.sequence, DOWNLOADING, "", done + size, manifest.size)
            done += size

    async def _copied(self, path, to, size, digest, turn):
        """Copy the file from an active slot if it lies there with the same content; else it must be fetched."""
        if files.size(to) >= 0:
            return False  # the fetcher goes on with it, and checks what is whole
        pointer = self._slots.pointer
        for sequence in (pointer["app"], pointer["model"]):
            source = self._slots.path(sequence) + "/" + path
            if files.size(source) == size:
                sha = hashlib.sha256()
                await files.copy(source, to, sha, turn)
                if sha.digest() == digest:
                    return True
                files.remove(to)
        return False

    async def _retry(self, fetcher, turn, attempt, *arguments):
        """Await attempt(*arguments) until it succeeds, at growing intervals; give up when nothing arrives any more."""
        tries = 0
        while True:
            received = fetcher.received
            try:
                return await attempt(*arguments)
            except Interrupted as error:
                tries = 1 if fetcher.received > received else tries + 1
                if tries == _TRIES:
                    raise
                log.warning(_TAG, error)
            wait_s = min(_FIRST_WAIT_S << tries - 1, _LONGEST_WAIT_S)
            await asyncio.sleep(wait_s * (0.5 + random.random()))  # so that a fleet does not come back all at once
            await turn()

    def report(self, sequence, state, reason="", done=0, size=0):
        """Say how far a release is; `done` of `size` in bytes."""
        log.info(_TAG, "release", sequence, state, reason)
        self._say({"sequence": sequence, "state": state, "reason": reason[:_MAX_REASON], "done": done, "size": size})


def _fields(offer):
    """(sequence, url, digest) of an offer; Refused when it is not one."""
    try:
        sequence, url, digest = offer["sequence"], offer["url"], binascii.unhexlify(offer["manifest_sha256"])
        if type(sequence) is int and sequence > 0 and isinstance(url, str) and len(digest) == 32:
            return sequence, url, digest
    except (KeyError, TypeError, ValueError):
        pass
    raise release.Refused("the offer is not one: %s" % str(offer)[:60])
