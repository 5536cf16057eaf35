"""Dates of birth as people say them: "march twelfth nineteen eighty four", "three twelve 84"."""

import re
from collections.abc import Iterator
from datetime import date

from speech.values.value import Value
from speech.values.words import (
    ONES,
    ORDINALS,
    POLITE,
    TENS,
    ZERO,
    below_hundred,
    split_corrections,
    tokens,
    without_fillers,
)
from speech.values.years import years

_NAMES = (
    "january february march april may june july august september october november december".split()
)
MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
"""Months by name, and by the short forms that people write."""
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}

_OLDEST_YEARS = 120
"""Nobody on the line was born longer ago."""

_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_NOISE = frozenset({"the", "in", "on", "year", "day", "/", ".", *_WEEKDAYS})
"""Words between the parts of a date that do not change it."""

_Part = tuple[int, int]
"""A part's value, and the place after it."""


def parse_date(text: str, today: date, locale: str) -> Value:
    """The ISO date in one reading; None where it can mean two days, or lies after `today`.

    Years of two figures mean the latest such year that is past. `locale` decides "three twelve":
    month first in en-US, day first in en-GB.
    """
    *before, last = split_corrections(without_fillers(tokens(text)))
    first = next((i for i, word in enumerate(last) if _is_part(word)), len(last))
    words, lead = last[first:], last[:first]
    while words and words[-1] in POLITE:
        words.pop()
    words = [word for word in _plain(words) if word not in _NOISE]
    if len(words) > 1 and words[0] == "oh" and words[1] in MONTHS:
        words = words[1:]
    spoken = " ".join(words)
    found = {day for day in _dates(words, today, locale) if _possible(day, today)}
    if len(found) != 1:
        return Value(rest=text)
    confidence = 0.8 if before else 1.0
    if re.search(r"(ty|hundred|thousand)$", spoken):
        # "nineteen eighty" may be "nineteen eighty four" cut short.
        confidence *= 0.9
    rest = " ".join(word for word in lead if word not in _LEAD_INS)
    if rest and MONTHS.keys().isdisjoint(words):
        # "hello are seven nine thirty six" is more often something else, misheard.
        return Value(rest=text)
    return Value(value=found.pop().isoformat(), confidence=confidence, rest=rest)


_LEAD_INS = _WEEKDAYS | frozenset(
    "my date of birth birthday is it's its it was i born on that's the in i'm yes sure okay ok "
    "well so hi hello and".split()
)


def _is_part(word: str) -> bool:
    return (
        word.isdigit()
        or word in MONTHS
        or word in ONES
        or word in TENS
        or word in ZERO
        or word in ORDINALS
    )


def _plain(words: list[str]) -> list[str]:
    """Without the endings of "12th", and with "1984-03-12" and "031284" cut into their parts."""
    plain: list[str] = []
    for word in words:
        if word in {"st", "nd", "rd", "th"} and plain and plain[-1].isdigit():
            continue
        if word.isdigit() and len(word) in {6, 8}:
            plain += [word[:2], word[2:4], word[4:]]
        else:
            plain.append(word)
    return plain


def _possible(day: date, today: date) -> bool:
    return today.year - _OLDEST_YEARS <= day.year and day <= today


def _dates(words: list[str], today: date, locale: str) -> Iterator[date]:
    """Every date that the words, all of them, can mean."""
    end = len(words)
    orders = [_day_month, _month_day]
    for order in orders:
        for day, month, at in order(words, 0, locale):
            at_year = at + 1 if words[at : at + 1] == ["of"] else at
            for year, after in years(words, at_year):
                if after == end:
                    yield from _build(year, month, day, today)
    for year, at in years(words, 0):
        if year < 100:
            continue
        for order in orders:
            # A year first is followed by the month, everywhere.
            for day, month, after in order(words, at, "year-first"):
                if after == end:
                    yield from _build(year, month, day, today)
    if figures := _one_by_one(words):
        first, second, year = int(figures[:2]), int(figures[2:4]), int(figures[4:])
        day, month = (first, second) if locale == "en-GB" else (second, first)
        yield from _build(year, month, day, today)


def _build(year: int, month: int, day: int, today: date) -> Iterator[date]:
    centuries = (today.year // 100 * 100, today.year // 100 * 100 - 100)
    for full in (centuries[0] + year, centuries[1] + year) if year < 100 else (year,):
        try:
            built = date(full, month, day)
        except ValueError:
            continue
        if built <= today:
            yield built
            return


def _month_day(words: list[str], at: int, locale: str) -> Iterator[tuple[int, int, int]]:
    """Read "march twelfth", and "three twelve" where months go first: (day, month, place after)."""
    for month, after in _month(words, at, spoken_as_number=locale != "en-GB"):
        for day, end in _day(words, after):
            yield day, month, end


def _day_month(words: list[str], at: int, locale: str) -> Iterator[tuple[int, int, int]]:
    """Read "twelfth of march", "third of the twelfth", and "twelve three" where days go first."""
    for day, after in _day(words, at):
        if words[after : after + 1] == ["of"]:
            if words[after + 1 : after + 2] and (ordinal := _ordinal(words, after + 1)):
                yield day, *ordinal[0]
            for month, end in _month(words, after + 1, spoken_as_number=True):
                yield day, month, end
        else:
            for month, end in _month(words, after, spoken_as_number=locale == "en-GB"):
                yield day, month, end


def _month(words: list[str], at: int, *, spoken_as_number: bool) -> Iterator[_Part]:
    if at < len(words) and words[at] in MONTHS:
        yield MONTHS[words[at]], at + 1
    elif spoken_as_number:
        for value, after in _number(words, at):
            if value <= 12:
                yield value, after


def _day(words: list[str], at: int) -> Iterator[_Part]:
    """A day of the month: an ordinal or a number."""
    yield from _ordinal(words, at)
    yield from _number(words, at)


def _number(words: list[str], at: int) -> Iterator[_Part]:
    """1 to 31, or "oh three"."""
    if at + 1 < len(words) and words[at] in ZERO | {"0"}:
        for value, used in below_hundred(words, at + 1):
            if 1 <= value <= 9:
                yield value, at + 1 + used
        return
    for value, used in below_hundred(words, at):
        if 1 <= value <= 31:
            yield value, at + used


def _ordinal(words: list[str], at: int) -> list[_Part]:
    if at < len(words) and words[at] in ORDINALS:
        return [(ORDINALS[words[at]], at + 1)]
    if at + 1 < len(words) and words[at] in TENS and 1 <= ORDINALS.get(words[at + 1], 0) <= 9:
        return [(TENS[words[at]] + ORDINALS[words[at + 1]], at + 2)]
    return []


def _one_by_one(words: list[str]) -> str | None:
    """Read "oh three one two eight four": six or eight digits, each said alone."""
    if len(words) not in {6, 8}:
        return None
    figures = ""
    for word in words:
        value = 0 if word in ZERO else ONES.get(word, int(word) if word.isdigit() else 10)
        if value > 9:
            return None
        figures += str(value)
    return figures
