"""Numbers taken out of text before it is stored or shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from speech.values.dates import MONTHS, parse_date
from speech.values.words import FILLERS, ONES, ORDINALS, TENS, ZERO

MASK = "[number]"
"""What stands for a number that was taken out."""
DATE_MASK = "[date]"
"""What stands for a date that was taken out."""

_WORD = re.compile(r"\d+|[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*")
_NUMBER = (frozenset(ONES) | frozenset(TENS) | frozenset(ORDINALS) | ZERO) - {"oh", "o"}
_WITHIN = FILLERS | frozenset(
    "oh o double triple treble hundred thousand and point dash hyphen then for to too ate won tree "
    "fore st nd rd th".split()
)
"""Belong to a number when numbers stand on both sides, or (a zero, a repeat) on one."""
_AT_THE_EDGE = frozenset({"oh", "o", "double", "triple", "treble", "hundred", "thousand"})

_SECRET = frozenset(
    "pin password passcode passphrase code card cvv cvc security social ssn credit debit".split()
)
"""After one of these a number is a secret."""
_POSSESSIVE = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}]?s$")
_REACH = 6
"""How many words may stand between such a word and its number ("my pin, let me think, is ...")."""
_CARD_DIGITS = 12
"""The shortest payment card numbers have 12 digits (ISO/IEC 7812)."""
_SOCIAL_SECURITY_DIGITS = 9

_PIN_DIGITS = frozenset({4, 10})
"""A PIN has four; said in one breath with the account number before it they are ten."""
_IDENTIFIER_DIGITS = frozenset({5, 6})
"""Order numbers have five, account numbers six."""
_LONGEST_DATE_WORDS = 14
_IN_A_DATE = frozenset({"of", "the", "in"})

_MOSTLY = 0.6
_FEWEST_NUMBERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Words that together are a number: places in the text, and in its list of words."""

    start: int
    end: int
    first_word: int
    words: tuple[str, ...]

    @property
    def one_by_one(self) -> bool:
        """Whether the figures are said or written as those of an identifier."""
        return len(self.words) == 1 or all(
            ONES.get(word, 0 if word in _AT_THE_EDGE or word in FILLERS else 10) < 10
            or (word.isdigit() and len(word) == 1)
            for word in self.words
        )

    @property
    def digits(self) -> int:
        """About how many figures it has ("forty two" has two)."""
        count = 0
        for at, word in enumerate(self.words):
            if word.isdigit():
                count += len(word)
            elif word in TENS:
                units = self.words[at + 1] if at + 1 < len(self.words) else ""
                count += 1 if 1 <= ONES.get(units, 0) <= 9 else 2
            elif word in _NUMBER or word in {"oh", "o"}:
                count += 1 if ONES.get(word, 0) < 10 else 2
            elif word in {"double", "triple", "treble"}:
                count += 1 if word == "double" else 2
            elif word in {"for", "to", "too", "ate", "won", "tree", "fore"}:
                count += 1
        return count


def is_mostly_numbers(text: str) -> bool:
    """Whether the text is a number rather than a sentence: at least three, most of the words."""
    words = [word for word in _words(text) if word not in FILLERS]
    numbers = [word for word in words if word in _NUMBER or word.isdigit() or word in {"oh", "o"}]
    long_figures = any(word.isdigit() and len(word) >= _FEWEST_NUMBERS for word in words)
    return (len(numbers) >= _FEWEST_NUMBERS or long_figures) and (
        len(numbers) >= _MOSTLY * len(words)
    )


def mask_numbers(text: str) -> str:
    """The text with every number, in words or in figures, replaced by `MASK`."""
    return _replace(text, list(_runs(text)), MASK)


