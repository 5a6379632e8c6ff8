"""Proves a verified stage on the device itself and switches to it: from then on it is on trial.

While a model is proven, no other module of updates is in memory.
"""

from picket import log
from picket.modules import load


async def switch(agent, offer, last, stage, with_app, size, new_engine):
    """A model alone is swapped while the application goes on; an application comes with a restart of the board.

    last: a model that finds no place beside the one at work is not tried again, but comes with a restart, too, and the
    trial proves it in an empty heap. Else that is a MemoryError, and the stage stays.
    stage, with_app, size, new_engine: see `Updater.take`.
    """
    device = agent.device
    reason = None
    try:
        agent.report(offer["sequence"], "VERIFIED", "", size, size)
        model = await _prove(agent, stage + "/model", new_engine, last)
        await device.turn()
        if agent.stands(offer):
            await _activate(agent, offer["sequence"], with_app, size, model)
    except ValueError as error:
        reason = str(error)
    except OSError as error:
        reason = load("update.files").fault(error)
    await device.turn()
    if reason:
        await agent.slots().tidy(device.turn)
    load("update.work").conclude(agent, offer, reason)


async def _prove(agent, folder, new_engine, last):
    """The proven model, or None: the trial proves it."""
    try:
        return await agent.device.prove(folder, new_engine, agent.take_room())
    except MemoryError as error:
        if not last:
            raise
        log.warning("update", "the model waits for a restart:", error)
        return None


async def _activate(agent, sequence, with_app, size, model):
    agent.report(sequence, "UPDATING", "", size, size)
    slots = agent.slots()
    slots.adopt(sequence)
    before = slots.pointer
    slots.activate(sequence, with_app)  # first on the flash: what is at work is then what the next start finds
    swapped = model is not None and not with_app
    if swapped:
        try:
            agent.device.swap(model)
        except (ValueError, MemoryError):
            slots.revoke(before)
            raise
    agent.pointer = slots.pointer
    if swapped:
        agent.device.pointer_changed()
    else:
        await agent.device.restart()
