"""The resident part of updates: listens to offers, and loads the rest only for as long as there is work."""

import asyncio
import gc

from picket import log
from picket.compat import const
from picket.modules import forget, load

FAILED = "FAILED"

_TAG = "update"
_MAX_REASON = 160
_LARGEST_ROOM = const(32768)
_MANIFEST_ROOM = const(12288)  # of 96 files
_TRIES = ((0, False), (1, False), (5, True))  # (s to wait for heap that others hold, whether it is the last one)
_LOADED = ("work", "updater", "errors", "manifest", "fetch", "release", "switch", "trial", "slots", "files")


class Agent:
    """`run` is the task that takes offers and judges trials. pointer: which slots are active (see `update.slots`).

    device is the application, of which updates want:
        say(dict)                     send an `ota_state`
        turn()                        coroutine: return when the flash may be written without losing samples
        connect(host, port, secure)   coroutine: reader and writer
        verify(signature, key, message) -> bool
        prove(folder, new_engine, room)  coroutine: the model package there, loaded, proven; ValueError or MemoryError.
                                      new_engine: the release brings a native module; room: see `take_room`
        swap(model)                   put a proven model to work; ValueError when it does not fit
        missing()                     names of the conditions that a release on trial does not meet yet
        pointer_changed()             what the birth says has changed
        restart()                     coroutine: reset the board once the last state has been sent

    offered: what is on offer, or None; answered: the offer that needs no more work. public_key: 64 hexadecimal digits.
    """

    def __init__(self, device, slots, public_key):
        self.pointer = slots.pointer
        self.busy = False  # whether an offer is being worked on
        self.device = device
        self.public_key = public_key
        self.answered = None
        self._root = slots.root
        self.offered = None
        self._room = None
        self._for_model = False
        self._wake = asyncio.Event()

    @property
    def on_trial(self):
        return self.pointer["state"] == "trial"

    def offer(self, offer):
        """Take note of an offer (the parsed payload), or with None of its withdrawal; repeating changes nothing."""
        if offer != self.offered:
            self.offered = offer
            self._wake.set()

    def stands(self, offer):
        """Whether this is still the offer."""
        return self.offered == offer

    async def run(self):
        """Judge the trial under way, then work on offers, one at a time, for ever."""
        while True:
            await self._forget_work()
            if self.on_trial:
                await load("update.work").try_out(self, self.slots())
                continue
            await self._wake.wait()
            self._wake.clear()
            self.busy = True
            await self._consider(self.offered)
            self.busy = self._wake.is_set()

    def report(self, sequence, state, reason="", done=0, size=0):
        """Say how far a release is; `done` of `size` in bytes. sequence: as it was offered, which may be nonsense."""
        log.info(_TAG, "release", sequence, state, reason)
        number = sequence if isinstance(sequence, int) else 0
        self.device.say(
            {"sequence": number, "state": state, "reason": reason[:_MAX_REASON], "done": done, "size": size}
        )

    def make_way(self):
        """The manifest comes: hold no place, unless it is the model's."""
        if not self._for_model:
            self._room = None
            gc.collect()

    def fit_room(self, size):
        """The model has just so many bytes: hold a place of this size, if one is held."""
        if self._room:
            self._room = None
            gc.collect()
            self._hold(size, size)

    def take_room(self):
        """The place that was held for the model, a bytearray, or None; it is not held any more."""
        room, self._room = self._room, None
        return room

    def slots(self):
        return load("update.slots").Slots(self._root)

    async def _consider(self, offer):
        """Bring an offer to its end; again where the heap does not suffice, at last with no place held."""
        for wait_s, last in _TRIES:
            await asyncio.sleep(wait_s)
            if not self.stands(offer):
                return
            try:
                # Imports take longer than a sensor's FIFO lasts: between two windows.
                await self.device.turn()
                if offer and not last:
                    self._hold_for(offer.get("size"))
                stage = await load("update.work").fetch(self, offer)
                if stage:
                    await self._forget_work()  # proving the model wants the memory
                    await load("update.switch").switch(self, offer, last, *stage)
                return
            except MemoryError as error:
                reason = "the memory does not suffice for an update: %s" % error
                log.warning(_TAG, reason)
            finally:
                self._room = None
            await self._forget_work()
            if self.on_trial:  # the switch was made, what came after it can be left out
                return
        self.report(offer and offer.get("sequence"), FAILED, reason)
        self.answered = offer

    def _hold_for(self, size):
        """Hold a place for the largest piece that an offer of `size` needs before imports tear the heap apart.

        That is the model of a small release. Of a large one it is what lists its files: the model waits too long.
        """
        if isinstance(size, int) and size > 0:
            self._for_model = size <= _LARGEST_ROOM
            room = size if self._for_model else _MANIFEST_ROOM
            self._hold(room, room // 2)

    def _hold(self, most, least):
        """Hold a place of at most and at least so many bytes, if there is one."""
        size = most
        while size >= least:
            try:
                self._room = bytearray(size)
                return
            except MemoryError:
                size -= most // 16 + 1

    async def _forget_work(self):
        await self.device.turn()  # collecting garbage takes time, too
        forget(*["update." + name for name in _LOADED])
