"""Properties of the gate over any sequence of scores, against a plain statement of its rules (CPython only)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from picket.infer.gate import ANOMALY, Gate

_LABELS = ["healthy", "inner_race", "outer_race"]


@st.composite
def _gate_settings(draw):
    release = draw(st.integers(0, 100))
    return {
        "threshold_pct": draw(st.integers(max(release, 1), 100)),
        "release_pct": release,
        "min_windows": draw(st.integers(1, 5)),
        "release_windows": draw(st.integers(1, 5)),
        "uncertain_pct": draw(st.integers(0, 100)),
        "anomaly": 1000,
    }


# Values at and around the limits, so that they meet often.
_percents = st.lists(st.sampled_from([0, 20, 49, 50, 51, 80, 100]), min_size=3, max_size=3)
_windows = st.lists(st.tuples(_percents, st.sampled_from([0, 999, 1000, 5000])), max_size=60)


def _events(gate, windows):
    for i, (percents, anomaly) in enumerate(windows):
        event = gate.feed(percents, anomaly)
        while event:
            yield i, event.label, event.on
            event = gate.more()


def _expected(options, windows):
    """The rules, read off the whole history at every window instead of being counted along."""
    above = {label: [] for label in [ANOMALY, *_LABELS[1:]]}
    below = {label: [] for label in above}
    on = dict.fromkeys(above, False)
    for i, (percents, anomaly) in enumerate(windows):
        certain = max(percents) >= options["uncertain_pct"]
        explained = False
        changed = []

        def judge(label, speaks, against, i=i, changed=changed):
            above[label].append(speaks)
            below[label].append(against)
            history, needed = (below, "release_windows") if on[label] else (above, "min_windows")
            if len(history[label]) >= options[needed] and all(history[label][-options[needed] :]):
                on[label] = not on[label]
                changed.append((i, label, int(on[label])))

        for label, percent in zip(_LABELS[1:], percents[1:], strict=True):
            speaks = certain and percent >= options["threshold_pct"]
            judge(label, speaks, percent < options["release_pct"])
            explained = explained or speaks or on[label]
        unknown = anomaly >= options["anomaly"] and not explained
        judge(ANOMALY, unknown, not unknown)
        yield from sorted(changed, key=lambda event: [ANOMALY, *_LABELS].index(event[1]))


@given(_gate_settings(), _windows)
@settings(max_examples=400)
def test_events_are_those_that_the_rules_ask_for(options, windows):
    assert list(_events(Gate(_LABELS, options), windows)) == list(_expected(options, windows))


@given(_gate_settings(), _windows)
@settings(max_examples=200)
def test_each_condition_begins_and_ends_in_turn(options, windows):
    last = {}
    for _, label, on in _events(Gate(_LABELS, options), windows):
        assert on != last.get(label, 0)
        last[label] = on


@given(_gate_settings(), _windows)
@settings(max_examples=200)
def test_conditions_never_change_faster_than_their_durations(options, windows):
    since = dict.fromkeys([ANOMALY, *_LABELS], -1)
    for i, label, on in _events(Gate(_LABELS, options), windows):
        assert i - since[label] >= options["min_windows" if on else "release_windows"]
        since[label] = i


@given(_gate_settings(), st.integers(1, 40))
@settings(max_examples=50)
def test_healthy_windows_never_cause_an_event(options, count):
    assert list(_events(Gate(_LABELS, options), [([100, 0, 0], 999)] * count)) == []
