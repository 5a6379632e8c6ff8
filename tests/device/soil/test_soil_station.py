"""A station's wake: what it does and says, when it waters, and what outlives the sleep."""

import asyncio
import os

from fields import MIDNIGHT, SECTION, frame
from support import error_of, run

from picket.features import soil as kind
from picket.sensors.checks import OUT_OF_RANGE
from picket.soil import forecast, memory, station, valve
from picket.soil.field import FEATURES
from picket.soil.probe import ABSENT
from picket.soil.station import Station

_PARAMS = b"PSO1" + bytes((FEATURES, 2, 3, 5, 19, 0, 15, 35))
_FLASH = "picket-test-soil"
_FORECAST = "picket-test-forecast"
_LABELS = ["none", "short", "long"]


class Asleep(Exception):
    pass


class Pin:
    OUT = 3
    levels = []

    def __init__(self, number, mode, value):
        self.levels.append(value)

    def __call__(self, level):
        self.levels.append(level)


class Hardware:
    """What a station uses of the module `machine`."""

    PWRON_RESET = 1
    Pin = Pin

    def __init__(self):
        self.kept = b""
        self.cause = 4
        self.slept_ms = 0

    def RTC(self):
        return self

    def memory(self, data=None):
        if data is None:
            return self.kept
        self.kept = bytes(data)
        return None

    def reset_cause(self):
        return self.cause

    def lightsleep(self, ms):
        board.ms += ms

    def deepsleep(self, ms):
        self.slept_ms = ms
        raise Asleep()


class Uplink:
    """A line to a gateway that answers, or does not."""

    def __init__(self, answers=True):
        self.birth_acked = asyncio.Event()
        self.idle = True
        self.sessions = 0
        self.rests = 0
        self._answers = answers

    async def run(self):
        self.sessions += 1
        if self._answers:
            self.birth_acked.set()
        while True:
            await asyncio.sleep(1)

    def rest(self):
        self.rests += 1


class Agent:
    on_trial = False
    busy = False


class Package:
    labels = _LABELS

    def __init__(self):
        self.features = kind.from_params(_PARAMS)
        self.percents = bytes((100, 0, 0))


class Board:
    """A board that wakes at hours of a test's choice; its memory outlives the wakes."""

    def __init__(self, sure_pct=50, host="broker", **changes):
        global board
        board = self
        section = dict(SECTION)
        section.update(changes)
        section["sure_pct"] = sure_pct
        self.config = {"soil": section, "mqtt": {"host": host}, "duty": {"sleep_s": 3600, "awake_s": 5}}
        self.hardware = Hardware()
        self.alerts = []
        self.reports = 0
        self.percents = bytes((100, 0, 0))
        self.answers = True
        self.readings = None
        self.agent = Agent()
        self.ms = 0
        self._hour = 0
        del Pin.levels[:]
        for module in (station, valve):
            module.ticks_ms = lambda: self.ms
            module.ticks_diff = lambda end, start: end - start
        station.unix_time = kind.unix_time = lambda: (MIDNIGHT + 60 * self._hour) * 60
        station.asyncio = self

    # In place of asyncio: a wait is over at once, and lets the others run.

    CancelledError = asyncio.CancelledError

    def create_task(self, coroutine):
        return asyncio.create_task(coroutine)

    async def sleep(self, seconds):
        self.ms += int(seconds * 1000)
        await asyncio.sleep(0)

    def wake(self, hour):
        """One wake; the station and the uplink of it."""
        self._hour = hour
        package, self.uplink = Package(), Uplink(self.answers)
        package.percents = self.percents
        self.station = Station(self.config, self.hardware)
        try:
            run(self._wake(package))
        except Asleep:
            pass
        return self.uplink

    async def _wake(self, package):
        sensing = asyncio.create_task(self._sense(package))
        try:
            await self.station.run(package, self.uplink, self.agent, self._alert, self._report)
        finally:
            sensing.cancel()

    async def _sense(self, package):
        features = package.features
        while features.held:
            await asyncio.sleep(0)
        hour = self._hour
        whole = features.take(MIDNIGHT + 60 * hour, self.readings or frame(2000 + hour % 9 * 8, hour=hour))
        if whole and not features.check(None) & features.spoiling:
            features.compute(None)

    def _alert(self, event, window, ticks):
        self.alerts.append((event.label, event.percent, event.anomaly, event.on))

    def _report(self):
        self.reports += 1


board = None


