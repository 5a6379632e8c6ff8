"""Proves a verified stage on the device itself and switches to it: from then on it is on trial."""

from picket.update.files import fault


async def switch(slots, agent, device, offer, sequence, with_app, size, new_engine):
    """None when it is done or the offer was withdrawn, else why not.

    A model alone is swapped while the application goes on; an application comes with a restart of the board.
    """
    try:
        agent.report(sequence, "VERIFIED", "", size, size)
        model = await device.prove(slots.stage(sequence) + "/model", new_engine)
        await device.turn()
        if not agent.stands(offer):
            return None
        agent.report(sequence, "UPDATING", "", size, size)
        slots.adopt(sequence)
        if not with_app:
            device.swap(model)
        slots.activate(sequence, with_app)
        if with_app:
            await device.restart()
        return None
    except ValueError as error:
        reason = str(error)
    except OSError as error:
        reason = fault(error)
    except MemoryError:
        reason = "the memory does not suffice to prove the release"
    await slots.tidy(device.turn)
    return reason
