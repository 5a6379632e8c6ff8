"""The task that looks after the watchdog: it reports once that all has been well for a while."""

import asyncio

from support import run

from picket import vitals
from picket.vitals import Vitals


class _Watchdog:
    fed = 0

    def feed(self):
        self.fed += 1


async def _turn():
    pass


def _reports(periods):
    reports = []
    watchdog = _Watchdog()

    async def watch():
        task = asyncio.create_task(Vitals(watchdog, lambda: True, _turn, lambda: reports.append(watchdog.fed)).run())
        while watchdog.fed < periods:
            await asyncio.sleep(0)
        task.cancel()

    period_s, collect = vitals._PERIOD_S, vitals._collect
    vitals._PERIOD_S, vitals._collect = 0, lambda: 0
    try:
        run(watch())
    finally:
        vitals._PERIOD_S, vitals._collect = period_s, collect
    return reports


def test_a_board_that_has_worked_for_half_a_minute_says_so_once():
    assert _reports(100) == [30]


def test_a_board_that_has_just_started_does_not():
    assert _reports(20) == []
