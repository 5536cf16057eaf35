"""What callers say, as values. A wrong value is worse than none."""

from datetime import date

import pytest

from speech.expect import Expect
from speech.values import Value, parse

TODAY = date(2026, 11, 22)


def read(expect: str, *readings: str, **more: object) -> Value:
    return parse(Expect.parse(expect), readings, today=TODAY, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [
        "four two seven one nine three",
        "forty two seventy one ninety three",
        "forty-two seventy-one ninety-three",
        "four twenty seven one ninety three",
        "four hundred twenty seven one ninety three",
        "four hundred twenty seven one hundred ninety three",
        "four hundred twenty seven thousand one hundred ninety three",
        "forty two seven one nine three",
        "my account number is four two seven one nine three",
        "it's uh four two um seven one nine three please",
        "hi this is dana my number is four two seven one nine three",
        "four two seven one nine three thank you",
        "four two seven dash one nine three",
        "427193",
        "4 2 7 1 9 3",
        "427-193",
        "427,193",
        "42 71 93",
        "four two no wait four two seven one nine three",
        "four two eight i mean four two seven one nine three",
        "no my account number is four two seven one nine three",
        "four two seven four two seven one nine three",
        "four two seven one nine three four two seven one nine three",
        "for two seven won nine tree",
        "oh it's four two seven one nine three",
    ],
)
def test_an_account_number_is_understood_however_it_is_said(said: str):
    assert read("account_number", said).value == "427193"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("oh two four two seven one", "024271"),
        ("double four two one nine three", "442193"),
        ("triple two one nine three", "222193"),
        ("double oh seven one nine three", "007193"),
        ("nine three hundred one two", "930012"),
        ("ten twenty thirty", "102030"),
        ("four hundred two seven one nine", "402719"),
        ("one hundred thousand", "100000"),
        ("o ate too to for won", "082241"),
        ("four two seven four two seven", "427427"),
    ],
)
def test_zeros_repeats_hundreds_and_homophones(said: str, value: str):
    assert read("account_number", said).value == value


@pytest.mark.parametrize(
    "said",
    [
        "",
        "uh",
        "i don't have it",
        "four two seven one nine",
        "four two seven one nine three five",
        "four two seven banana one nine three",
        "four two seven one nine three no",
        "four two seven one nine three heaven",
        "four two no wait seven one nine three",
        "double",
        "double forty two one three",
        "hundred four two seven one nine",
        "for to too",
        "four hundred thousand and",
        "thousand one two three",
        "one thousand thousand",
        "four hundred hundred two one",
        "one hundred two three four thousand six",
        "two thousand three hundred",
    ],
)
def test_a_doubtful_account_number_is_none(said: str):
    value = read("account_number", said)
    assert (value.value, value.confidence, value.rest) == (None, 0.0, said)


def test_digits_of_no_fixed_length_must_be_plain():
    assert read("digits", "four two").value == "42"
    assert read("digits(4)", "my pin is four eight two one").value == "4821"
    assert read("digits", "i have two questions").value is None
    assert read("digits", "call me four two").value is None
    assert read("digits", "four hundred twenty").value is None
    assert read("digits", "four two no wait five six").value is None


def test_what_was_said_less_plainly_is_less_sure():
    plain = read("account_number", "four two seven one nine three").confidence
    assert plain == 1.0
    for doubtful in (
        "for two seven one nine three",
        "four no wait four two seven one nine three",
        "dana whitfield four two seven one nine three",
        "four two seven four two seven",
        "four two seven four two seven one nine three",
    ):
        assert 0 < read("account_number", doubtful).confidence < plain


def test_the_words_around_a_number_are_handed_back():
    assert read("account_number", "dana here four two seven one nine three").rest == "dana"


