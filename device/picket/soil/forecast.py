"""The rain forecast of the last contact: kept on flash, and aged when no newer one comes."""

import json
import os

from picket.compat import const

_PATH = "/state/forecast"
_DAY_MIN = const(1440)
_LARGEST_MM = const(500)


class Forecast:
    """Rain of two days in a row from `issued_min` (minutes since 1970, UTC) on: probability in percent, and tenths of
    mm to be expected when it rains."""

    def __init__(self, issued_min=None, percents=(0, 0), mm10=(0, 0)):
        self.issued_min = issued_min
        self.percents = percents
        self.mm10 = mm10

    def seen_from(self, minute):
        """(age in minutes, percent and tenths of mm for the next 24 hours, and for those after them), shifted by the
        age; None when it is about the past, or there is none."""
        if self.issued_min is None:
            return None
        age = minute - self.issued_min
        if not -_DAY_MIN < age < 2 * _DAY_MIN:
            return None
        age = max(age, 0)
        days, into = divmod(age, _DAY_MIN)
        percents, mm10 = self.percents, self.mm10
        return (
            age,
            _shifted(percents, days, into), _shifted(mm10, days, into),
            _shifted(percents, days + 1, into), _shifted(mm10, days + 1, into),
        )  # fmt: skip


def from_message(message):
    """Of a command {"cmd":"forecast","t":unix time,"pct":[a,b],"mm":[a,b]}; ValueError, KeyError or TypeError when it
    is none."""
    percents, amounts = message["pct"], message["mm"]
    if len(percents) != 2 or len(amounts) != 2:
        raise ValueError("forecast: not of two days")
    for percent, mm in zip(percents, amounts):  # noqa: B905 - zip() has no strict here
        if not 0 <= percent <= 100 or not 0 <= mm <= _LARGEST_MM:
            raise ValueError("forecast: out of range")
    return Forecast(
        int(message["t"]) // 60,
        tuple([int(percent) for percent in percents]),
        tuple([int(mm * 10 + 0.5) for mm in amounts]),
    )


def keep(forecast, path=_PATH):
    """Store it, unless it is there already: flash wears. A forecast is a help, so failing to store it is no error."""
    text = json.dumps([forecast.issued_min, list(forecast.percents), list(forecast.mm10)])
    try:
        if _text(path) == text:
            return
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)
    except OSError:
        pass


def kept(path=_PATH):
    """The one that was stored; an empty one when there is none."""
    try:
        issued_min, percents, mm10 = json.loads(_text(path) or "null")
        return Forecast(int(issued_min), tuple(percents), tuple(mm10))
    except (ValueError, TypeError):
        return Forecast()


def _text(path):
    try:
        with open(path) as file:
            return file.read(128)
    except OSError:
        return ""


def _shifted(days, day, into):
    here = days[day] if day < 2 else 0
    there = days[day + 1] if day + 1 < 2 else 0
    return (here * (_DAY_MIN - into) + there * into) // _DAY_MIN
