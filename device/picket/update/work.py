"""What the agent has to do now and then: judge a trial, or get a release to the flash. Loaded only for that."""

from picket import log
from picket.modules import load
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


async def fetch(agent, offer):
    """Bring an offer to a verified stage: the tuple of `Updater.take`. None: there is nothing to switch to.

    offer: None cleans up after one that was withdrawn. MemoryError: not even the imports fit.
    """
    device = agent.device
    if offer is None:
        await agent.slots().tidy(device.turn)
        return None
    if offer == agent.answered:
        return None
    sequence = offer.get("sequence")
    known = _known(agent.pointer, sequence)
    if known:
        agent.report(sequence, *known)
        agent.answered = offer
        return None
    await device.turn()
    slots = agent.slots()
    await device.turn()
    try:
        updater = load("update.updater").Updater(agent, device, slots, agent.public_key, offer)
        outcome = await updater.take()
    finally:
        agent.pointer = slots.pointer
    if isinstance(outcome, tuple):
        return outcome
    conclude(agent, offer, outcome)
    return None


def conclude(agent, offer, reason):
    """The offer needs no more work, unless another one has come meanwhile. reason: why it was not taken, or None."""
    sequence = offer.get("sequence")
    if reason:
        agent.report(sequence, FAILED, reason)
    if agent.stands(offer):
        agent.answered = offer
    else:
        log.info(_TAG, "release", sequence, "is no longer offered")


def _known(pointer, sequence):
    """State and reason of a release that needs no work, or None."""
    if sequence == max(pointer["app"], pointer["model"]):
        return (_UPDATED,)
    if pointer["rolled_back"] and pointer["rolled_back"]["sequence"] == sequence:
        return _ROLLED_BACK, pointer["rolled_back"]["reason"]
    return None
