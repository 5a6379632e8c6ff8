"""A field's water: two probes fused with the balance that is expected, watched for drift, and put into features.

Everything is whole numbers, so that the host makes the very same features for training. Moisture is in hundredths of a
percent by volume, water in hundredths of mm, time in minutes since 1970 (UTC).
"""

from picket.compat import const
from picket.soil import climate
from picket.soil.air import Air
from picket.soil.drift import EITHER, FIRST, SECOND, Drift
from picket.soil.probe import APART, DRIFT, Probe

FEATURES = const(17)
NO_RAIN_KNOWN = const(1000)  # feature: age of a forecast that there is none of

_DAY_MIN = const(1440)
_DAY_BEGINS_MIN = const(300)  # local time: the field's day begins before the sun's
_LONGEST_GAP_MIN = const(2880)  # after which nothing of the past is known

_ONE = const(16)  # the estimate's steps in a hundredth of a percent
# Kalman filter, variances in (hundredths of a percent) squared.
_PROBE_VARIANCE = const(900)  # 0.3 %: noise from reading to reading
_BALANCE_VARIANCE = const(20)  # what an hour of the expected balance adds
_UNKNOWN_VARIANCE = const(2500)  # 0.5 %: after rain or watering
_FAR = const(350)  # two probes that move apart this far at once don't say the same any more
_SURGE = const(120)  # both moved together: it rained
_DOUBTS = const(6)
_GAP_SHIFT = const(6)  # the usual distance of the probes is learned over 64 readings
_WIDEST_GAP = const(1200)

_STILL = const(60)  # rise within a day that is no water coming in
_WET_DAYS = const(2)  # the day on which water came, and the next, on which it may still drain
_COUNTED = const(6)  # readings of a probe in a day that counts
_DEMAND_SHIFT = const(3)  # the crop's own coefficient is learned over eight dry days
_LEAST_ET0 = const(100)  # of less than 1 mm a day nothing is learned
_DEMAND_LOW, _DEMAND_HIGH = const(20), const(150)  # percent


