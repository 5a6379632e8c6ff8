"""The sensing task: which sensor it opens, and what it does when that one fails or another is wanted."""

import asyncio

from support import error_of, run

from picket import monitor as module
from picket.monitor import Monitor
from picket.sensors import checks

_GATE = {
    "threshold_pct": 80,
    "release_pct": 50,
    "min_windows": 2,
    "release_windows": 2,
    "uncertain_pct": 60,
    "anomaly": 1000,
}


class _Window:
    def __init__(self):
        self.samples = bytearray(1)
        self.number = 0
        self.missed = 0
        self.end_ms = 0
        self.stopped = False

    def poll(self):
        self.number += 1
        return True

    def wait_ms(self):
        return 1

    def idle_ms(self):
        return 1000

    def stop(self):
        self.stopped = True


class _Features:
    channels = 1
    spoiling = checks.SPOILING
    values = None

    def __init__(self, section):
        self.section = section
        self.flags = 0

    def window(self, source):
        if source == "wrong":
            raise ValueError("another rate")
        return _Window()

    def check(self, samples):
        return self.flags

    def level(self):
        return 0


class _Package:
    labels = ("good", "bad")
    gate = _GATE

    def __init__(self, section):
        self.features = _Features(section)
        self.percents = bytes([100, 0])
        self.anomaly = 0

    def classify(self, samples):
        pass


class _Bench:
    """A monitor whose sensors are what `sources` says: an exception is raised, all else is opened."""

    def __init__(self, **sources):
        self.sources = sources
        self.opened = []
        self.events = []
        module.open_source = self.open_source
        config = {name: {"driver": name} for name in sources}
        config["gate"] = {}
        config["off"] = {"driver": "none"}
        self.monitor = Monitor(config, self.on_event)

    def open_source(self, section, channels):
        self.opened.append(section["driver"])
        source = self.sources[section["driver"]]
        if isinstance(source, Exception):
            raise source
        return source

    def on_event(self, event, window, end_ms):
        self.events.append((event.label, event.on))

    def rounds(self, count=10):
        """Let it come round so often, without the waits in between."""

        class Enough(Exception):
            pass

        class Asyncio:
            left = count

            async def sleep(self, seconds):
                self.left -= 1
                if not self.left:
                    raise Enough
                await asyncio.sleep(0)

        module.asyncio = Asyncio()
        try:
            run(self.monitor.run())
        except Enough:
            pass
        finally:
            module.asyncio = asyncio


def test_it_opens_the_sensor_that_the_model_is_made_for_and_judges():
    bench = _Bench(vibration="v", camera="c")
    bench.monitor.use(_Package("camera"))
    bench.rounds()
    assert bench.opened == ["camera"]
    assert bench.monitor.judged > 2
    summary = bench.monitor.summary()
    assert summary["win"] > 2 and (summary["bad"], summary["chk"]) == (0, 0)


def test_a_model_for_another_sensor_has_that_one_opened():
    bench = _Bench(vibration="v", camera="c")
    bench.monitor.use(_Package("vibration"))
    bench.rounds()
    window = bench.monitor._pipeline.window
    bench.monitor.use(_Package("camera"))
    assert window.stopped
    assert bench.monitor.judged == 0
    bench.rounds()
    assert bench.opened == ["vibration", "camera"]
    assert bench.monitor.judged > 2


def test_without_its_sensor_it_rests():
    bench = _Bench(vibration="v")
    assert not bench.monitor.has_sensor
    bench.monitor.use(_Package("off"))
    bench.rounds()
    assert bench.opened == []
    assert not bench.monitor.has_sensor
    assert bench.monitor.summary()["win"] == 0


def test_a_model_for_a_sensor_that_the_application_does_not_know_is_refused():
    bench = _Bench(vibration="v")
    assert "no section sonar" in error_of(ValueError, bench.monitor.use, _Package("sonar"))
    assert bench.monitor.package is None


def test_a_model_that_does_not_fit_its_sensor_is_put_away():
    bench = _Bench(vibration="wrong")
    bench.monitor.use(_Package("vibration"))
    bench.rounds()
    assert bench.monitor.package is None
    assert bench.opened == ["vibration"]


def test_a_sensor_that_never_answers_is_an_alert():
    bench = _Bench(vibration=OSError(19))
    bench.monitor.use(_Package("vibration"))
    bench.rounds(2)
    assert bench.opened == ["vibration"] * 2
    assert bench.events == [("sensor", 1)]
    assert bench.monitor.summary()["chk"] == checks.MISSING


def test_bad_windows_are_not_judged():
    bench = _Bench(vibration="v")
    package = _Package("vibration")
    package.features.flags = checks.STUCK
    bench.monitor.use(package)
    bench.rounds()
    assert bench.monitor.judged == 0
    assert bench.events == [("sensor", 1)]
    package.features.flags = 0
    bench.rounds()
    assert bench.events == [("sensor", 1), ("sensor", 0)]
