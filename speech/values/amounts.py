"""Amounts of money as people say them: "eighty four dollars and twenty cents", "84.20"."""

from speech.values.value import Value
from speech.values.words import (
    ONES,
    POLITE,
    TENS,
    ZERO,
    below_hundred,
    split_corrections,
    tokens,
    without_fillers,
)

_UNITS = frozenset({"dollar", "dollars", "buck", "bucks"})
_CENTS = frozenset({"cent", "cents"})
_SCALES = {"hundred": 100, "thousand": 1000}


def parse_amount(text: str) -> Value:
    """Cents, as a string of figures, in one reading.

    "five ninety nine" is 5.99 or 599: with no currency word three numbers in a row give nothing.
    """
    *before, words = split_corrections(without_fillers(tokens(text)))
    first = next((i for i, _ in enumerate(words) if _begins(words, i)), len(words))
    words = words[first:]
    while words and words[-1] in POLITE:
        words.pop()
    cents, confidence = _cents([word for word in words if word != "$"])
    if cents is None:
        return Value(rest=text)
    if words[0] == "$":
        confidence = 1.0
    return Value(value=str(cents), confidence=confidence * (0.8 if before else 1.0))


def _begins(words: list[str], at: int) -> bool:
    word = words[at]
    return (
        word in {"$", "point"}
        or word.isdigit()
        or word in ONES
        or word in TENS
        or word == "zero"
        or (word == "a" and words[at + 1 : at + 2] in (["hundred"], ["thousand"], ["dollar"]))
    )


def _cents(words: list[str]) -> tuple[int | None, float]:
    unit = next((i for i, word in enumerate(words) if word in _UNITS), None)
    if unit is not None:
        dollars = _dollars(words[:unit])
        rest = [word for word in words[unit + 1 :] if word != "and"]
        if rest and rest[-1] in _CENTS:
            rest = rest[:-1]
            if not rest:
                return None, 0.0
        part = _below_hundred(rest) if rest else 0
        if dollars is None or part is None:
            return None, 0.0
        return dollars + part, 1.0
    if words and words[-1] in _CENTS:
        part = _below_hundred(words[:-1])
        return part, 1.0
    return _without_unit(words)


def _without_unit(words: list[str]) -> tuple[int | None, float]:
    """No currency: "eighty four", "eighty four twenty", "84.20", "eighty four point two oh"."""
    if (whole := _dollars(words)) is not None:
        return whole, 0.8
    fits: set[int] = set()
    for value, used in below_hundred(words, 0):
        cents = _below_hundred(words[used:])
        if value and cents is not None and cents >= 10:
            fits.add(value * 100 + cents)
    return (fits.pop(), 0.7) if len(fits) == 1 and not _may_be_hundreds(words) else (None, 0.0)


def _may_be_hundreds(words: list[str]) -> bool:
    """Whether it may be 599 as well as 5.99 ("five ninety nine"), or 520 as well as 5.20."""
    return 1 <= ONES.get(words[0], 0) <= 9


def _dollars(words: list[str]) -> int | None:
    """Cents of "eighty four", "84.20", "one thousand two hundred", "84 point two oh"."""
    point = next((i for i, word in enumerate(words) if word in {".", "point"}), None)
    if point is None:
        number = _cardinal(words)
        return None if number is None else number * 100
    whole = _cardinal(words[:point])
    fraction = _fraction(words[point + 1 :])
    return None if whole is None or fraction is None else whole * 100 + fraction


def _fraction(words: list[str]) -> int | None:
    if len(words) == 1 and words[0].isdigit() and len(words[0]) <= 2:
        return int(words[0].ljust(2, "0"))
    figures = [0 if word in ZERO else ONES.get(word, 10) for word in words]
    if 1 <= len(figures) <= 2 and all(figure < 10 for figure in figures):
        return int("".join(map(str, figures)).ljust(2, "0"))
    value = _below_hundred(words)
    return value if value is not None and value >= 10 else None


def _below_hundred(words: list[str]) -> int | None:
    return next((v for v, used in below_hundred(words, 0) if used == len(words)), None)


def _cardinal(words: list[str]) -> int | None:
    """A whole number said in one way only: "one hundred and five", "twelve hundred", "84"."""
    if len(words) == 1 and words[0].isdigit():
        return int(words[0])
    if words and words[0] == "a":
        words = ["one", *words[1:]]
    for scale, size in reversed(_SCALES.items()):
        if scale in words:
            at = words.index(scale)
            head = _cardinal(words[:at])
            tail = [word for word in words[at + 1 :] if word != "and"]
            rest = _cardinal(tail) if tail else 0
            if not head or rest is None or rest >= size:
                return None
            return head * size + rest
    return _below_hundred(words)
