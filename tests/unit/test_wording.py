"""What the voice says for what is written."""

import pytest

from speech.wording import digit_by_digit, spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Your balance is $84.20.", "Your balance is eighty-four dollars and twenty cents."),
        ("$1.01", "one dollar and one cent"),
        ("$0.50", "fifty cents"),
        ("$0.00", "zero dollars"),
        ("$12.5", "twelve dollars and fifty cents"),
        ("$1,234.00", "one thousand two hundred thirty-four dollars"),
        ("-$5.00", "minus five dollars"),
        ("due December 1.", "due December first."),
        ("December 1, 2026", "December first, twenty twenty-six"),
        ("March 22nd 1984", "March twenty-second, nineteen eighty-four"),
        ("1 December 2026", "December first, twenty twenty-six"),
        ("the 3rd of May", "the May third"),
        ("2026-12-01", "December first, twenty twenty-six"),
        ("2005-01-31", "January thirty-first, two thousand five"),
        ("account 427193", "account four two seven, one nine three"),
        ("order #58213", "order number five eight two, one three"),
        ("ZIP 02139", "ZIP zero two one, three nine"),
        ("ending in 4242", "ending in four two four two"),
        ("+15550100001", "plus one, five five five, zero one zero, zero zero zero one"),
        ("(555) 010-0001", "five five five, zero one zero, zero zero zero one"),
        ("555-010-0001", "five five five, zero one zero, zero zero zero one"),
        ("70%", "seventy percent"),
        ("3.5 %", "three point five percent"),
        ("3.10", "three point one zero"),
        ("the 1st and the 22nd", "the first and the twenty-second"),
        ("9 am, 9:30 p.m. and 10:00", "nine AM, nine thirty PM and ten o'clock"),
        ("9:05", "nine oh five"),
        ("10:00 pm", "ten PM"),
        ("24/7", "twenty-four seven"),
        ("2 tries", "two tries"),
        ("12,345 points", "twelve thousand three hundred forty-five points"),
        ("07", "zero seven"),
        ("0", "zero"),
        ("orders & tickets @ noon", "orders and tickets at noon"),
        ("well \N{EM DASH} yes", "well, yes"),
        ("May I help you?", "May I help you?"),
        ("nothing  to   change", "nothing to change"),
        ("", ""),
    ],
)
def test_numbers_are_said_as_people_say_them(written: str, said: str):
    assert spoken(written) == said


def test_a_date_that_does_not_exist_is_left_to_the_numbers():
    assert "December" not in spoken("2026-13-01")


def test_digits_come_in_groups_that_can_be_followed():
    assert digit_by_digit("1234") == "one two three four"
    assert digit_by_digit("12345") == "one two three, four five"
    assert digit_by_digit("1234567") == "one two three, four five six seven"
    assert digit_by_digit("1234567890") == "one two three, four five six, seven eight nine zero"