def _clean():
    for path in (_FLASH, _FLASH + ".new", _FORECAST):
        try:
            os.remove(path)
        except OSError:
            pass


def _flash_at(path):
    """Where the station keeps what must outlive a power cut."""
    station.memory = Memory(path)


class Memory:
    """Module `memory` with another file."""

    pack, unpack = staticmethod(memory.pack), staticmethod(memory.unpack)
    through_sleep = staticmethod(memory.through_sleep)

    def __init__(self, path):
        self._path = path

    def write(self, data):
        memory.write(data, self._path)

    def read(self):
        return memory.read(self._path)


def _fresh(**changes):
    _clean()
    _flash_at(_FLASH)
    return Board(**changes)


def test_the_valve_closes_before_anything_else():
    fresh = _fresh()
    Station(fresh.config, fresh.hardware)
    assert Pin.levels == [0, 0]


def test_between_decisions_it_senses_and_sleeps_to_the_full_hour_in_silence():
    fresh = _fresh()
    uplink = fresh.wake(2)
    assert (uplink.sessions, fresh.reports, fresh.alerts) == (0, 0, [])
    assert fresh.station.sensed
    assert fresh.hardware.slept_ms == 3600 * 1000
    assert 1 not in Pin.levels


def test_after_power_on_it_reports():
    fresh = _fresh()
    fresh.hardware.cause = Hardware.PWRON_RESET
    uplink = fresh.wake(2)
    assert (uplink.sessions, uplink.rests, fresh.reports) == (1, 1, 1)


def test_a_decision_to_water_is_said_then_done_then_said_to_be_over():
    fresh = _fresh()
    fresh.percents = bytes((10, 80, 10))
    uplink = fresh.wake(5)
    # 16 % of 500 mm can be reached, 80 mm; 15 % of them at 8 mm an hour take 1.5 hours: the limit is one.
    assert fresh.alerts == [("short", 80, 3600, 1), ("short", 0, 3600, 0)]
    assert Pin.levels == [0, 0, 1, 0]
    assert (uplink.sessions, uplink.rests) == (1, 1)
    assert fresh.ms >= 3600 * 1000


def test_it_decides_once_for_each_hour_of_decision():
    fresh = _fresh(flow_mm10_h=800)
    fresh.percents = bytes((0, 100, 0))
    for hour in (5, 6, 7):
        fresh.wake(hour)
    assert [alert[0] for alert in fresh.alerts] == ["short", "short"]
    fresh.wake(19)
    assert len(fresh.alerts) == 4


def test_a_decision_that_is_not_sure_gives_no_water():
    fresh = _fresh(sure_pct=70)
    fresh.percents = bytes((10, 21, 69))
    fresh.wake(5)
    assert fresh.alerts == [] and 1 not in Pin.levels


def test_a_day_has_a_limit():
    fresh = _fresh(flow_mm10_h=800, day_max_s=700)
    fresh.percents = bytes((0, 100, 0))
    fresh.wake(5)
    fresh.wake(19)
    assert [alert[2] for alert in fresh.alerts if alert[3]] == [540, 160]


def test_the_limit_outlives_a_power_cut_in_the_middle_of_watering():
    fresh = _fresh(flow_mm10_h=800, day_max_s=700)
    fresh.percents = bytes((0, 100, 0))
    cut = Hardware.lightsleep

    def power_cut(self, ms):
        raise Asleep()

    Hardware.lightsleep = power_cut
    try:
        fresh.wake(5)
    finally:
        Hardware.lightsleep = cut
    assert Pin.levels[-1] == 0
    fresh.hardware = Hardware()  # with nothing in the RTC's memory
    fresh.hardware.cause = Hardware.PWRON_RESET
    fresh.wake(6)
    assert 1 not in Pin.levels[Pin.levels.index(1) + 1 :], "the morning's decision has been made"
    fresh.wake(19)
    assert [alert[2] for alert in fresh.alerts if alert[3]] == [540, 160]


def test_without_a_flash_that_can_be_written_no_water_is_given():
    fresh = _fresh()
    _flash_at("no-such-folder/soil")
    fresh.percents = bytes((0, 0, 100))
    fresh.wake(5)
    assert fresh.alerts == [] and 1 not in Pin.levels


def test_a_gateway_that_does_not_answer_keeps_nothing_from_being_done():
    fresh = _fresh(flow_mm10_h=800)
    fresh.answers = False
    fresh.percents = bytes((0, 100, 0))
    uplink = fresh.wake(5)
    assert [alert[3] for alert in fresh.alerts] == [1, 0]
    assert (uplink.sessions, uplink.rests) == (1, 1)


