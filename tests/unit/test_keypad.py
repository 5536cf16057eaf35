"""A6: keys work everywhere a voice answer does."""

from dialog.types import Question
from ivr.call.keypad import BETWEEN_KEYS_MS, LONE_ZERO_MS, KeyCommand, Keypad, KeysEntered
from speech.expect import Expect

ACCOUNT = Question(expect=Expect.parse("account_number"), slot="account_number")
BIRTH_OR_PIN = Question(
    expect=Expect.parse("date"), slot="date_of_birth", keys=Expect.parse("digits(4)")
)
AMOUNT = Question(expect=Expect.parse("amount"))
YES_NO = Question(expect=Expect.parse("yes_no"))
FREE = Question()


def press(keypad: Keypad, keys: str, question: Question) -> list[object]:
    return [done for key in keys if (done := keypad.press(key, question)) is not None]


def test_a_number_of_known_length_needs_no_hash():
    assert press(Keypad(), "427193", ACCOUNT) == [KeysEntered(digits="427193")]


def test_a_hash_behind_a_complete_number_does_nothing_more():
    assert press(Keypad(), "4821#", BIRTH_OR_PIN) == [KeysEntered(digits="4821")]


def test_hash_ends_a_number_of_unknown_length():
    assert press(Keypad(), "1250#", AMOUNT) == [KeysEntered(digits="1250")]


def test_a_pause_ends_it_too():
    keypad = Keypad()
    assert press(keypad, "125", AMOUNT) == []
    assert keypad.collecting
    assert keypad.tick(BETWEEN_KEYS_MS - 20) is None
    assert keypad.tick(20) == KeysEntered(digits="125")
    assert not keypad.collecting
    assert keypad.tick(20) is None


def test_zero_brings_a_person_where_no_number_is_asked_for():
    assert press(Keypad(), "0", FREE) == [KeyCommand.PERSON]
    assert press(Keypad(), "0", YES_NO) == [KeyCommand.PERSON]
    assert press(Keypad(), "0", Question(expect=Expect.parse("name"))) == [KeyCommand.PERSON]


def test_an_account_number_may_begin_with_zero():
    assert press(Keypad(), "040011", ACCOUNT) == [KeysEntered(digits="040011")]


def test_a_zero_that_nothing_follows_brings_a_person_even_there():
    keypad = Keypad()
    assert press(keypad, "0", ACCOUNT) == []
    assert keypad.tick(LONE_ZERO_MS) is KeyCommand.PERSON
    assert not keypad.collecting


def test_star_repeats_and_forgets_what_was_typed():
    keypad = Keypad()
    assert press(keypad, "42*", ACCOUNT) == [KeyCommand.REPEAT]
    assert press(keypad, "427193", ACCOUNT) == [KeysEntered(digits="427193")]


def test_one_key_answers_a_yes_no_question():
    assert press(Keypad(), "1", YES_NO) == [KeysEntered(digits="1")]


def test_zeros_alone_bring_a_person_too():
    keypad = Keypad()
    assert press(keypad, "00#", ACCOUNT) == [KeyCommand.PERSON]
    assert press(Keypad(), "10", FREE) == [KeyCommand.PERSON]
    assert press(Keypad(), "0000", BIRTH_OR_PIN) == [KeysEntered(digits="0000")]


def test_what_was_typed_can_be_forgotten():
    keypad = Keypad()
    press(keypad, "42", ACCOUNT)
    keypad.clear()
    assert not keypad.collecting


def test_keys_that_no_telephone_has_are_ignored():
    assert press(Keypad(), "ABCD#", ACCOUNT) == []


def test_keys_at_a_free_question_are_collected_for_the_dialogue_to_refuse():
    keypad = Keypad()
    assert press(keypad, "55", FREE) == []
    assert press(keypad, "#", FREE) == [KeysEntered(digits="55")]
