"""Clauses that the voice speaks in one breath."""

from hypothesis import given
from hypothesis import strategies as st

from speech.clauses import split


def test_sentences_are_clauses():
    assert split("Thank you, Dana. How can I help you?") == [
        "Thank you, Dana.",
        "How can I help you?",
    ]


def test_a_long_first_sentence_is_cut_early_so_that_the_caller_hears_something():
    text = "I am an automated assistant, and you can ask for a person, or press zero, at any time."
    assert split(text)[0] == "I am an automated assistant,"


def test_a_long_later_sentence_is_cut_at_its_commas_into_pieces_that_are_not_short():
    later = (
        "I can tell you your balance, or your next due date, or pass you on to a person who can do "
        "everything else, whatever it is."
    )
    pieces = split(f"Thank you, Dana. {later}")[1:]
    assert len(pieces) == 2
    assert all(30 < len(piece) < 100 for piece in pieces)
    assert split("Thank you, Dana. " + "word " * 30)[1:] == [("word " * 30).strip()]


def test_tiny_pieces_are_joined():
    assert split("Okay. Your balance is zero.") == ["Okay. Your balance is zero."]
    assert split("Your balance is zero. Okay.") == ["Your balance is zero. Okay."]
    assert split("Hi") == ["Hi"]


def test_nothing_to_say_has_no_clauses():
    assert split(" ") == []


def test_titles_and_initials_do_not_end_a_sentence():
    assert split("Mr. Brown and J. Smith are here today.") == [
        "Mr. Brown and J. Smith are here today."
    ]


def test_numbers_and_dates_are_not_cut_at_their_commas():
    text = (
        "I heard account number four two seven, one nine three, born March twelfth, "
        "nineteen eighty-four, and that is all I know so far about you."
    )
    pieces = split(text)
    assert len(pieces) > 1
    assert "four two seven, one nine three" in pieces[0]
    assert any("twelfth, nineteen" in piece for piece in pieces)


@given(st.text(st.sampled_from("abc ,.;?! '\"123Mr"), max_size=300))
def test_no_word_is_lost_whatever_the_text(text: str):
    assert " ".join(split(text)) == " ".join(text.split())
