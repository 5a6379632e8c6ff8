"""Fetches an offered release and checks all of it that can be checked without running it."""

import asyncio
import binascii
import hashlib
import random

from picket import board, log
from picket.compat import const
from picket.modules import forget, load
from picket.update import files
from picket.update.errors import FetchError, Interrupted, Refused
from picket.update.manifest import MAX_MANIFEST_BYTES, check_newer

_TAG = "update"
_FETCH = "update.fetch"
_RELEASE = "update.release"
_MANIFEST = "release.json"
_SIGNATURE = "release.sig"
_REPORTS = const(8)  # at most so many DOWNLOADING reports an update
_TRIES = const(10)  # in a row without a byte of progress
_FIRST_WAIT_S = 1
_LONGEST_WAIT_S = const(60)
_RESERVE_BYTES = const(16384)  # stays free for alerts, boot counter and pointer
_FOLDER_BLOCKS = const(2)  # what littlefs takes for a folder


class _Withdrawn(Exception):
    """The offer that is being worked on no longer stands."""


class Updater:
    """Works on one offer, up to a verified stage; proving it and switching to it is `switch`'s business.

    agent, device: see `update.agent`. slots: Slots. public_key: 64 hexadecimal digits.
    """

    def __init__(self, agent, device, slots, public_key, offer):
        self._agent = agent
        self._device = device
        self._slots = slots
        self._key = binascii.unhexlify(public_key)
        self._offer = offer

    async def take(self):
        """(folder, with_app, size, new_engine) of the verified stage, else why there is none; None: it was withdrawn.

        with_app: it brings an application, not a model alone; size: bytes; new_engine: it brings a native module.
        """
        try:
            sequence, url, digest = _fields(self._offer)
            return await self._take(sequence, url, digest)
        except _Withdrawn:
            return None
        except (Refused, FetchError) as error:
            await self._slots.tidy(self._device.turn)
            return str(error)
        except Interrupted as error:
            return "given up after %d tries: %s" % (_TRIES, error)  # what has arrived stays for the next offer
        except OSError as error:
            return files.fault(error)

    async def _take(self, sequence, url, digest):
        slots = self._slots
        check_newer(sequence, slots.pointer["highest"])
        slots.reclaim(sequence)
        await slots.collect(self._turn, sequence)
        self._agent.report(sequence, "DOWNLOADING")
        stage = slots.stage(sequence)
        await self._fetch_manifest(url, stage, digest)
        manifest = await self._judge(sequence, stage)
        self._agent.fit_room(manifest.model_bytes)
        await self._make_room(manifest, stage)
        await self._download(url, manifest, stage)
        return stage, manifest.kind == "full", manifest.size, manifest.brings_engine

    async def _turn(self):
        if not self._agent.stands(self._offer):
            raise _Withdrawn
        await self._device.turn()

    async def _fetch_manifest(self, url, stage, digest):
        """See that the manifest that was offered lies in the stage, and its signature."""
        path = stage + "/" + _MANIFEST
        if await self._holds(path, digest):
            return
        await files.remove_tree(stage, self._turn)
        await self._turn()
        files.make_folder(self._slots.root + "/slots")
        files.make_folder(stage)
        fetcher = load(_FETCH).Fetcher(url, self._turn, self._device.connect)
        for name, limit in ((_SIGNATURE, 64), (_MANIFEST, MAX_MANIFEST_BYTES)):  # with the last one, all is there
            await self._retry(fetcher, fetcher.small, name, stage + "/" + name, limit)
        forget(_FETCH)  # judging wants the memory
        if not await self._holds(path, digest):
            raise Refused("the manifest is not the one that was offered")

    async def _holds(self, path, digest):
        """Whether a file is there and has this SHA-256."""
        sha = hashlib.sha256()
        if files.size(path) < 0:
            return False
        await files.feed(path, sha)
        return sha.digest() == digest

    async def _judge(self, sequence, stage):
        """The manifest in the stage, its signature and fit checked."""
        path = stage + "/" + _MANIFEST
        await self._turn()
        self._agent.make_way()
        raw = files.read(path, MAX_MANIFEST_BYTES)
        release = load(_RELEASE)
        try:
            await self._turn()
            if not self._key:
                raise Refused("no public key is configured (update.public_key)")
            release.check_signature(raw, files.read(stage + "/" + _SIGNATURE, 64), self._key, self._device.verify)
            await self._turn()
            manifest = release.parse(raw)
            if manifest.sequence != sequence:
                raise Refused("the manifest has sequence %d, %d was offered" % (manifest.sequence, sequence))
            release.check_order(manifest, self._slots.pointer["app"], self._slots.pointer["highest"])
            release.check_fit(manifest, board.hardware(), board.micropython_version(), board.mpy_version())
            manifest.read = lambda at, count: files.read_at(path, at, count)  # lets go of `raw`
            return manifest
        finally:
            forget(_RELEASE)

    async def _make_room(self, manifest, stage):
        if await self._missing(manifest, stage) > 0:
            self._slots.forget_previous()
            await self._slots.collect(self._turn, manifest.sequence)
        missing = await self._missing(manifest, stage)
        if missing > 0:
            raise Refused("the flash lacks %d KB for the release" % (missing // 1024 + 1))

    async def _missing(self, manifest, stage):
        """Bytes that the flash lacks for what has not arrived; 0 or less when it will fit."""
        block, free = files.space(stage)
        folders = set()
        blocks = 0
        for path, size, _ in manifest.files():
            await self._turn()  # looking up many files takes long
            folders.add(path.rpartition("/")[0])
            blocks += (size - max(files.size(stage + "/" + path), 0) + block - 1) // block
        return (blocks + _FOLDER_BLOCKS * len(folders)) * block + _RESERVE_BYTES - free

    async def _download(self, url, manifest, stage):
        fetcher = load(_FETCH).Fetcher(url, self._turn, self._device.connect)
        done = 0
        step = manifest.size // _REPORTS + 1
        for path, size, digest in manifest.files():
            files.make_parents(stage, path)
            to = stage + "/" + path
            if not await self._copied(path, to, size, digest):
                await self._retry(fetcher, fetcher.file, path, to, size, digest)
            if (done + size) // step > done // step:
                self._agent.report(manifest.sequence, "DOWNLOADING", "", done + size, manifest.size)
            done += size

    async def _copied(self, path, to, size, digest):
        """Copy the file from an active slot if it lies there with the same content; else it must be fetched."""
        if files.size(to) >= 0:
            return False  # the fetcher goes on with it, and checks what is whole
        pointer = self._slots.pointer
        for sequence in (pointer["app"], pointer["model"]):
            source = self._slots.path(sequence) + "/" + path
            if files.size(source) == size:
                sha = hashlib.sha256()
                await files.copy(source, to, sha, self._turn)
                if sha.digest() == digest:
                    return True
                files.remove(to)
        return False

    async def _retry(self, fetcher, attempt, *arguments):
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
            await self._turn()


def _fields(offer):
    """(sequence, url, digest) of an offer; Refused when it is not one."""
    try:
        sequence, url, digest = offer["sequence"], offer["url"], binascii.unhexlify(offer["manifest_sha256"])
        if type(sequence) is int and sequence > 0 and isinstance(url, str) and len(digest) == 32:
            return sequence, url, digest
    except (KeyError, TypeError, ValueError):
        pass
    raise Refused("the offer is not one: %s" % str(offer)[:60])