@pytest.mark.parametrize(
    "said",
    [
        "march twelfth nineteen eighty four",
        "march twelve nineteen eighty four",
        "march the twelfth nineteen eighty-four",
        "twelfth of march eighty four",
        "the twelfth of march nineteen eighty four",
        "the twelfth day of march in the year nineteen eighty four",
        "twelve march nineteen eighty four",
        "the twelfth of the third eighty four",
        "three twelve nineteen eighty four",
        "three twelve eighty four",
        "oh three twelve eighty four",
        "zero three one two one nine eight four",
        "oh three one two eight four",
        "march twelfth one nine eight four",
        "nineteen eighty four march twelfth",
        "1984 3 12",
        "monday march twelfth nineteen eighty four",
        "i was born on march twelfth nineteen eighty four thank you",
        "my date of birth is uh march twelfth nineteen eighty four",
        "oh march twelfth eighty four",
        "april no wait march twelfth nineteen eighty four",
        "march 12 1984",
        "March 12th, 1984",
        "mar 12 '84",
        "1984-03-12",
        "3/12/1984",
        "03-12-84",
        "03121984",
        "031284",
    ],
)
def test_a_birth_date_is_understood_however_it_is_said(said: str):
    assert read("date", said).value == "1984-03-12"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("july fourth ninety", "1990-07-04"),
        ("september twenty third seventy six", "1976-09-23"),
        ("january first two thousand", "2000-01-01"),
        ("january first two thousand and one", "2001-01-01"),
        ("january first two thousand twelve", "2012-01-01"),
        ("january first twenty twelve", "2012-01-01"),
        ("january first twenty oh five", "2005-01-01"),
        ("january first oh five", "2005-01-01"),
        ("january first nineteen oh nine", "1909-01-01"),
        ("january first nineteen hundred and nine", "1909-01-01"),
        ("january first nineteen hundred nine", "1909-01-01"),
        ("may thirty first nineteen ninety", "1990-05-31"),
        ("may twenty nineteen eighty", "1980-05-20"),
        ("november twenty two two thousand one", "2001-11-22"),
        ("ten twenty twenty ten", "2010-10-20"),
        ("february twenty ninth two thousand", "2000-02-29"),
        ("december thirty first twenty six", "1926-12-31"),
    ],
)
def test_days_and_years_of_all_kinds(said: str, value: str):
    assert read("date", said).value == value


@pytest.mark.parametrize(
    "said",
    [
        "",
        "march",
        "march twelfth",
        "march twelfth nineteen",
        "march twelfth twenty",
        "march twelfth four",
        "february thirty first nineteen eighty",
        "february twenty ninth nineteen ninety nine",
        "february twenty ninth ninety nine",
        "march twelfth twenty thirty",
        "march twelfth twenty twenty seven",
        "march twelfth nineteen hundred",
        "march twelfth eighteen fifty",
        "thirteen thirteen nineteen eighty",
        "twelve twelve",
        "one two one nine eight four",
        "march twelfth nineteen eighty four april",
        "march twelfth banana eighty four",
        "april fools",
        "oh zero twelve eighty four",
        "march twelfth three nine eight four",
        "one two three four five six seven eight",
        "march twelfth nineteen hundred and zero",
        "march twelfth nineteen hundred zero",
        "march twelfth two thousand zero",
    ],
)
def test_a_doubtful_date_is_none(said: str):
    assert read("date", said) == Value(rest=said)


def test_a_british_caller_says_the_day_first():
    assert read("date", "three twelve eighty four", locale="en-GB").value == "1984-12-03"
    assert read("date", "03121984", locale="en-GB").value == "1984-12-03"
    assert read("date", "oh three one two eight four", locale="en-GB").value == "1984-12-03"
    assert read("date", "march twelfth eighty four", locale="en-GB").value == "1984-03-12"
    with pytest.raises(ValueError, match="de-DE"):
        read("date", "three twelve", locale="de-DE")


def test_a_year_that_may_go_on_and_a_correction_are_less_sure():
    assert read("date", "march twelfth nineteen eighty four").confidence == 1.0
    assert read("date", "march twelfth nineteen eighty").confidence == 0.9
    assert read("date", "april no march twelfth nineteen eighty four").confidence == 0.8


def test_the_words_before_a_date_are_handed_back():
    assert read("date", "dana born march twelfth eighty four").rest == "dana"


@pytest.mark.parametrize(
    "said",
    ["yes", "yeah", "yep", "yes please", "uh yes", "sure", "correct", "that's right", "uh huh",
     "yes that's correct", "i think so", "okay", "it is", "absolutely thank you", "oh yes i do"],
)  # fmt: skip
def test_yes(said: str):
    value = read("yes_no", said)
    assert (value.value, value.rest) == ("yes", "")


@pytest.mark.parametrize(
    "said",
    ["no", "nope", "nah", "no thanks", "no thank you", "not really", "that's not right", "i'm not",
     "i don't think so", "no it isn't", "that's wrong", "definitely not", "nope that's wrong"],
)  # fmt: skip
def test_no(said: str):
    value = read("yes_no", said)
    assert (value.value, value.rest) == ("no", "")


