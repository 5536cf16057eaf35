"""Written text as it is read aloud: amounts, dates, numbers, telephone numbers."""

import re
from datetime import date

from num2words import num2words

_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_MONTH = "|".join(_MONTHS)
_DIGITS = "zero one two three four five six seven eight nine".split()

_LONG = 5
"""A bare whole number of this many figures is read figure by figure: it is a reference."""

_SYMBOLS = {"&": " and ", "@": " at ", "\N{EM DASH}": ", ", "\N{EN DASH}": " to "}


def spoken(text: str) -> str:
    """The text in the words that the voice says; what needs no change stays as it is."""
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    for symbol, words in _SYMBOLS.items():
        text = text.replace(symbol, words)
    return re.sub(r"\s+([,.!?;:])", r"\1", re.sub(r"\s+", " ", text)).strip()


def digit_by_digit(digits: str) -> str:
    """Figures in groups with a short pause between: "427193" is "four two seven, one nine three".

    Groups have three figures; a rest of one goes with the last group, and ten figures go 3-3-4 as
    telephone numbers do.
    """
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = ["".join(groups[-2:])]
    return ", ".join(" ".join(_DIGITS[int(figure)] for figure in group) for group in groups)


def _number(value: int | str) -> str:
    """A cardinal in American words, without commas: they would be heard as pauses."""
    return str(num2words(int(value))).replace(",", "").replace(" and ", " ")


def _ordinal(value: int | str) -> str:
    return str(num2words(int(value), to="ordinal"))


def _year(value: int) -> str:
    return str(num2words(value, to="year")).replace(" and ", " ")


def _plural(value: int, unit: str) -> str:
    return f"{_number(value)} {unit}{'' if value == 1 else 's'}"


def _amount(match: re.Match[str]) -> str:
    dollars = int(match["dollars"].replace(",", ""))
    cents = int((match["cents"] or "").ljust(2, "0"))
    parts = [_plural(dollars, "dollar")] if dollars or not cents else []
    parts += [_plural(cents, "cent")] if cents else []
    return ("minus " if match["minus"] else "") + " and ".join(parts)


def _iso_date(match: re.Match[str]) -> str:
    try:
        day = date.fromisoformat(match[0])
    except ValueError:
        return match[0]
    return f"{_MONTHS[day.month - 1]} {_ordinal(day.day)}, {_year(day.year)}"


def _named_date(match: re.Match[str]) -> str:
    year = f", {_year(int(match['year']))}" if match["year"] else ""
    return f"{match['month']} {_ordinal(match['day'])}{year}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    half = f" {match[3].replace('.', '').upper()}" if match[3] else ""
    if minute == 0:
        return _number(hour) + (half or " o'clock")
    return f"{_number(hour)} {'oh ' if minute < 10 else ''}{_number(minute)}{half}"


def _telephone(match: re.Match[str]) -> str:
    country = f"plus {_number(match['country'])}, " if match["country"] else ""
    return country + digit_by_digit(match["area"] + match["exchange"] + match["line"])


def _percent(match: re.Match[str]) -> str:
    return f"{_decimal(match[1])} percent"


def _decimal(text: str) -> str:
    whole, _, fraction = text.partition(".")
    figures = " ".join(_DIGITS[int(figure)] for figure in fraction)
    return _number(whole) + (f" point {figures}" if figures else "")


def _whole(match: re.Match[str]) -> str:
    figures = match[0]
    if len(figures) >= _LONG or (figures.startswith("0") and len(figures) > 1):
        return digit_by_digit(figures)
    return _number(figures)


_RULES = (
    (
        re.compile(
            r"(?P<minus>-)?\$(?P<dollars>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<cents>\d\d?))?(?![\d,]\d)"
        ),
        _amount,
    ),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), _iso_date),
    (
        re.compile(
            rf"\b(?P<month>{_MONTH}) (?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
            r"(?:,? (?P<year>(?:19|20)\d\d))?\b"
        ),
        _named_date,
    ),
    (
        re.compile(
            rf"\b(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
            r"(?:,? (?P<year>(?:19|20)\d\d))?\b"
        ),
        _named_date,
    ),
    (re.compile(r"\b(\d{1,2}):([0-5]\d)(?: ?([ap]\.?m\b\.?))?", re.IGNORECASE), _time),
    (
        re.compile(r"\b(\d{1,2}) ?([ap])\.?m\b\.?", re.IGNORECASE),
        lambda m: f"{_number(m[1])} {m[2].upper()}M",
    ),
    (
        re.compile(
            r"(?:(?<!\d)\+(?P<country>1)[ -]?|(?<!\w))\(?(?P<area>\d{3})\)?[ -]?"
            r"(?P<exchange>\d{3})[ -]?(?P<line>\d{4})\b"
        ),
        _telephone,
    ),
    (
        re.compile(r"\b(ending (?:in|with)) (\d+)\b"),
        lambda m: f"{m[1]} {digit_by_digit(m[2])}",
    ),
    (re.compile(r"(?<=\d)/(?=\d)"), lambda _: " "),
    (re.compile(r"\b(\d+(?:\.\d+)?) ?%"), _percent),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda m: _ordinal(m[1])),
    (re.compile(r"#(?=\d)"), lambda _: "number "),
    (re.compile(r"\b\d{1,3}(?:,\d{3})+\b"), lambda m: _number(m[0].replace(",", ""))),
    (re.compile(r"\b\d+\.\d+\b"), lambda m: _decimal(m[0])),
    (re.compile(r"\d+"), _whole),
)
