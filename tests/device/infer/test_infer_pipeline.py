"""The whole sample path: from a source to events, with a real model in the real native module."""

import json
from array import array

from packages import load, read
from signals import LABELS, WINDOW, samples
from support import error_of

from picket.features import window as window_module
from picket.infer.pipeline import Pipeline
from picket.sensors import checks

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    def heap_unlock():
        pass


_GATE = {
    "threshold_pct": 80,
    "release_pct": 50,
    "min_windows": 2,
    "release_windows": 3,
    "uncertain_pct": 60,
    "anomaly": 1000,
}


class Machine:
    """A source whose signal can be changed, on a clock of its own."""

    channels = 1
    rate_hz = 26667
    poll_ms = 5

    def __init__(self):
        self.now = 0
        self.kind = "healthy"
        self.stuck = False
        self.at = 0
        self.seed = 0
        self.signal = array("h", [0])
        window_module.ticks_ms = self.ticks_ms

    def ticks_ms(self):
        return self.now

    def start(self):
        self.seed += 1
        self.at = 0
        self.signal = samples("healthy" if self.stuck else self.kind, self.seed)
        if self.stuck:
            for i in range(len(self.signal)):
                self.signal[i] = 3

    def stop(self):
        pass

    def read_into(self, h, at=0):
        count = min(100, len(h) - at)
        for i in range(count):
            h[at + i] = self.signal[self.at + i]
        self.at += count
        return count


def _run(pipeline, machine, windows):
    """Events of the next so many windows as (label, on)."""
    events = []
    for _ in range(windows):
        while not pipeline.poll():
            machine.now += max(1, pipeline.window.wait_ms())
        event = pipeline.event()
        while event:
            events.append((event.label, event.on))
            event = pipeline.event()
    return events


def _made(changes=None):
    machine = Machine()
    pipeline = Pipeline(load(changes), _GATE)
    pipeline.open(machine)
    return machine, pipeline


def _windows_until_alert(description_gate, configured):
    description = json.loads(read("model.json"))
    description["gate"] = description_gate
    machine = Machine()
    pipeline = Pipeline(load({"model.json": json.dumps(description).encode()}), configured)
    pipeline.open(machine)
    machine.kind = "inner_race"
    windows = 0
    while True:
        windows += 1
        if _run(pipeline, machine, 1):
            return windows


def test_the_gate_is_set_by_the_package_where_the_configuration_is_silent():
    assert _windows_until_alert({}, {}) == 2
    assert _windows_until_alert({"min_windows": 4}, {}) == 4
    assert _windows_until_alert({"min_windows": 4}, {"release_pct": 40}) == 4
    assert _windows_until_alert({"min_windows": 4}, {"min_windows": 3}) == 3


def test_fault_that_sets_in_and_goes_causes_two_events():
    machine, pipeline = _made()
    assert _run(pipeline, machine, 10) == []
    machine.kind = "inner_race"
    assert _run(pipeline, machine, 10) == [("inner_race", 1)]
    machine.kind = "healthy"
    assert _run(pipeline, machine, 10) == [("inner_race", 0)]


def test_unknown_condition_is_an_anomaly():
    machine, pipeline = _made()
    machine.kind = "strange"
    assert _run(pipeline, machine, 5) == [("anomaly", 1)]


def test_summary_counts_windows_by_class_and_begins_anew():
    machine, pipeline = _made()
    _run(pipeline, machine, 4)
    machine.kind = "outer_race"
    _run(pipeline, machine, 3)
    machine.now += 5 * 20
    _run(pipeline, machine, 1)
    summary = pipeline.summary()
    assert summary["win"] == 8
    assert summary["cls"] == [4, 0, 4]
    assert summary["unc"] == 0
    assert 4 <= summary["missed"] <= 5
    assert summary["anom"][1] > 1000 and 0 < summary["anom"][0] < summary["anom"][1]
    assert 0.5 < summary["rms"] < 1.0  # 3000 of 4096 counts
    assert summary["inf_us"] >= 0
    empty = pipeline.summary()
    assert (empty["win"], empty["missed"], empty["cls"], empty["anom"], empty["rms"]) == (0, 0, [0, 0, 0], [0, 0], 0)


def test_window_is_judged_without_allocating():
    machine, pipeline = _made()
    windows = [samples(kind, 5) for kind in LABELS] + [samples("strange", 5)]
    pipeline.process(windows[0])
    heap_lock()
    try:
        for x in windows:
            for _ in range(5):
                event = pipeline.process(x)
                while event:
                    event = pipeline.gate.more()
    finally:
        heap_unlock()
    assert pipeline.summary()["win"] == 1 + 5 * len(windows)


def test_window_is_read_and_judged_without_allocating():
    machine, pipeline = _made()
    _run(pipeline, machine, 1)
    machine.now += 20
    pipeline.poll()  # the window begins: start() makes a new signal here
    polls = 0
    heap_lock()
    try:
        while not pipeline.poll():
            pipeline.window.wait_ms()
            polls += 1
        pipeline.event()
    finally:
        heap_unlock()
    assert polls >= 1
    assert pipeline.window.number == 2