class Field:
    """section: "soil" of the configuration.

    moisture, avail: water by volume, and as thousandths of what plants can reach between wilting point and field
    capacity. trust: probes that can be counted on, 0 to 2; with none of them no decision must be made. given_mm100: to
    be added to by whoever gives water; the next reading takes it into account.
    """

    KEPT = (
        "minute", "estimate", "variance", "gap", "day", "demand_q3", "et0", "first_sum", "first_count", "second_sum",
        "second_count", "first_day", "second_day", "had_first", "had_second", "lowest", "wet", "today", "yesterday",
        "known_days", "decided", "given_mm100",
    )  # fmt: skip

    def __init__(self, section):
        self.capacity = section["field_permille"] * 10
        self.wilting = section["wilting_permille"] * 10
        self.root_mm = section["root_mm"]
        self.comfort = 1000 - 10 * section["depletion_pct"]
        self.reach_mm10 = (self.capacity - self.wilting) * self.root_mm // 1000  # tenths of mm: TAW of FAO-56
        self._latitude = section["latitude_deg"]
        self.offset_min = section["utc_offset_min"]
        self.probes = (
            Probe(section["dry_mv"], section["wet_mv"]),
            Probe(section["dry2_mv"], section["wet2_mv"]),
        )
        self.air = Air()
        self.drift = Drift()
        for name in self.KEPT:
            setattr(self, name, 0)
        self.demand_q3 = section["crop_pct"] << _DEMAND_SHIFT
        self.variance = -1  # nothing is known yet
        self.trust = 0

    # What the outside does.

    def sense(self, minute, frame):
        """Take the readings of a moment.

        frame: int16 millivolts of both probes, hundredths of a degree, hundredths of a percent, lux by four, ABSENT
        where there is none.
        """
        local = minute + self.offset_min - _DAY_BEGINS_MIN
        day = local // _DAY_MIN
        if self.minute and not 0 <= minute - self.minute <= _LONGEST_GAP_MIN:
            self.variance = -1
            self.had_first = self.had_second = self.known_days = 0
            self.drift.forget()
        if day != self.day:
            self._end_day(day)
        self.air.read(minute, frame[2], frame[3], frame[4])
        self._predict(minute)
        self._correct(minute, frame)
        self.minute = minute
        self.trust = self.probes[0].works(minute) + self.probes[1].works(minute)

    @property
    def moisture(self):
        return self.estimate // _ONE

    @property
    def demand(self):
        """The crop's coefficient in percent, as far as it has been learned."""
        return (self.demand_q3 + (1 << _DEMAND_SHIFT - 1)) >> _DEMAND_SHIFT

    @property
    def avail(self):
        return (self.moisture - self.wilting) * 1000 // (self.capacity - self.wilting)

    def features(self, out, forecast):
        """Fill `out`, float32 of FEATURES whole numbers from -1000 to 1000. forecast: as `Forecast.seen_from` gives
        it, or None. Call it after `sense`, while `trust` is not 0."""
        reach = self.reach_mm10
        avail = self.avail
        daily = self._daily_loss() * 1000 // (self.capacity - self.wilting)
        age, pct, mm10, later_pct, later_mm10 = forecast or (_DAY_MIN * 2, 0, 0, 0, 0)
        margin = avail - self.comfort
        rain = mm10 * 1000 // reach
        later = later_mm10 * 1000 // reach
        air = self.air
        local = (self.minute + self.offset_min) % _DAY_MIN
        values = (
            avail,
            margin * 2,
            (margin - daily) * 2,
            (margin - daily + rain * pct // 100) * 2,
            (margin - 2 * daily + (rain * pct + later * later_pct) // 100) * 2,
            daily * 4,
            (avail - self.yesterday) * 4 if self.known_days >= 2 else 0,
            pct * 10,
            rain * 2,
            later_pct * 10,
            later * 2,
            NO_RAIN_KNOWN * age // (2 * _DAY_MIN),
            1000 if local >= _DAY_MIN // 2 else -1000,
            (air.mean_c10 - 150) * 5,
            air.humidity,
            air.light,
            self.reach_mm10 - 500,
        )
        for i in range(FEATURES):
            out[i] = min(1000, max(-1000, values[i]))

    def findings(self):
        """Flags of the last readings: first and second probe, air, light."""
        return self.probes[0].flags, self.probes[1].flags, self.air.air_flags, self.air.light_flags

    def parts(self):
        """What has to outlive a sleep (see `memory`); call `woke` once it has come back."""
        return self, self.probes[0], self.probes[1], self.air, self.drift

    def woke(self):
        self.trust = self.probes[0].works(self.minute) + self.probes[1].works(self.minute)

    # Fusion: a Kalman filter of one number.

    def _predict(self, minute):
        if self.variance < 0:
            return
        passed = minute - self.minute
        self.estimate -= self._daily_loss() * _ONE * passed // _DAY_MIN
        self.variance += _BALANCE_VARIANCE * passed // 60
        if self.given_mm100:
            self.estimate += self.given_mm100 * 100 * _ONE // self.root_mm
            self.given_mm100 = 0
            self.variance += _UNKNOWN_VARIANCE
            self.wet = _WET_DAYS
        self.variance = min(self.variance, 40000)

    def _correct(self, minute, frame):
        one, two = self.probes
        first = one.read(minute, frame[0], self.air.soil_c10) and not one.flags & DRIFT
        second = two.read(minute, frame[1], self.air.soil_c10) and not two.flags & DRIFT
        if first and second:
            self._both(minute, one, two)
        elif first or second:
            self._one(minute, one if first else two, 1 if first else -1)
        if one.good_min == minute:
            self.first_sum += one.vwc
            self.first_count += 1
        if two.good_min == minute:
            self.second_sum += two.vwc
            self.second_count += 1
        if self.moisture > self.lowest + _STILL:
            self.wet = _WET_DAYS
        self.lowest = min(self.lowest, self.moisture)

    def _both(self, minute, one, two):
        if self.variance < 0:
            if abs(one.vwc - two.vwc) > _WIDEST_GAP:
                one.doubt(_DOUBTS)
                two.doubt(_DOUBTS)
                return
            self.gap = one.vwc - two.vwc
            self._begin((one.vwc + two.vwc) // 2)
        off_one = one.vwc - self.gap // 2 - self.moisture
        off_two = two.vwc + self.gap // 2 - self.moisture
        near = min(abs(off_one), abs(off_two))
        if abs(off_one - off_two) > _FAR + (near // 2 if (off_one > 0) == (off_two > 0) else 0):
            # One of them has left the other: the one that the balance understands is right.
            nearer = off_one if abs(off_one) < abs(off_two) else off_two
            right, wrong = (one, two) if nearer == off_one else (two, one)
            wrong.doubt(_DOUBTS)
            if abs(nearer) > _FAR // 2:
                right.doubt(_DOUBTS)
                return
            self._update(nearer)
            right.confirm(minute)
            return
        if abs(off_one + off_two) > 2 * _SURGE:
            self.variance = max(self.variance, _UNKNOWN_VARIANCE)
        self._update(off_one)
        self._update(two.vwc + self.gap // 2 - self.moisture)
        one.confirm(minute)
        two.confirm(minute)
        gap = self.gap + ((one.vwc - two.vwc - self.gap) >> _GAP_SHIFT)
        self.gap = min(_WIDEST_GAP, max(-_WIDEST_GAP, gap))

    def _one(self, minute, probe, sign):
        if self.variance < 0:
            self.gap = 0
            self._begin(probe.vwc)
        off = probe.vwc - sign * (self.gap // 2) - self.moisture
        if off < -_FAR:
            probe.doubt(_DOUBTS)  # soil does not lose so much at once
            return
        if off > _SURGE:
            self.variance = max(self.variance, _UNKNOWN_VARIANCE)
        self._update(off)
        probe.confirm(minute)

    def _begin(self, vwc):
        self.estimate = vwc * _ONE
        self.variance = _UNKNOWN_VARIANCE

    def _update(self, off):
        total = self.variance + _PROBE_VARIANCE
        self.estimate += off * _ONE * self.variance // total
        self.variance -= self.variance * self.variance // total

    # Days: the expected balance, what the crop takes of it, and drift.

    def _daily_loss(self):
        """Expected loss of a day: crop coefficient times reference evapotranspiration, less under stress (FAO-56,
        equations 81 and 84)."""
        loss = self.et0 * self.demand // self.root_mm
        avail = self.avail
        return loss if avail >= self.comfort else loss * max(avail, 0) // self.comfort

    def _end_day(self, day):
        self.air.end_day()
        radiation = climate.radiation_mm10(self._latitude, day)
        self.et0 = climate.reference_mm100(self.air.mean_c10, self.air.range_c10, radiation)
        first, second = self._changes(day == self.day + 1)
        if first is not None or second is not None:
            self._judge(first, second)
        self.wet = max(0, self.wet - 1)
        self.lowest = self.moisture
        self.yesterday, self.today = self.today, self.avail
        self.known_days = min(self.known_days + 1, 2) if self.variance >= 0 else 0
        self.day = day

    def _changes(self, consecutive):
        """How both probes' means differ from those of the day before; None where a mean is missing."""
        first = second = None
        had_first, self.had_first = self.had_first, int(self.first_count >= _COUNTED)
        had_second, self.had_second = self.had_second, int(self.second_count >= _COUNTED)
        if self.had_first:
            mean = self.first_sum // self.first_count
            if had_first and consecutive:
                first = mean - self.first_day
            self.first_day = mean
        if self.had_second:
            mean = self.second_sum // self.second_count
            if had_second and consecutive:
                second = mean - self.second_day
            self.second_day = mean
        self.first_sum = self.second_sum = self.first_count = self.second_count = 0
        return first, second

    def _judge(self, first, second):
        one, two = self.probes
        expected = None if self.wet else -self._daily_loss()
        if one.flags & APART:
            return  # what was learned since they parted can't settle it any more
        if first is not None and second is not None:
            found = self.drift.pair(first, second, expected)
            if found == FIRST:
                one.flags |= DRIFT
            elif found == SECOND:
                two.flags |= DRIFT
            elif found == EITHER:
                one.flags |= APART
                two.flags |= APART
            self._learn((first + second) // 2)
            return
        change = second if first is None else first
        if self.drift.alone(change, expected):
            (two if first is None else one).flags |= DRIFT
        self._learn(change)

    def _learn(self, change):
        """The crop's coefficient, from a dry day without stress; not while a probe is suspected of drifting."""
        if self.wet or self.avail < self.comfort or self.et0 < _LEAST_ET0 or self.drift.suspicious:
            return
        seen = min(_DEMAND_HIGH, max(_DEMAND_LOW, -change * self.root_mm // self.et0))
        self.demand_q3 += seen - self.demand
