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
_LOADED = ("work", "updater", "fetch", "release", "switch", "trial", "slots", "files")


class Agent:
    """`run` is the task that takes offers and judges trials. pointer: which slots are active (see `update.slots`).

    device is the application, of which updates want:
        say(dict)                     send an `ota_state`
        turn()                        coroutine: return when the flash may be written without losing samples
        connect(host, port, secure)   coroutine: reader and writer
        verify(signature, key, message) -> bool
        prove(folder, new_engine)     coroutine: the model package there, loaded and proven; ValueError or MemoryError;
                                      asks for the place that is held for it (`give_room`).
                                      new_engine: the release brings a native module
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
            forget(*["update." + name for name in _LOADED])
            if self.on_trial:
                await self.device.turn()
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

    def give_room(self):
        """Free the place that was held for a model."""
        self._room = None
        gc.collect()

    def slots(self):
        return load("update.slots").Slots(self._root)

    async def _consider(self, offer):
        try:
            # Imports take longer than a sensor's FIFO lasts: between two windows.
            await self.device.turn()
            self._keep_room(offer)
            await load("update.work").consider(self, offer)
        except MemoryError:  # not even the modules found room
            self.report(offer and offer.get("sequence"), FAILED, "the memory does not suffice for an update")
            self.answered = offer
        finally:
            self._room = None

    def _keep_room(self, offer):
        """Hold a place for the model of a small release before imports tear the heap apart."""
        size = offer.get("size") if offer else None
        if isinstance(size, int) and 0 < size <= _LARGEST_ROOM:
            try:
                self._room = bytearray(size)
            except MemoryError:
                pass  # then it must do without
