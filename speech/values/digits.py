"""Digit strings as people say them: "four two seven", "forty two seventy one", "double oh"."""

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

_HOMOPHONES = {"for": "4", "fore": "4", "to": "2", "too": "2", "ate": "8", "won": "1", "tree": "3"}
"""Words that a recogniser writes for digits; believed only where all around are digits."""

_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_JOINTS = frozenset({"and", "then", "dash", "hyphen", "comma", "space"})
"""Words between two digits that mean nothing."""

_LEAD_INS = frozenset(
    "my the account number is it it's its that's that would be hi hello hey yes yeah yep sure okay "
    "ok well so pin code passcode zip i'm i think have a this here here's customer id so it'll "
    "digits be".split()
)
"""Words that may stand before a number without casting doubt on it."""


def parse_digits(text: str, length: int | None) -> Value:
    """The digits said in one reading.

    A correction restarts the number: what follows it must be whole. A number said twice alike
    counts once. Without `length` any run of digits will do, if it can be read in one way only.
    """
    words = without_fillers(tokens(text))
    *before, last = split_corrections(words)
    lead, number, tail = _cut(last)
    if not number or not set(tail) <= POLITE:
        return Value(rest=text)
    if before and length is None:
        return Value(rest=text)
    found = {candidate for candidate in _readings(tuple(number)) if candidate}
    fitting = {whole for candidate in found if (whole := _fit(candidate, length))}
    if len(fitting) != 1:
        return Value(rest=text)
    unknown = [word for word in lead if word not in _LEAD_INS]
    if unknown and length is None:
        return Value(rest=text)
    confidence = 1.0
    if before:
        confidence *= 0.8
    if unknown:
        confidence *= 0.8
    if any(word in _HOMOPHONES for word in number):
        confidence *= 0.7
    if fitting.isdisjoint(found):
        confidence *= 0.9
    value = fitting.pop()
    if len(number) >= 6 and number[: len(number) // 2] == number[len(number) // 2 :]:
        # "four two seven, four two seven" may be a number begun twice and not ended.
        confidence *= 0.6
    return Value(value=value, confidence=confidence, rest=" ".join(unknown))


def _cut(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The words before the number, the number, the words after."""
    first = next((i for i in range(len(words)) if _begins(words, i)), None)
    if first is None:
        return words, [], []
    while first and words[first - 1] in _HOMOPHONES:
        first -= 1
    end = first
    while end < len(words) and (
        _is_number(words[end]) or words[end] in _HOMOPHONES or words[end] in _JOINTS
    ):
        end += 1
    number = words[first:end]
    tail = words[end:]
    while number[-1] in _JOINTS:
        tail.insert(0, number.pop())
    return words[:first], [word for word in number if word not in _JOINTS], tail


def _begins(words: list[str], at: int) -> bool:
    """Whether a number begins here; "oh, it's four two ..." does not begin with a zero."""
    if words[at] in {"oh", "o"} and at + 1 < len(words):
        return _is_number(words[at + 1]) or words[at + 1] in _HOMOPHONES
    return _is_number(words[at])


def _is_number(word: str) -> bool:
    return (
        word.isdigit()
        or word in ZERO
        or word in ONES
        or word in TENS
        or word in _REPEATS
        or word in {"hundred", "thousand"}
    )


def _readings(words: tuple[str, ...]) -> set[str]:
    """Every digit string that the words can mean."""
    if "thousand" in words:
        return {str(value)} if (value := _cardinal(list(words))) is not None else set()
    strings = {""}
    at = 0
    while at < len(words):
        heads, used = _head(words, at)
        strings = {string + head for string in strings for head in heads}
        at += used
    return strings


def _head(words: tuple[str, ...], at: int) -> tuple[set[str], int]:
    """What the words at a place mean, and how many of them; no meaning for "double" alone."""
    word = words[at]
    if word in _REPEATS:
        digit = _digit(words[at + 1]) if at + 1 < len(words) else None
        return ({digit * _REPEATS[word]} if digit else set()), 2
    if word == "hundred":
        return set(), 1
    if (digit := _digit(word)) is not None:
        if at + 1 < len(words) and words[at + 1] == "hundred" and digit != "0":
            return _hundreds(words, at + 2, digit)
        return {digit}, 1
    if word.isdigit():
        return {word}, 1
    value, used = below_hundred(list(words), at)[0]
    return {str(value)}, used


def _hundreds(words: tuple[str, ...], at: int, digit: str) -> tuple[set[str], int]:
    """Both ways to hear "four hundred twenty": 420, and 400 and then 20."""
    ways = [(v, n) for v, n in below_hundred(list(words), at)[:1] if v and not words[at].isdigit()]
    if not ways:
        return {f"{digit}00"}, 2
    value, used = ways[0]
    return {f"{digit}{value:02}", f"{digit}00{value}"}, 2 + used


def _digit(word: str) -> str | None:
    if word in ZERO:
        return "0"
    if word in _HOMOPHONES:
        return _HOMOPHONES[word]
    if word.isdigit() and len(word) == 1:
        return word
    value = ONES.get(word, 10)
    return str(value) if value < 10 else None


def _cardinal(words: list[str]) -> int | None:
    """One whole number: "four hundred twenty seven thousand one hundred ninety three"."""
    split = words.index("thousand")
    thousands = _below_thousand(words[:split])
    units = _below_thousand(words[split + 1 :]) if words[split + 1 :] else 0
    if not thousands or units is None:
        return None
    return thousands * 1000 + units


def _below_thousand(words: list[str]) -> int | None:
    total = 0
    if len(words) > 1 and words[1] == "hundred" and 1 <= ONES.get(words[0], 0) <= 9:
        total, words = ONES[words[0]] * 100, words[2:]
        if not words:
            return total
    for value, used in below_hundred(words, 0):
        if used == len(words) and value:
            return total + value
    return None


def _fit(digits: str, length: int | None) -> str | None:
    """The digits where they have the length; once, where the number was said or begun twice."""
    if length is None or len(digits) == length:
        return digits
    extra, whole = digits[:-length], digits[-length:]
    if 3 <= len(extra) <= length and whole.startswith(extra):
        return whole
    return None