def test_without_a_network_it_waters_as_well():
    fresh = _fresh(flow_mm10_h=800, host="")
    fresh.percents = bytes((0, 100, 0))
    uplink = fresh.wake(5)
    assert len(fresh.alerts) == 2 and uplink.sessions == 0


def test_alerts_that_wait_are_worth_a_contact():
    fresh = _fresh()
    fresh.wake(2)
    waiting = Uplink.__init__

    def with_alerts(self, answers=True):
        waiting(self, answers)
        self.idle = False

    Uplink.__init__ = with_alerts
    try:
        assert fresh.wake(3).sessions == 1
    finally:
        Uplink.__init__ = waiting


def test_a_broken_probe_is_told_once_and_its_return_as_well():
    fresh = _fresh()
    for hour in range(9, 12):
        fresh.wake(hour)
    for hour in range(12, 15):
        fresh.readings = [12] + frame(2000 + hour % 3, hour=hour)[1:]
        fresh.wake(hour)
    assert fresh.alerts == [("probe1", 0, OUT_OF_RANGE, 1)]
    fresh.readings = None
    fresh.wake(15)
    assert fresh.alerts[1:] == [("probe1", 0, 0, 0)]


def test_with_one_probe_it_waters_and_without_any_it_does_not():
    fresh = _fresh(flow_mm10_h=800)
    fresh.percents = bytes((0, 100, 0))
    fresh.wake(4)
    fresh.readings = [ABSENT] + frame(2001, hour=5)[1:]
    fresh.wake(5)
    assert ("short", 100, 540, 1) in fresh.alerts
    for hour in range(15, 20):
        fresh.readings = [ABSENT, ABSENT] + frame(2001, hour=hour)[2:]
        fresh.wake(hour)
    assert [alert[0] for alert in fresh.alerts if alert[3]] == ["probe1", "short", "probe2"]


def test_what_was_given_is_expected_by_the_next_reading():
    fresh = _fresh(flow_mm10_h=800)
    fresh.wake(4)
    fresh.percents = bytes((0, 100, 0))
    fresh.wake(5)
    before = fresh.station._package.features.field
    assert before.given_mm100 == 1200, "540 s at 80 mm an hour are 12 mm"
    fresh.wake(6)
    after = fresh.station._package.features.field
    assert after.given_mm100 == 0 and after.moisture > before.moisture


def test_the_boot_loaders_count_of_failed_starts_is_left_alone():
    fresh = _fresh()
    fresh.hardware.kept = b"PKB\x02"
    fresh.wake(2)
    assert fresh.hardware.kept[:4] == b"PKB\x02" and len(fresh.hardware.kept) > 100
    estimate = fresh.station._package.features.field.estimate
    fresh.hardware.kept = b"PKB\x01" + fresh.hardware.kept[4:]
    fresh.station = Station(fresh.config, fresh.hardware)
    package = Package()
    fresh.station._remember(package.features)
    assert package.features.field.estimate == estimate


def test_a_forecast_is_taken_and_kept():
    fresh = _fresh()
    fresh.wake(4)
    keep = forecast.keep
    forecast.keep = lambda newest: keep(newest, _FORECAST)
    try:
        t = (MIDNIGHT + 240) * 60
        fresh.station.take_forecast({"cmd": "forecast", "t": t, "pct": [90, 0], "mm": [10, 0]})
        error_of(KeyError, fresh.station.take_forecast, {"cmd": "forecast"})
    finally:
        forecast.keep = keep
    taken = fresh.station._package.features.forecast
    assert taken.seen_from(MIDNIGHT + 240)[1:3] == (90, 100)
    assert forecast.kept(_FORECAST).seen_from(MIDNIGHT + 240)[1:3] == (90, 100)
    _clean()


def test_a_station_on_trial_and_one_without_a_model_talk_at_every_wake():
    fresh = _fresh()
    fresh.agent.on_trial = True
    fresh.wake(2)
    assert fresh.uplink.sessions == 1
    fresh.agent.on_trial = False
    fresh.uplink = Uplink()
    fresh.station = Station(fresh.config, fresh.hardware)
    try:
        run(fresh.station.run(None, fresh.uplink, fresh.agent, fresh._alert, fresh._report))
    except Asleep:
        pass
    assert fresh.uplink.sessions == 1 and not fresh.station.sensed
    _clean()
