"""Numbers are taken out of what is stored."""

import pytest

from speech.masking import MASK, is_mostly_numbers, mask_numbers, mask_secrets


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
