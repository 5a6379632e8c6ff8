"""The pipeline kind `soil`: its parameters, when it decides, and that nothing unchecked reaches the model."""

from array import array

from fakes import Model
from support import error_of

from picket.features import soil
from picket.sensors.checks import MISSING
from picket.soil.field import FEATURES
from picket.soil.probe import ABSENT

_PARAMS = b"PSO1" + bytes((FEATURES, 2, 3, 5, 19, 0, 15, 35))
_SECTION = {
    "dry_mv": 2300, "wet_mv": 1100, "dry2_mv": 2300, "wet2_mv": 1100, "field_permille": 300, "wilting_permille": 140,
    "root_mm": 500, "depletion_pct": 40, "crop_pct": 100, "latitude_deg": 45, "utc_offset_min": 120,
}  # fmt: skip
_MIDNIGHT_S = (20638 * 1440 - 120) * 60  # local


class Source:
    """Readings that a test sets, at a time that it sets."""

    section = _SECTION
    channels = 5

    def __init__(self, hour=0):
        self.frame = [1700, 1702, 2000, 5000, 100]
        self.at(hour)

    def at(self, hour, minute=0):
        self.time_s = _MIDNIGHT_S + 3600 * hour + 60 * minute
        soil.unix_time = lambda: self.time_s

    def read_into(self, frame, at=0):
        for i in range(5):
            frame[at + i] = self.frame[i]
        return 1


def _poll(source, features):
    """A reading of a board that wakes at this time; whether it is time to decide."""
    features.held = False
    window = features.window(source)
    return window.poll(), window


def test_parameters_are_read():
    features = soil.from_params(_PARAMS)
    assert (features.hours, list(features.shares), features.inputs) == ([5, 19], [0, 15, 35], FEATURES)
    assert len(features.values) == FEATURES


def test_wrong_parameters_are_refused():
    for params in (
        b"", b"PSO1", b"PVF1" + _PARAMS[4:], _PARAMS[:-1], _PARAMS + b"\0", b"PSO1" + bytes((FEATURES + 1, 1, 1, 5, 0)),
        b"PSO1" + bytes((FEATURES, 0, 1, 0)), b"PSO1" + bytes((FEATURES, 1, 1, 24, 0)),
        b"PSO1" + bytes((FEATURES, 1, 1, 5, 101)),
    ):  # fmt: skip
        error_of(ValueError, soil.from_params, params)


def test_it_decides_at_its_hours_once_and_not_too_late():
    features = soil.from_params(_PARAMS)
    features.prepare(_SECTION)
    minute = _MIDNIGHT_S // 60
    assert features.slot(minute + 4 * 60 + 59) == 0
    morning = features.slot(minute + 5 * 60)
    assert morning and features.slot(minute + 7 * 60 + 59) == morning
    assert features.slot(minute + 8 * 60) == 0
    features.field.decided = morning
    assert features.slot(minute + 6 * 60) == 0
    assert features.slot(minute + 19 * 60) not in (0, morning)


def test_readings_between_decisions_are_taken_but_no_window():
    source, features = Source(hour=2), soil.from_params(_PARAMS)
    whole, window = _poll(source, features)
    assert not whole and window.number == 1 and features.read
    assert features.field.trust == 2


def test_a_held_window_reads_nothing():
    source, features = Source(hour=5), soil.from_params(_PARAMS)
    window = features.window(source)
    assert not window.poll() and window.number == 0 and not features.read
    assert window.wait_ms() < 1000


def test_at_its_hour_the_features_reach_the_model_as_they_are():
    source, features = Source(hour=5), soil.from_params(_PARAMS)
    whole, window = _poll(source, features)
    assert whole
    assert features.check(window.samples) & features.spoiling == 0
    features.compute(window.samples)
    model = Model()
    features.feed(model)
    direct = array("f", [0] * FEATURES)
    features.field.features(direct, None)
    assert model.fed == list(direct)
    assert features.decided
    assert abs(features.level() - 0.2250) < 0.01


def test_without_a_probe_nothing_is_decided_and_the_findings_are_told():
    source, features = Source(hour=5), soil.from_params(_PARAMS)
    source.frame[:2] = [ABSENT, ABSENT]
    whole, window = _poll(source, features)
    assert whole
    assert features.check(window.samples) == soil.UNDECIDED | MISSING


def test_without_a_clock_nothing_is_decided():
    source, features = Source(hour=5), soil.from_params(_PARAMS)
    soil.unix_time = lambda: 0
    whole, window = _poll(source, features)
    assert whole and features.check(window.samples) & soil.UNDECIDED


def test_a_faulty_light_sensor_does_not_keep_it_from_deciding():
    source, features = Source(hour=19), soil.from_params(_PARAMS)
    source.frame[4] = ABSENT
    whole, window = _poll(source, features)
    assert whole and features.check(window.samples) == MISSING
