"""The gate: what begins and what ends a condition."""

from picket.infer.gate import ANOMALY, SENSOR, Gate

_LABELS = ["healthy", "inner_race", "ball", "outer_race"]
_SETTINGS = {
    "threshold_pct": 80,
    "release_pct": 50,
    "min_windows": 3,
    "release_windows": 4,
    "uncertain_pct": 60,
    "anomaly": 1000,
}
_HEALTHY = bytes([97, 1, 1, 1])
_INNER = bytes([2, 95, 2, 1])
_OUTER = bytes([2, 2, 1, 95])
_UNSURE = bytes([40, 55, 4, 1])


def _gate(**changes):
    settings = dict(_SETTINGS)
    settings.update(changes)
    return Gate(_LABELS, settings)


def test_a_release_above_the_threshold_counts_as_equal_to_it():
    gate = _gate(threshold_pct=70, release_pct=90, min_windows=1, release_windows=1, uncertain_pct=0)
    assert _fed(gate, bytes([20, 80, 0, 0]), bytes([25, 75, 0, 0]), bytes([40, 60, 0, 0])) == [
        (0, "inner_race", 1),
        (2, "inner_race", 0),
    ]


def _fed(gate, *windows, anomaly=0):
    """Events as (window, label, on), windows numbered from 0."""
    events = []
    for i, percents in enumerate(windows):
        event = gate.feed(percents, anomaly)
        while event:
            events.append((i, event.label, event.on))
            event = gate.more()
    return events


def test_healthy_windows_cause_nothing():
    assert _fed(_gate(), *[_HEALTHY] * 100) == []


def test_condition_begins_after_the_minimum_duration_and_once():
    assert _fed(_gate(), *[_INNER] * 50) == [(2, "inner_race", 1)]


def test_interruption_starts_the_count_anew():
    assert _fed(_gate(), _INNER, _INNER, _HEALTHY, _INNER, _INNER, _HEALTHY) == []


def test_condition_ends_after_the_release_duration():
    assert _fed(_gate(), *[_INNER] * 3, *[_HEALTHY] * 9) == [(2, "inner_race", 1), (6, "inner_race", 0)]


def test_windows_between_release_and_threshold_neither_begin_nor_end():
    between = bytes([30, 65, 4, 1])
    assert _fed(_gate(), *[between] * 20) == []
    assert _fed(_gate(), *[_INNER] * 3, *[between] * 20) == [(2, "inner_race", 1)]


def test_uncertain_windows_begin_nothing_and_are_told():
    gate = _gate(threshold_pct=50, release_pct=20)
    assert _fed(gate, *[_UNSURE] * 20) == []
    assert gate.uncertain
    _fed(gate, _HEALTHY)
    assert not gate.uncertain
    assert gate.best == 0


def test_one_fault_after_another_are_two_conditions():
    assert _fed(_gate(), *[_INNER] * 3, *[_OUTER] * 5) == [
        (2, "inner_race", 1),
        (5, "outer_race", 1),
        (6, "inner_race", 0),
    ]


def test_two_conditions_may_change_in_one_window():
    gate = _gate(min_windows=4)
    assert _fed(gate, *[_INNER] * 4, *[_OUTER] * 4) == [
        (3, "inner_race", 1),
        (7, "inner_race", 0),
        (7, "outer_race", 1),
    ]


def test_event_tells_the_deciding_window():
    gate = _gate(min_windows=1)
    event = gate.feed(bytes([8, 91, 1, 0]), 4321)
    assert (event.label, event.on, event.percent, event.anomaly) == ("inner_race", 1, 91, 4321)
    assert gate.more() is None


def test_anomaly_that_no_class_explains_is_a_condition_of_its_own():
    gate = _gate()
    assert _fed(gate, *[_HEALTHY] * 5, anomaly=1000) == [(2, ANOMALY, 1)]
    assert _fed(gate, *[_HEALTHY] * 5, anomaly=999) == [(3, ANOMALY, 0)]


def test_anomaly_that_a_fault_explains_is_not_told_twice():
    assert _fed(_gate(), *[_INNER] * 20, anomaly=9000) == [(2, "inner_race", 1)]


def test_anomaly_ends_when_a_fault_explains_it():
    gate = _gate()
    assert _fed(gate, *[_UNSURE] * 3, anomaly=5000) == [(2, ANOMALY, 1)]
    assert _fed(gate, *[_OUTER] * 6, anomaly=5000) == [(2, "outer_race", 1), (3, ANOMALY, 0)]


def test_minimum_of_one_window_reacts_at_once():
    gate = _gate(min_windows=1, release_windows=1)
    assert _fed(gate, _INNER, _HEALTHY, _INNER) == [(0, "inner_race", 1), (1, "inner_race", 0), (2, "inner_race", 1)]


def test_counts_do_not_wrap_when_a_condition_lasts():
    gate = _gate(release_windows=255)
    _fed(gate, *[_INNER] * 3)
    assert _fed(gate, *[_HEALTHY] * 600) == [(254, "inner_race", 0)]
    assert _fed(gate, *[_INNER] * 600) == [(2, "inner_race", 1)]


def test_successor_goes_on_with_the_conditions_that_it_knows():
    gate = _gate()
    _fed(gate, *[_INNER] * 3)
    successor = Gate(["healthy", "outer_race", "inner_race"], _SETTINGS)
    assert successor.take_over(gate) == []
    assert _fed(successor, *[bytes([3, 1, 96])] * 5) == []
    assert _fed(successor, *[bytes([98, 1, 1])] * 5) == [(3, "inner_race", 0)]


def test_conditions_that_a_successor_does_not_know_end():
    gate = _gate()
    _fed(gate, *[_INNER] * 3)
    ended = Gate(["healthy", "worn"], _SETTINGS).take_over(gate)
    assert [(event.label, event.on) for event in ended] == [("inner_race", 0)]


def _sensed(gate, *readings):
    """Events as (reading, label, on, percent), readings (bad or not) numbered from 0."""
    events = []
    for i, bad in enumerate(readings):
        gate.sense(bad)
        event = gate.more()
        while event:
            events.append((i, event.label, event.on, event.percent))
            event = gate.more()
    return events


def test_a_bad_sensor_is_a_condition_of_its_own_whatever_the_thresholds():
    gate = _gate(threshold_pct=100, release_pct=0, uncertain_pct=100)
    assert _sensed(gate, True, True, False, True, True) == []
    assert _sensed(gate, *[True] * 20) == [(0, SENSOR, 1, 100)]
    assert _sensed(gate, False, True, *[False] * 20) == [(5, SENSOR, 0, 0)]


def test_a_successor_goes_on_with_a_bad_sensor():
    gate = _gate()
    _sensed(gate, *[True] * 3)
    successor = Gate(["good", "worn"], _SETTINGS)
    assert successor.take_over(gate) == []
    assert _sensed(successor, *[False] * 5) == [(3, SENSOR, 0, 0)]
