"""Numbers are taken out of what is stored."""

from datetime import date

import pytest

from speech.masking import (
    DATE_MASK,
    MASK,
    is_mostly_numbers,
    mask_numbers,
    mask_secrets,
    mask_unasked,
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my pin is four eight two one", f"my pin is {MASK}"),
        ("it is 4821.", f"it is {MASK}."),
        ("double oh seven and then some", f"{MASK} and then some"),
        ("one and two", MASK),
        ("four to seven ate one", MASK),
        ("march twelfth nineteen eighty-four", f"march {MASK}"),
        ("March 12th, 1984", f"March {MASK}"),
        ("i have two questions for you", f"i have {MASK} questions for you"),
        ("four uh two um seven", MASK),
        ("one hundred and five dollars or 84.20", f"{MASK} dollars or {MASK}"),
        ("oh no", "oh no"),
        ("and then", "and then"),
        ("", ""),
    ],
)
def test_every_number_can_be_masked(text: str, masked: str):
    assert mask_numbers(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my pin is four eight two one", f"my pin is {MASK}"),
        ("my PIN's 4821", f"my PIN's {MASK}"),
        ("the code let me think is 12 oh four ok", f"the code let me think is {MASK} ok"),
        ("pay with card 4111 1111 1111 1111", f"pay with card {MASK}"),
        ("it is 4111-1111-1111-1111 thanks", f"it is {MASK} thanks"),
        ("forty one eleven eleven eleven eleven eleven eleven ten", MASK),
        ("double one triple two 1234567", MASK),
        ("one two three four five six seven eight nine", MASK),
        ("one two three for five six seven eight nine", MASK),
        ("123-45-6789", MASK),
        ("ten twenty thirty forty five six", MASK),
        ("my account number is four two seven one nine three", None),
        ("march twelfth nineteen eighty four", None),
        ("my pin is lost and i was born in eighty four and more to say 12", None),
        ("call 555 010 0001", None),
        ("one and two", None),
        ("pin one and two", f"pin {MASK}"),
    ],
)
def test_only_likely_secrets_are_masked_in_free_speech(text: str, masked: str | None):
    assert mask_secrets(text) == (text if masked is None else masked)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("four eight two one", MASK),
        ("it's four eight two one what do i owe", f"it's {MASK} what do i owe"),
        ("4821", MASK),
        ("forty eight twenty one", MASK),
        ("my pin is four two", f"my pin is {MASK}"),
        ("march twelfth nineteen eighty four", DATE_MASK),
        (
            "born on the twelfth of march nineteen eighty four thanks",
            f"born on the {DATE_MASK} thanks",
        ),
        ("i was born three twelve eighty four", f"i was born {DATE_MASK}"),
        ("three twelve nineteen eighty four", DATE_MASK),
        ("oh three one two one nine eight four", DATE_MASK),
        ("03121984 or 3/12/84 or 1984-03-12", f"{DATE_MASK} or {DATE_MASK} or {DATE_MASK}"),
        (
            "march twelfth nineteen eighty four four two seven one nine three",
            f"{DATE_MASK} four two seven one nine three",
        ),
        (
            "four two seven one nine three born march twelfth nineteen eighty four",
            f"four two seven one nine three born {DATE_MASK}",
        ),
        ("four two seven one nine three four eight two one", MASK),
        (
            "four two seven one nine three and my pin is four eight two one",
            f"four two seven one nine three and my pin is {MASK}",
        ),
        ("where is order five eight two one three", None),
        ("order 58213 for account 031284", None),
        ("account oh three one two eight four", None),
        ("account double one two one eight four", None),
        ("call 555 0100", None),
        ("may i have two of the first ones in march", None),
        ("i have two questions", None),
        ("eighty four dollars and twenty cents", None),
        ("", None),
    ],
)
def test_whoever_is_not_verified_gives_no_proof_away(text: str, masked: str | None):
    shown = mask_unasked(text, today=date(2026, 11, 20), locale="en-US")
    assert shown == (text if masked is None else masked)


def test_the_locale_says_what_can_be_a_birthday():
    text = "twenty three nine nineteen seventy six"
    today = date(2026, 11, 20)
    assert mask_unasked(text, today=today, locale="en-GB") == DATE_MASK
    assert mask_unasked(text, today=today, locale="en-US") == text


@pytest.mark.parametrize(
    ("text", "mostly"),
    [
        ("four two seven one nine three", True),
        ("it's four two seven", True),
        ("uh 427193", True),
        ("oh four two", True),
        ("i have two questions", False),
        ("two", False),
        ("march twelfth nineteen eighty four", True),
        ("my balance is eighty four dollars and twenty cents", False),
        ("", False),
    ],
)
def test_a_number_is_told_from_a_sentence(text: str, mostly: bool):
    assert is_mostly_numbers(text) is mostly
