"""Whatever number or date is said in whatever style, it comes back, or nothing does."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from speech.expect import Expect
from speech.values import parse
from speech.values.words import ONES, ORDINALS, TENS

TODAY = date(2026, 11, 22)
_WORDS = {value: word for word, value in ONES.items()}
_TENS = {value: word for word, value in TENS.items() if word != "fourty"}
_ORDINALS = {value: word for word, value in ORDINALS.items()}
_MONTHS = (
    "january february march april may june july august september october november december".split()
)


def number(value: int) -> str:
    if value < 20:
        return _WORDS[value]
    return f"{_TENS[value // 10 * 10]} {_WORDS[value % 10]}" if value % 10 else _TENS[value]


def ordinal(value: int) -> str:
    if value in _ORDINALS:
        return _ORDINALS[value]
    return f"{_TENS[value // 10 * 10]} {_ORDINALS[value % 10]}"


def pair(two: str) -> str:
    return f"oh {_WORDS[int(two[1])]}" if two[0] == "0" else number(int(two))


def one_by_one(digits: str, zero: str) -> str:
    return " ".join(zero if digit == "0" else _WORDS[int(digit)] for digit in digits)


def with_repeats(digits: str) -> str:
    said, at = [], 0
    while at < len(digits):
        run = len(digits[at:]) - len(digits[at:].lstrip(digits[at]))
        size = min(run, 3)
        word = {1: "", 2: "double ", 3: "triple "}[size]
        said.append(word + one_by_one(digits[at], "oh"))
        at += size
    return " ".join(said)


def styles_of_digits(digits: str) -> list[str]:
    pairs = [digits[at : at + 2] for at in range(0, len(digits) - len(digits) % 2, 2)]
    odd = digits[len(pairs) * 2 :]
    return [
        digits,
        " ".join(digits),
        one_by_one(digits, "zero"),
        one_by_one(digits, "oh"),
        with_repeats(digits),
        " ".join([*map(pair, pairs), one_by_one(odd, "zero")]).strip(),
        "-".join(one_by_one(digits, "oh").split()),
        f"my number is {one_by_one(digits, 'zero')} please",
        f"uh {one_by_one(digits[:2], 'oh')} no wait {one_by_one(digits, 'oh')}",
    ]


@given(st.text("0123456789", min_size=3, max_size=10), st.integers(0, 8))
@settings(max_examples=600)
def test_any_digit_string_in_any_style_comes_back(digits: str, style: int):
    said = styles_of_digits(digits)[style]
    value = parse(Expect.parse(f"digits({len(digits)})"), [said], today=TODAY).value
    # In pairs with a digit left over, "twenty one" may be 201.
    assert value == digits or (style == 5 and len(digits) % 2 and value is None), said


@given(st.text("0123456789", min_size=3, max_size=10), st.integers(0, 8), st.integers(1, 12))
@settings(max_examples=400)
def test_the_wrong_number_of_digits_is_never_made_right(digits: str, style: int, length: int):
    said = styles_of_digits(digits)[style]
    value = parse(Expect.parse(f"digits({length})"), [said], today=TODAY).value
    if length == len(digits):
        return
    begun_twice = len(digits) - length >= 3 and digits[-length:].startswith(digits[:-length])
    assert value is None or begun_twice, said


def styles_of_year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if rest == 0:
        by_century = "nineteen hundred" if century == 19 else "two thousand"
    else:
        by_century = f"{number(century)} {pair(f'{rest:02}')}"
    styles = [by_century, str(year)]
    if century == 20:
        styles.append("two thousand" + (f" and {number(rest)}" if rest else ""))
        styles.append("two thousand" + (f" {number(rest)}" if rest else ""))
    if rest not in {0, 19, 20} and year > TODAY.year - 100:
        styles.append(pair(f"{rest:02}"))
    return styles


def styles_of_date(day: date, year: str) -> list[str]:
    month = _MONTHS[day.month - 1]
    return [
        f"{month} {ordinal(day.day)} {year}",
        f"{month} {number(day.day)} {year}",
        f"{month} the {ordinal(day.day)} {year}",
        f"the {ordinal(day.day)} of {month} {year}",
        f"{number(day.day)} {month} {year}",
        f"{number(day.month)} {number(day.day)} {year}",
        f"{pair(f'{day.month:02}')} {pair(f'{day.day:02}')} {year}",
        f"i was born on {month} {ordinal(day.day)}, {year}",
        f"{month} {day.day} {year}",
        f"april third uh no wait {month} {ordinal(day.day)} {year}",
    ]


days = st.integers(0, (date(2020, 12, 31) - date(1920, 1, 1)).days).map(
    lambda offset: date(1920, 1, 1) + timedelta(days=offset)
)


@given(days, st.integers(0, 4), st.integers(0, 9))
@settings(max_examples=1500)
def test_any_birth_date_in_any_style_comes_back(day: date, year_style: int, style: int):
    years = styles_of_year(day.year)
    said = styles_of_date(day, years[year_style % len(years)])[style]
    assert parse(Expect.parse("date"), [said], today=TODAY).value == day.isoformat(), said


@given(days)
@settings(max_examples=300)
def test_a_date_in_figures_alone_comes_back_or_nothing_does(day: date):
    for said in (
        day.isoformat(),
        f"{day:%m/%d/%Y}",
        f"{day:%m%d%Y}",
        one_by_one(f"{day:%m%d%Y}", "oh"),
        one_by_one(f"{day:%m%d%y}", "zero") if day.year > TODAY.year - 100 else day.isoformat(),
    ):
        value = parse(Expect.parse("date"), [said], today=TODAY).value
        assert value in {day.isoformat(), None}, said


OTHERS = "oh of hundred thousand and no double for 1984 12 $ yes dollars point cents".split()
ANY_WORDS = [*ONES, *TENS, *ORDINALS, *_MONTHS, *OTHERS]
KINDS = ["date", "account_number", "digits", "amount", "yes_no", "name", "free"]


@given(st.lists(st.sampled_from(ANY_WORDS), max_size=9), st.sampled_from(KINDS))
@settings(max_examples=1500)
def test_no_words_at_all_make_it_fail(words: list[str], expect: str):
    value = parse(Expect.parse(expect), [" ".join(words)], today=TODAY)
    assert (value.value is None) == (value.confidence == 0)
    if value.value is not None and expect == "date":
        assert date.fromisoformat(value.value) <= TODAY
    if value.value is not None and expect == "account_number":
        assert len(value.value) == 6
        assert value.value.isdigit()