def test_model_is_swapped_between_two_windows_and_none_is_missed():
    machine, pipeline = _made()
    machine.kind = "inner_race"
    assert _run(pipeline, machine, 5) == [("inner_race", 1)]
    successor = load(like=pipeline.package)
    assert successor.features is pipeline.package.features
    machine.now += 20
    pipeline.poll()  # in the middle of a window
    assert pipeline.swap(successor) == []
    assert pipeline.package is successor
    assert _run(pipeline, machine, 5) == []
    assert pipeline.window.number == 10
    assert pipeline.summary()["missed"] == 0
    machine.kind = "healthy"
    assert _run(pipeline, machine, 5) == [("inner_race", 0)]


def test_conditions_of_classes_that_the_new_model_lacks_end_with_the_swap():
    machine, pipeline = _made()
    machine.kind = "inner_race"
    _run(pipeline, machine, 5)
    renamed = read("model.json").replace(b"inner_race", b"fault_a")
    ended = pipeline.swap(load({"model.json": renamed}))
    assert [(event.label, event.on) for event in ended] == [("inner_race", 0)]
    assert _run(pipeline, machine, 5) == [("fault_a", 1)]


def test_model_with_another_window_takes_over_at_the_next():
    machine, pipeline = _made()
    _run(pipeline, machine, 3)
    params = read("pipeline.bin")
    slower = load({"pipeline.bin": params[:6] + b"\x50\0" + params[8:]})  # every 80 ms
    pipeline.swap(slower)
    start = machine.now
    _run(pipeline, machine, 3)
    assert pipeline.window.number == 6
    assert machine.now - start > 2 * 80


def test_source_of_another_rate_is_refused_and_the_old_model_stays():
    machine, pipeline = _made()
    package = pipeline.package
    params = read("pipeline.bin")
    other = load({"pipeline.bin": params[:8] + (12000000).to_bytes(4, "little") + params[12:]})
    assert "12000" in error_of(ValueError, pipeline.swap, other)
    assert pipeline.package is package
    assert "12000" in error_of(ValueError, Pipeline(other, _GATE).open, machine)


def test_window_lengths_agree_with_the_package():
    _, pipeline = _made()
    assert len(pipeline.window.samples) == WINDOW


def test_windows_of_a_stuck_sensor_never_reach_the_model_and_are_an_alert():
    machine, pipeline = _made()
    _run(pipeline, machine, 3)
    machine.stuck = True
    assert _run(pipeline, machine, 10) == [("sensor", 1)]
    summary = pipeline.summary()
    assert (summary["win"], summary["bad"], summary["chk"]) == (3, 10, checks.STUCK)
    assert pipeline.judged == 3
    machine.stuck = False
    assert _run(pipeline, machine, 10) == [("sensor", 0)]
    summary = pipeline.summary()
    assert (summary["win"], summary["bad"], summary["chk"]) == (10, 0, 0)


def test_a_sensor_that_can_not_be_read_is_an_alert_before_there_is_a_window():
    pipeline = Pipeline(load(), _GATE)
    told = []
    for _ in range(4):
        pipeline.missing()
        event = pipeline.event()
        told.append(event and (event.label, event.on))
    assert told == [None, ("sensor", 1), None, None]
    summary = pipeline.summary()
    assert (summary["win"], summary["missed"], summary["bad"], summary["chk"]) == (0, 0, 4, checks.MISSING)


def test_a_condition_outlasts_a_stuck_sensor():
    machine, pipeline = _made()
    machine.kind = "inner_race"
    assert _run(pipeline, machine, 5) == [("inner_race", 1)]
    machine.stuck = True
    assert _run(pipeline, machine, 10) == [("sensor", 1)]
    machine.stuck = False
    assert _run(pipeline, machine, 10) == [("sensor", 0)]
    machine.kind = "healthy"
    assert _run(pipeline, machine, 5) == [("inner_race", 0)]


def test_a_package_for_another_sensor_waits_for_it_and_windows_are_numbered_on():
    machine, pipeline = _made()
    machine.kind = "inner_race"
    assert _run(pipeline, machine, 5) == [("inner_race", 1)]
    other = load()
    other.features.section = "microphone"
    assert pipeline.swap(other) == []
    assert pipeline.source is None
    assert pipeline.idle_ms() > 100
    machine.kind = "healthy"
    pipeline.open(machine)
    assert _run(pipeline, machine, 5) == [("inner_race", 0)]
    assert pipeline.window.number == 10
    assert pipeline.judged == 5


def test_without_an_anomaly_table_the_score_is_0():
    machine, pipeline = _made({"anomaly.bin": None})
    machine.kind = "strange"
    _run(pipeline, machine, 5)
    assert pipeline.summary()["anom"] == [0, 0]
