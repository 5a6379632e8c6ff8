"""The resident part of updates: listens to offers, and loads the rest only for as long as there is work."""

import asyncio
import gc

from picket import log
from picket.compat import const
from picket.modules import forget, load

UPDATED = "UPDATED"
FAILED = "FAILED"
ROLLED_BACK = "ROLLED_BACK"

_TAG = "update"
_MAX_REASON = 160
_LARGEST_ROOM = const(32768)
_FETCHING = ("update.updater", "update.fetch", "update.release")
_SWITCHING = ("update.switch", "update.trial", "update.slots", "update.files")


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
    """

    def __init__(self, device, slots, public_key):
        self.pointer = slots.pointer
        self.busy = False  # whether an offer is being worked on
        self._device = device
        self._root = slots.root
        self._public_key = public_key
        self._offer = None
        self._answered = None
        self._room = None
        self._wake = asyncio.Event()

    @property
    def on_trial(self):
        return self.pointer["state"] == "trial"

    def offer(self, offer):
        """Take note of an offer (the parsed payload), or with None of its withdrawal; repeating changes nothing."""
        if offer != self._offer:
            self._offer = offer
            self._wake.set()

    def stands(self, offer):
        """Whether this is still the offer."""
        return self._offer == offer

    async def run(self):
        """Judge the trial under way, then work on offers, one at a time, for ever."""
        while True:
            forget(*(_FETCHING + _SWITCHING))
            if self.on_trial:
                await self._try_out()
                continue
            await self._wake.wait()
            self._wake.clear()
            self.busy = True
            await self._consider(self._offer)
            self.busy = self._wake.is_set()

    def report(self, sequence, state, reason="", done=0, size=0):
        """Say how far a release is; `done` of `size` in bytes."""
        log.info(_TAG, "release", sequence, state, reason)
        self._device.say(
            {"sequence": sequence, "state": state, "reason": reason[:_MAX_REASON], "done": done, "size": size}
        )

    async def _try_out(self):
        await self._device.turn()
        slots = self._slots()
        confirmed = await load("update.trial").judge(slots, self._device)
        self.pointer = slots.pointer
        if confirmed:
            self.report(slots.current, UPDATED)
            self._device.pointer_changed()
            if self._offer and self._offer.get("sequence") == slots.current:
                self._answered = self._offer
        else:
            await self._device.restart()

    async def _consider(self, offer):
        """Bring an offer to its end, or clean up after one that was withdrawn."""
        if offer is None:
            await self._slots().tidy(self._device.turn)
            return
        if offer == self._answered:
            return
        sequence = offer.get("sequence")
        known = self._known(sequence)
        if known:
            self.report(sequence, *known)
            self._answered = offer
            return
        await self._device.turn()
        slots = self._slots()
        try:
            reason = await self._take(slots, offer)
        except MemoryError:  # not even the modules found room
            reason = "the memory does not suffice for an update"
        finally:
            self._room = None
        self.pointer = slots.pointer
        if self.on_trial:  # so the model was switched: an application comes with a restart
            self._device.pointer_changed()
        if reason:
            self.report(sequence if isinstance(sequence, int) else 0, FAILED, reason)
        if self.stands(offer):
            self._answered = offer
        else:
            log.info(_TAG, "release", sequence, "is no longer offered")

    async def _take(self, slots, offer):
        """None when the release was switched to or is no longer offered, else why it was not taken."""
        await self._device.turn()
        self._keep_room(offer)
        # Imports take longer than a sensor's FIFO lasts: between two windows.
        await self._device.turn()
        outcome = await load("update.updater").Updater(self, self._device, slots, self._public_key, offer).take()
        if not isinstance(outcome, tuple):
            return outcome
        forget(*_FETCHING)  # proving the model wants the memory
        await self._device.turn()
        return await load("update.switch").switch(slots, self, self._device, offer, *outcome)

    def _keep_room(self, offer):
        """Hold a place for the model of a small release before imports tear the heap apart."""
        size = offer.get("size")
        if isinstance(size, int) and 0 < size <= _LARGEST_ROOM:
            try:
                self._room = bytearray(size)
            except MemoryError:
                pass  # then it must do without

    def give_room(self):
        """Free the place that was held."""
        self._room = None
        gc.collect()

    def _known(self, sequence):
        """State and reason of a release that needs no work, or None."""
        pointer = self.pointer
        if sequence == max(pointer["app"], pointer["model"]):
            return (UPDATED,)
        if pointer["rolled_back"] and pointer["rolled_back"]["sequence"] == sequence:
            return ROLLED_BACK, pointer["rolled_back"]["reason"]
        return None

    def _slots(self):
        return load("update.slots").Slots(self._root)
