"""Slow drift of a probe, by cumulative sums (Page's CUSUM) over days; which one it is, the water balance says.

Two probes of one field dry down and get wet together: what their difference does is no weather. One probe alone is
compared with the balance's own dry-down, which is known less well. In hundredths of a percent by volume (see `probe`).
"""

from picket.compat import const

_PAIR_SLACK = const(9)  # change of the difference in a day that is taken as noise
_PAIR_LIMIT = const(160)
_SUSPICION = const(40)  # from here on it is noted which probe leaves the balance, and nothing is learned
_ALONE_SLACK = const(45)  # error of the expected dry-down of a day
_ALONE_LIMIT = const(450)
_CLEAR = const(110)  # how much better one probe must follow the balance than the other before that is blamed

NOBODY, FIRST, SECOND, EITHER = const(0), const(1), const(2), const(3)


class Drift:
    KEPT = ("up", "down", "first", "second")

    def __init__(self):
        self.forget()

    def forget(self):
        """Begin anew."""
        self.up = 0
        self.down = 0
        self.first = 0  # how far each probe has left the balance since there is a suspicion
        self.second = 0

    @property
    def suspicious(self):
        """Whether a sum has come so far that the probes are not to be learned from."""
        return max(self.up, self.down) >= _SUSPICION

    def pair(self, first, second, expected):
        """A day of both probes: their changes, and the one that was expected (None: it rained, nobody knows).

        Returns who drifts; EITHER when the balance can't tell.
        """
        self._sum(first - second, _PAIR_SLACK)
        if not self.suspicious:
            self.first = self.second = 0
        if expected is not None:
            self.first += first - expected
            self.second += second - expected
        if max(self.up, self.down) < _PAIR_LIMIT:
            return NOBODY
        lead = abs(self.first) - abs(self.second)
        self.forget()
        return EITHER if abs(lead) < _CLEAR else FIRST if lead > 0 else SECOND

    def alone(self, change, expected):
        """A day of the only probe. True: it drifts."""
        if expected is not None:
            self._sum(change - expected, _ALONE_SLACK)
        return max(self.up, self.down) >= _ALONE_LIMIT

    def _sum(self, step, slack):
        self.up = max(0, self.up + step - slack)
        self.down = max(0, self.down - step - slack)
