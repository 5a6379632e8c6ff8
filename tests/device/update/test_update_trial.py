import asyncio

from power import Flash, write_tree
from support import cancel

from picket import log
from picket.update import agent, files, slots, trial
from picket.update.agent import Agent
from picket.update.slots import Slots

log.level = log.ERROR + 1
trial._PERIOD_S = 0


class Device:
    """Runs release 1 on trial."""

    def __init__(self, *unmet):
        self.flash = Flash((slots, files))
        write_tree(self.flash.root, {"slots/1/main.py": b""})
        self.slots = Slots(self.flash.root)
        self.slots.activate(1, True)
        self.unmet = list(unmet)
        self.said = []
        self.restarts = 0
        self.changes = 0

    async def turn(self):
        pass

    def missing(self):
        return self.unmet

    def say(self, state):
        self.said.append((state["sequence"], state["state"]))

    def pointer_changed(self):
        self.changes += 1

    async def restart(self):
        self.restarts += 1
        await asyncio.sleep(1000)

    def end(self):
        pointer = Slots(self.flash.root).pointer
        self.flash.close()
        return pointer


def _run(coroutine, rounds=30, between=None):
    async def main():
        task = asyncio.create_task(coroutine)
        for _ in range(rounds):
            await asyncio.sleep(0)
        if between:
            between()
            for _ in range(rounds):
                await asyncio.sleep(0)
        await cancel(task)

    agent.forget = lambda *names: None
    asyncio.run(main())


def test_a_trial_goes_on_until_all_conditions_are_met():
    device = Device("sensors read")
    _run(Agent(device, device.slots, "").run())
    assert device.said == [] and device.restarts == 0
    assert device.end()["state"] == "trial"


def test_a_trial_that_meets_all_conditions_is_confirmed_and_told():
    device = Device("sensors read")
    subject = Agent(device, device.slots, "")
    _run(subject.run(), between=device.unmet.clear)
    assert device.said == [(1, "UPDATED")] and device.changes == 1 and not subject.on_trial
    pointer = device.end()
    assert (pointer["app"], pointer["state"]) == (1, "confirmed")


def test_a_trial_that_takes_too_long_is_rolled_back_with_what_was_missing():
    device = Device("sensors read", "acknowledged by the gateway")
    assert not asyncio.run(trial.judge(device.slots, device, trial_ms=-1))
    pointer = device.end()
    assert (pointer["app"], pointer["rolled_back"]["sequence"]) == (0, 1)
    assert pointer["rolled_back"]["reason"].endswith(" not: sensors read, acknowledged by the gateway")


def test_a_trial_that_failed_restarts_the_board():
    device = Device("sensors read")
    judge = trial.judge

    def impatient(board, asked):
        return judge(board, asked, -1)

    trial.judge = impatient
    try:
        _run(Agent(device, device.slots, "").run())
    finally:
        trial.judge = judge
    assert device.restarts == 1
    assert device.end()["app"] == 0


def test_an_offer_waits_for_the_end_of_the_trial():
    device = Device("sensors read")
    subject = Agent(device, device.slots, "")
    subject.offer({"sequence": 1})
    _run(subject.run())
    assert device.said == []
    _run(subject.run(), between=device.unmet.clear)
    assert device.said == [(1, "UPDATED")]
    device.end()


def test_what_is_on_trial_is_told_once_when_its_offer_comes_meanwhile():
    device = Device("sensors read")
    subject = Agent(device, device.slots, "")

    def connected():
        subject.offer({"sequence": 1})
        device.unmet.clear()

    _run(subject.run(), between=connected)
    assert device.said == [(1, "UPDATED")]
    device.end()