def mask_secrets(text: str) -> str:
    """The text of free speech with the numbers that are likely secrets replaced by `MASK`.

    Those are numbers after a word such as "pin" or "card", numbers as long as a payment card's,
    and numbers of nine digits (social security). Short numbers elsewhere stay.
    """
    words = _words(text)
    secret: list[_Run] = []
    for run in _runs(text):
        before = words[max(0, run.first_word - _REACH) : run.first_word]
        named = any(_POSSESSIVE.sub("", word) in _SECRET for word in before)
        if named or run.digits >= _CARD_DIGITS or run.digits == _SOCIAL_SECURITY_DIGITS:
            secret.append(run)
    return _replace(text, secret, MASK)


def mask_unasked(text: str, *, today: date, locale: str) -> str:
    """The text of a caller who is not verified, without what may prove who they are.

    Besides the secrets of `mask_secrets` those are dates that can be one's birthday, and numbers as
    long as a PIN. Order and account numbers stay, if their figures are said one by one.

    Args:
        text: what was said.
        today: the caller's day; no birthday lies after it.
        locale: `en-US` or `en-GB`; decides the order of day and month.
    """
    text = _replace(text, list(_dates(text, today, locale)), DATE_MASK)
    text = mask_secrets(text)
    return _replace(text, [run for run in _runs(text) if run.digits in _PIN_DIGITS], MASK)


def _dates(text: str, today: date, locale: str) -> Iterator[_Run]:
    """The dates in the text, each as long as it can be read."""
    matches = list(_WORD.finditer(text))
    words = [match[0].lower() for match in matches]
    identifiers = {
        run.first_word + at
        for run in _runs(text)
        if run.digits in _IDENTIFIER_DIGITS and run.one_by_one
        for at in range(len(run.words))
    }
    first = 0
    while first < len(words):
        last = _date_end(words, first, identifiers, today, locale)
        if last is not None:
            yield _Run(
                start=matches[first].start(),
                end=matches[last - 1].end(),
                first_word=first,
                words=tuple(words[first:last]),
            )
        first = last or first + 1


def _date_end(
    words: list[str], first: int, identifiers: set[int], today: date, locale: str
) -> int | None:
    """The place after the longest date that begins with this word."""
    if not _is_date_word(words[first]):
        return None
    end, furthest = first, min(len(words), first + _LONGEST_DATE_WORDS)
    while end < furthest and (_is_date_word(words[end]) or words[end] in _WITHIN | _IN_A_DATE):
        end += 1
    for last in range(end, first, -1):
        window = words[first:last]
        if MONTHS.keys().isdisjoint(window):
            # Without a month's name it is a date only if no number goes on around it: "five eight
            # two one three" is an order, not the fifth of August with something after it.
            if not identifiers.isdisjoint(range(first, last)):
                continue
            if last < len(words) and _is_number(words[last]):
                continue
            if first and _is_number(words[first - 1]):
                continue
        if parse_date(" ".join(window), today, locale).value is not None:
            return last
    return None


def _is_date_word(word: str) -> bool:
    return _is_number(word) or word in MONTHS or word in {"oh", "o"}


def _words(text: str) -> list[str]:
    return [match[0].lower() for match in _WORD.finditer(text)]


def _runs(text: str) -> Iterator[_Run]:
    """The numbers in the text, each as long as it goes."""
    matches = list(_WORD.finditer(text))
    words = [match[0].lower() for match in matches]
    at = 0
    while at < len(words):
        first = at
        while at < len(words) and (words[at] in _WITHIN or _is_number(words[at])):
            at += 1
        last = at
        while first < last and not (_is_number(words[first]) or words[first] in _AT_THE_EDGE):
            first += 1
        while first < last and not (_is_number(words[last - 1]) or words[last - 1] in _AT_THE_EDGE):
            last -= 1
        if any(_is_number(word) for word in words[first:last]):
            yield _Run(
                start=matches[first].start(),
                end=matches[last - 1].end(),
                first_word=first,
                words=tuple(words[first:last]),
            )
        at += 1


def _is_number(word: str) -> bool:
    return word.isdigit() or word in _NUMBER


def _replace(text: str, runs: list[_Run], mask: str) -> str:
    for run in reversed(runs):
        text = text[: run.start] + mask + text[run.end :]
    return text
