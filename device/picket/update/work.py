"""What the agent has to do now and then: judge a trial, or bring an offer to its end. Loaded only for that."""

from picket import log
from picket.modules import forget, load
from picket.update.agent import FAILED

_UPDATED = "UPDATED"
_ROLLED_BACK = "ROLLED_BACK"

_TAG = "update"


async def try_out(agent, slots):
    """Judge the trial under way, and restart the board when it was rolled back."""
    confirmed = await load("update.trial").judge(slots, agent.device)
    agent.pointer = slots.pointer
    if not confirmed:
        await agent.device.restart()
        return
    agent.report(slots.current, _UPDATED)
    agent.device.pointer_changed()
    if agent.offered and agent.offered.get("sequence") == slots.current:  # it may have come during the trial
        agent.answered = agent.offered


async def consider(agent, offer):
    """Bring an offer to its end, or clean up after one that was withdrawn. MemoryError: not even the imports fit."""
    device = agent.device
    if offer is None:
        await agent.slots().tidy(device.turn)
        return
    if offer == agent.answered:
        return
    sequence = offer.get("sequence")
    known = _known(agent.pointer, sequence)
    if known:
        agent.report(sequence, *known)
        agent.answered = offer
        return
    await device.turn()
    slots = agent.slots()
    try:
        reason = await _take(agent, slots, offer)
    finally:
        agent.pointer = slots.pointer
    if agent.on_trial:  # so the model was switched: an application comes with a restart
        device.pointer_changed()
    if reason:
        agent.report(sequence, FAILED, reason)
    if agent.stands(offer):
        agent.answered = offer
    else:
        log.info(_TAG, "release", sequence, "is no longer offered")


async def _take(agent, slots, offer):
    """None when the release was switched to or is no longer offered, else why it was not taken."""
    device = agent.device
    await device.turn()
    outcome = await load("update.updater").Updater(agent, device, slots, agent.public_key, offer).take()
    if not isinstance(outcome, tuple):
        return outcome
    forget("update.updater", "update.fetch", "update.release")  # proving the model wants the memory
    await device.turn()
    return await load("update.switch").switch(slots, agent, device, offer, *outcome)


def _known(pointer, sequence):
    """State and reason of a release that needs no work, or None."""
    if sequence == max(pointer["app"], pointer["model"]):
        return (_UPDATED,)
    if pointer["rolled_back"] and pointer["rolled_back"]["sequence"] == sequence:
        return _ROLLED_BACK, pointer["rolled_back"]["reason"]
    return None
