"""Forecasts: what is taken, how they age, and that they outlive a sleep."""

import os

from support import error_of

from picket.soil import forecast
from picket.soil.forecast import Forecast

_T = 1783123200  # seconds
_MINUTE = _T // 60


def _message(**changes):
    message = {"cmd": "forecast", "t": _T, "pct": [80, 20], "mm": [12.34, 3]}
    message.update(changes)
    return message


def test_a_fresh_forecast_is_taken_as_it_is():
    assert forecast.from_message(_message()).seen_from(_MINUTE) == (0, 80, 123, 20, 30)


def test_with_age_the_second_day_moves_up():
    taken = forecast.from_message(_message())
    assert taken.seen_from(_MINUTE + 720) == (720, 50, 76, 10, 15)
    assert taken.seen_from(_MINUTE + 1440) == (1440, 20, 30, 0, 0)
    assert taken.seen_from(_MINUTE + 2160) == (2160, 10, 15, 0, 0)


def test_a_stale_one_is_none():
    taken = forecast.from_message(_message())
    assert taken.seen_from(_MINUTE + 2880) is None
    assert taken.seen_from(_MINUTE - 1440) is None
    assert Forecast().seen_from(_MINUTE) is None


def test_clocks_that_differ_do_no_harm():
    assert forecast.from_message(_message()).seen_from(_MINUTE - 30) == (0, 80, 123, 20, 30)


def test_nonsense_is_refused():
    for changes in ({"pct": [80]}, {"pct": [80, 101]}, {"mm": [-1, 0]}, {"mm": [0, 501]}, {"mm": [float("nan"), 0]}):
        error_of(ValueError, forecast.from_message, _message(**changes))
    error_of(TypeError, forecast.from_message, _message(pct=7))
    error_of(TypeError, forecast.from_message, _message(t=None))
    message = _message()
    del message["mm"]
    error_of(KeyError, forecast.from_message, message)


def test_it_is_kept_and_read_again():
    path = "picket-test-forecast"
    try:
        assert forecast.kept(path).seen_from(_MINUTE) is None
        forecast.keep(forecast.from_message(_message()), path)
        assert forecast.kept(path).seen_from(_MINUTE) == (0, 80, 123, 20, 30)
        with open(path, "w") as file:
            file.write('[1, [2,')
        assert forecast.kept(path).seen_from(_MINUTE) is None
    finally:
        os.remove(path)


def test_a_flash_that_cannot_be_written_is_no_error():
    forecast.keep(forecast.from_message(_message()), "no-such-folder/forecast")
