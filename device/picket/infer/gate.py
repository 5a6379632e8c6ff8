"""Decides what is worth an alert: threshold, hysteresis and minimum duration, in whole numbers, without allocating."""

ANOMALY = "anomaly"  # label of the condition that no class explains
SENSOR = "sensor"  # and of the one that there is nothing to judge: the sensor can't be trusted


class Event:
    """The beginning (on = 1) or the end (on = 0) of a condition.

    percent, anomaly: of the window that decided; an anomaly has percent 0, since no class speaks for it.
    """

    def __init__(self, label):
        self.label = label
        self.percent = 0
        self.anomaly = 0
        self.on = 0


class Gate:
    """One condition for each fault class, one for anomalies that no class explains, and one for a bad sensor.

    A class's condition begins after `min_windows` windows in a row with at least `threshold_pct`, and ends after
    `release_windows` in a row below `release_pct`. A window whose best class has less than `uncertain_pct` begins none.
    For the anomaly count windows with a score of at least `anomaly`, while no fault class is on or at its threshold.
    For the sensor, readings that are bad or not. A bad reading says nothing about the other conditions: they stay.

    labels: the model's, the healthy class first. settings: see `gate_settings`. A release above the threshold, which
    settings from two places can have, counts as equal to it.
    """

    def __init__(self, labels, settings):
        self.labels = labels
        self.best = 0  # class of the last window
        self.uncertain = False  # whether it was
        self._threshold = settings["threshold_pct"]
        self._release = min(settings["release_pct"], settings["threshold_pct"])
        self._min_windows = settings["min_windows"]
        self._release_windows = settings["release_windows"]
        self._certain = settings["uncertain_pct"]
        self._anomaly = settings["anomaly"]
        # One place for each class; the healthy class, which has no condition, leaves its place to the anomaly.
        self._events = [Event(ANOMALY if i == 0 else labels[i]) for i in range(len(labels))] + [Event(SENSOR)]
        self._above = bytearray(len(self._events))  # windows in a row that speak for the condition; none passes 255
        self._below = bytearray(len(self._events))
        self._due = bytearray(len(self._events))

    def feed(self, percents, anomaly):
        """Take the next window: percent by class, score in thousandths. The first event that it causes, or None."""
        best = 0
        for i in range(1, len(percents)):
            if percents[i] > percents[best]:
                best = i
        self.best = best
        self.uncertain = percents[best] < self._certain
        explained = False
        for i in range(1, len(percents)):
            reached = percents[i] >= self._threshold and not self.uncertain
            self._step(i, reached, percents[i] < self._release, percents[i], anomaly)
            explained = explained or reached or self._events[i].on
        unknown = anomaly >= self._anomaly and not explained
        self._step(0, unknown, not unknown, 0, anomaly)
        return self.more()

    def sense(self, bad):
        """Take a reading of the sensor, which is bad or not; `more` has the event that it causes."""
        self._step(len(self.labels), bad, not bad, 100 if bad else 0, 0)

    def more(self):
        """The next event of the window that was fed last, or None. A condition uses one event object all along."""
        due = self._due
        for i in range(len(due)):
            if due[i]:
                due[i] = 0
                return self._events[i]
        return None

    def take_over(self, former):
        """Go on with the conditions of a gate that this one replaces; returns end events for classes that are gone."""
        ended = []
        for old in former._events:
            if not old.on:
                continue
            for new in self._events:
                if new.label == old.label:
                    new.on = 1
                    break
            else:
                event = Event(old.label)
                event.anomaly = old.anomaly
                ended.append(event)
        return ended

    def _step(self, i, above, below, percent, anomaly):
        event = self._events[i]
        self._above[i] = min(self._above[i] + 1, 255) if above else 0
        self._below[i] = min(self._below[i] + 1, 255) if below else 0
        if event.on:
            if self._below[i] < self._release_windows:
                return
        elif self._above[i] < self._min_windows:
            return
        event.on ^= 1
        event.percent = percent
        event.anomaly = anomaly
        self._due[i] = 1
