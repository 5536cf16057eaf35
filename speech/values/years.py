"""Years as people say them: "nineteen eighty four", "two thousand and one", "oh five", "ninety"."""

from collections.abc import Iterator

from speech.values.words import ONES, ZERO, below_hundred

_CENTURIES = (19, 20)
_UNFINISHED = frozenset(_CENTURIES)
""""nineteen" alone is more likely the beginning of "nineteen eighty four" than the year 2019."""


def years(words: list[str], at: int) -> Iterator[tuple[int, int]]:
    """Ways to read a year at a place: (year, place after); below 100 where only two figures came.

    A year of two figures is never taken from a single digit ("four"), and never from "nineteen" or
    "twenty", which are the beginning of a longer year.
    """
    if at >= len(words):
        return
    word = words[at]
    if word.isdigit() and len(word) == 4:
        yield int(word), at + 1
    if word.isdigit() and len(word) == 2:
        yield int(word), at + 1
    yield from _thousands(words, at)
    yield from _two_figures(words, at)
    for century, used in below_hundred(words, at):
        if century in _CENTURIES:
            yield from _within(century, words, at + used)
    yield from _figure_by_figure(words, at)


def _thousands(words: list[str], at: int) -> Iterator[tuple[int, int]]:
    """Read "two thousand", "two thousand and one", "two thousand twelve"."""
    if words[at : at + 2] != ["two", "thousand"]:
        return
    yield 2000, at + 2
    after = at + 3 if words[at + 2 : at + 3] == ["and"] else at + 2
    for value, used in below_hundred(words, after):
        if value:
            yield 2000 + value, after + used


def _within(century: int, words: list[str], at: int) -> Iterator[tuple[int, int]]:
    """What follows "nineteen": "eighty four", "oh four", "hundred", "hundred and four"."""
    if words[at : at + 1] == ["hundred"]:
        yield century * 100, at + 1
        at = at + 2 if words[at + 1 : at + 2] == ["and"] else at + 1
        for value, used in below_hundred(words, at):
            if value:
                yield century * 100 + value, at + used
        return
    for value, after in _two_figures(words, at, any_ten=True):
        yield century * 100 + value, after


def _two_figures(words: list[str], at: int, *, any_ten: bool = False) -> Iterator[tuple[int, int]]:
    """Read "eighty four" and "oh four"."""
    if at + 1 < len(words) and words[at] in ZERO | {"0"} and 1 <= _figure(words[at + 1]) <= 9:
        yield _figure(words[at + 1]), at + 2
    for value, used in below_hundred(words, at):
        spoken = not words[at].isdigit()
        if value >= 10 and spoken and (any_ten or value not in _UNFINISHED):
            yield value, at + used


def _figure_by_figure(words: list[str], at: int) -> Iterator[tuple[int, int]]:
    """Read "one nine eight four"."""
    figures = [_figure(word) for word in words[at : at + 4]]
    if len(figures) == 4 and all(0 <= figure <= 9 for figure in figures):
        year = int("".join(map(str, figures)))
        if year // 100 in _CENTURIES:
            yield year, at + 4


def _figure(word: str) -> int:
    """A single figure, or -1."""
    if word in ZERO:
        return 0
    if word.isdigit():
        return int(word) if len(word) == 1 else -1
    return ONES.get(word, -1) if ONES.get(word, 10) < 10 else -1
