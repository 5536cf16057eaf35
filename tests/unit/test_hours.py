"""When people are there."""

from datetime import datetime

import pytest

from handoff.hours import OpeningHours


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 1 + day, hour, minute)  # noqa: DTZ001  # local time; the 2nd is a Monday


def test_always_is_open():
    assert OpeningHours.parse("always").is_open(at(6, 3))


def test_office_hours():
    hours = OpeningHours.parse("mon-fri 08:00-20:30")
    assert hours.is_open(at(1, 8))
    assert hours.is_open(at(5, 20, 30))
    assert not hours.is_open(at(5, 20, 31))
    assert not hours.is_open(at(6, 12))
    assert hours.spoken == "Monday to Friday, 8 a m to 8 30 p m"


def test_a_span_may_run_over_the_weekend_and_a_day_may_stand_alone():
    assert OpeningHours.parse("sat-mon 10:00-12:00").is_open(at(7, 11))
    assert OpeningHours.parse("sun 12:00-13:00").spoken == "Sunday, 12 p m to 1 p m"


@pytest.mark.parametrize(
    "text",
    ["", "mon-fri", "xxx 08:00-09:00", "mon-xxx 08:00-09:00", "mon 09:00-08:00", "mon 25:00-26:00"],
)
def test_unreadable_hours_are_named(text):
    with pytest.raises(ValueError, match="opening hours"):
        OpeningHours.parse(text)