@pytest.mark.parametrize(
    "said",
    ["", "um", "yes no", "no that's right", "yeah no", "yes no wait", "maybe", "not sure",
     "why not", "i have no account number", "i don't have my account number",
     "okay so what is my balance",
     "is it right now or later", "it is not a good time", "what is my balance", "right now"],
)  # fmt: skip
def test_neither_yes_nor_no(said: str):
    assert read("yes_no", said) == Value(rest=said)


def test_what_follows_a_yes_or_no_is_handed_back():
    assert read("yes_no", "yes what is my balance").rest == "what is my balance"
    assert read("yes_no", "no i want to speak to a person").rest == "i want to speak to a person"
    assert read("yes_no", "the answer is yes").value == "yes"
    assert read("yes_no", "no thank you that's all").value == "no"


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ("eighty four dollars and twenty cents", "8420"),
        ("eighty four dollars twenty", "8420"),
        ("eighty four twenty", "8420"),
        ("eighty four point two oh", "8420"),
        ("eighty four point two", "8420"),
        ("eighty four point twenty", "8420"),
        ("$84.20", "8420"),
        ("84.2", "8420"),
        ("$1,234.50", "123450"),
        ("eighty four", "8400"),
        ("84 dollars", "8400"),
        ("fifty bucks please", "5000"),
        ("i want to pay fifty dollars", "5000"),
        ("twenty cents", "20"),
        ("a dollar fifty", "150"),
        ("a hundred dollars", "10000"),
        ("one hundred and five dollars", "10500"),
        ("twelve hundred dollars", "120000"),
        ("one thousand two hundred dollars and five cents", "120005"),
        ("a thousand", "100000"),
        ("fifty no wait sixty dollars", "6000"),
        ("zero dollars", "0"),
    ],
)
def test_amounts_are_cents(said: str, cents: str):
    assert read("amount", said).value == cents


@pytest.mark.parametrize(
    "said",
    ["", "all of it", "five ninety nine", "one twenty five", "dollars", "cents",
     "ten dollars cents", "eighty four point", "point five", "eighty four point one two three",
     "ten dollars apples",
     "eighty four five", "hundred dollars", "one hundred thousand thousand", "two hundred hundred",
     "eighty four point five hundred", "one two three four", "ten million"],
)  # fmt: skip
def test_a_doubtful_amount_is_none(said: str):
    assert read("amount", said) == Value(rest=said)


def test_a_name_is_the_candidate_that_sounds_like_it():
    known = ["Dana Whitfield", "Miguel Santos", "Priya Raman"]
    assert read("name", "my name is dana white field", candidates=known).value == "Dana Whitfield"
    assert read("name", "john smith", candidates=known).value is None
    assert read("name", "my name is", candidates=known).value is None
    assert read("name", "dana", candidates=[]).value is None
    assert read("name", "anna lee", candidates=["Anna Lee", "Hanna Lee"]).value is None
    assert read("name", "this is conor o'brien").value == "conor o'brien"
    assert read("name", "four two seven 4").value is None
    assert read("name", "i would like to know my balance now").value is None


def test_a_free_answer_has_no_value():
    assert read("free", "what is my balance") == Value(rest="what is my balance")


def test_the_best_reading_decides_and_the_others_weigh():
    right, other = "four two seven one nine three", "four two seven one nine eight"
    assert read("account_number", right, right).confidence == 1.0
    assert read("account_number", right, "hello there").confidence == 1.0
    doubtful = read("account_number", right, right, other)
    assert doubtful.value == "427193"
    assert doubtful.confidence == pytest.approx(0.818, abs=0.001)


def test_readings_that_differ_too_much_give_nothing():
    right, other = "four two seven one nine three", "four two seven one nine eight"
    assert read("account_number", right, other) == Value(rest=right)


def test_the_second_reading_helps_when_none_differs():
    short, right = "four two seven one nine", "four two seven one nine three"
    helped = read("account_number", short, right, right)
    assert helped.value == "427193"
    assert 0 < helped.confidence <= 0.6
    assert read("account_number", short, right, "four two seven one nine eight").value is None
    assert read("account_number", short, short, right).value is None
    assert read("account_number", short, "dana four two seven one nine three").value is None
    assert read("account_number") == Value()


def test_a_date_in_numbers_after_words_that_do_not_belong_is_doubtful():
    assert read("date", "hello are seven nine thirty six").value is None


def test_like_is_a_word():
    assert read("yes_no", "i'd like to know how much i owe").value is None
