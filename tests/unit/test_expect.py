"""What a question expects, in its written form."""

import pytest

from speech.expect import FREE, Expect, ExpectKind


@pytest.mark.parametrize("text", ["yes_no", "digits", "digits(4)", "account_number", "free"])
def test_the_written_form_is_read_and_written_alike(text: str):
    assert str(Expect.parse(text)) == text


def test_what_is_read_has_a_kind_and_a_length():
    assert Expect.parse(" digits(4) ") == Expect(kind=ExpectKind.DIGITS, length=4)
    assert Expect.parse("free") == FREE


@pytest.mark.parametrize("text", ["", "colour", "digits(x)", "digits(123)", "Date"])
def test_an_unknown_expectation_is_refused_with_those_that_exist(text: str):
    with pytest.raises(ValueError, match=r"use one of yes_no, digits, .*digits"):
        Expect.parse(text)


def test_only_digits_take_a_length():
    with pytest.raises(ValueError, match="only digits takes a length"):
        Expect.parse("date(4)")
