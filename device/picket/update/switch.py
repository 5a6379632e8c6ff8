"""Proves a verified stage on the device itself and switches to it: from then on it is on trial.

While a model is proven, no other module of updates is in memory.
"""

from picket.modules import load


async def switch(agent, offer, stage, with_app, size, new_engine):
    """A model alone is swapped while the application goes on; an application comes with a restart of the board.

    stage, with_app, size, new_engine: see `Updater.take`. MemoryError: the stage stays as it was.
    """
    device = agent.device
    reason = None
    try:
        agent.report(offer["sequence"], "VERIFIED", "", size, size)
        model = await device.prove(stage + "/model", new_engine, agent.take_room())
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


async def _activate(agent, sequence, with_app, size, model):
    agent.report(sequence, "UPDATING", "", size, size)
    slots = agent.slots()
    slots.adopt(sequence)
    if not with_app:
        agent.device.swap(model)
    slots.activate(sequence, with_app)
    agent.pointer = slots.pointer
    if with_app:
        await agent.device.restart()
    else:
        agent.device.pointer_changed()
