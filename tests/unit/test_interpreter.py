"""What a caller's input means, with the real readers of values and the real masks."""

from datetime import date

import pytest

from dialog.interpreter import Interpreted, interpret
from dialog.secrets import PREFIX, Secret, SecretVault
from dialog.types import CallerInput, Keys, Message, Question, Said, Signal, Silence, Speech
from speech.events import Transcript
from speech.expect import Expect

TODAY = date(2026, 11, 20)

FREE = Question()
YES_NO = Question(expect=Expect.parse("yes_no"))
ACCOUNT = Question(expect=Expect.parse("account_number"), slot="account_number")
BIRTHDAY = Question(
    expect=Expect.parse("date"),
    slot="date_of_birth",
    keys=Expect.parse("digits(4)"),
    keys_slot="pin",
    secret=True,
)
BIRTHDAY_BY_KEYS = Question(expect=Expect.parse("date"), slot="date_of_birth", secret=True)
DELIVERY_DAY = Question(expect=Expect.parse("date"), slot="day")
AMOUNT = Question(expect=Expect.parse("amount"), slot="amount")
NAME = Question(expect=Expect.parse("name"), slot="name")


@pytest.fixture
def vault() -> SecretVault:
    return SecretVault(clock=lambda: 0.0)


def said(text: str, *alternatives: str) -> Speech:
    return Speech(transcript=Transcript(text=text, alternatives=alternatives))


def understand(
    caller_input: CallerInput,
    question: Question,
    vault: SecretVault,
    locale: str = "en-US",
    *,
    verified: bool = False,
) -> Interpreted:
    return interpret(caller_input, question, vault, today=TODAY, locale=locale, verified=verified)


def inform(**values: str) -> Signal:
    return Signal(name="inform", values=values)


def only_reference(message: Message, slot: str) -> str:
    """The reference in a signal that informs of nothing else."""
    assert isinstance(message, Signal)
    assert message.name == "inform"
    assert list(message.values) == [slot]
    assert message.values[slot].startswith(PREFIX)
    return message.values[slot]


NO_INPUT, NO_MATCH = Signal(name="no_input"), Signal(name="no_match")
AFFIRM, DENY = Signal(name="affirm"), Signal(name="deny")


# ---------------------------------------------------------------- silence, and nothing understood


@pytest.mark.parametrize("question", [FREE, YES_NO, ACCOUNT, BIRTHDAY])
def test_silence_is_no_input(vault: SecretVault, question: Question):
    assert understand(Silence(), question, vault) == Interpreted(
        message=NO_INPUT, shown="[silence]", value_found=False
    )


@pytest.mark.parametrize("text", ["", "   "])
@pytest.mark.parametrize("question", [FREE, YES_NO, ACCOUNT, BIRTHDAY])
def test_speech_without_words_is_no_match(vault: SecretVault, question: Question, text: str):
    assert understand(said(text), question, vault) == Interpreted(
        message=NO_MATCH, shown="[unclear]", value_found=False
    )


# ---------------------------------------------------------------- yes and no


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yes", AFFIRM),
        ("yes please", AFFIRM),
        ("that's right", AFFIRM),
        ("no", DENY),
        ("no thank you", DENY),
    ],
)
def test_a_plain_yes_or_no_is_a_signal(vault: SecretVault, text: str, message: Signal):
    assert understand(said(text), YES_NO, vault) == Interpreted(
        message=message, shown=text, value_found=True
    )


@pytest.mark.parametrize(
    "text", ["no i want to speak to a person", "yes what is my balance", "maybe", "cancel that"]
)
def test_a_yes_or_no_with_more_words_goes_to_the_engine_whole(vault: SecretVault, text: str):
    assert understand(said(text), YES_NO, vault) == Interpreted(
        message=Said(text=text), shown=text, value_found=False
    )


# ---------------------------------------------------------------- values that are no secret


def test_a_value_that_fits_the_question_is_informed(vault: SecretVault):
    text = "my account number is oh four two eight one seven"

    assert understand(said(text), ACCOUNT, vault) == Interpreted(
        message=inform(account_number="042817"), shown=text, value_found=True
    )


def test_another_reading_may_have_the_value(vault: SecretVault):
    heard = said("for tune one night three", "four two seven one nine three")

    assert understand(heard, ACCOUNT, vault).message == inform(account_number="427193")


def test_without_a_best_reading_the_others_are_read(vault: SecretVault):
    heard = understand(said("", "four two seven one nine three"), ACCOUNT, vault)

    assert heard.message == inform(account_number="427193")
    assert heard.shown == "four two seven one nine three"


def test_a_date_is_read_against_the_day_of_the_call(vault: SecretVault):
    text = "march twelfth nineteen eighty four"

    assert understand(said(text), DELIVERY_DAY, vault).message == inform(day="1984-03-12")


@pytest.mark.parametrize(("locale", "day"), [("en-US", "1984-03-12"), ("en-GB", "1984-12-03")])
def test_the_locale_says_what_comes_first_in_a_date(vault: SecretVault, locale: str, day: str):
    heard = understand(said("three twelve nineteen eighty four"), DELIVERY_DAY, vault, locale)

    assert heard.message == inform(day=day)


def test_a_number_of_the_wrong_length_is_no_match(vault: SecretVault):
    assert understand(said("four two seven"), ACCOUNT, vault) == Interpreted(
        message=NO_MATCH, shown="four two seven", value_found=False
    )


def test_words_that_are_no_value_go_to_the_engine(vault: SecretVault):
    text = "i don't have it here can i talk to somebody"

    assert understand(said(text), ACCOUNT, vault) == Interpreted(
        message=Said(text=text), shown=text, value_found=False
    )


def test_a_value_nobody_has_a_name_for_goes_to_the_engine_as_words(vault: SecretVault):
    question = Question(expect=Expect.parse("name"))

    assert understand(said("dana whitfield"), question, vault).message == Said(
        text="dana whitfield"
    )


# ---------------------------------------------------------------- secrets


def test_a_spoken_secret_goes_by_reference_and_is_shown_by_name_only(vault: SecretVault):
    heard = understand(said("march twelfth nineteen eighty four"), BIRTHDAY, vault)

    reference = only_reference(heard.message, "date_of_birth")
    assert vault.resolve(reference) == Secret(kind="date_of_birth", value="1984-03-12")
    assert heard.shown == "[date of birth]"
    assert heard.value_found


def test_keys_at_a_secret_question_go_by_reference_under_their_own_name(vault: SecretVault):
    heard = understand(Keys(digits="0613"), BIRTHDAY, vault)

    reference = only_reference(heard.message, "pin")
    assert vault.resolve(reference) == Secret(kind="pin", value="0613")
    assert heard.shown == "[pin]"
    assert heard.value_found


def test_numbers_that_are_not_the_secret_asked_for_are_masked_all_the_same(vault: SecretVault):
    assert understand(said("four eight two one"), BIRTHDAY, vault) == Interpreted(
        message=NO_MATCH, shown="[number]", value_found=False
    )


def test_words_around_a_secret_reach_the_engine_without_the_numbers(vault: SecretVault):
    text = "i only remember my pin it is four eight two one can you take that"

    heard = understand(said(text), BIRTHDAY, vault)

    masked = "i only remember my pin it is [number] can you take that"
    assert heard == Interpreted(message=Said(text=masked), shown=masked, value_found=False)


def test_a_request_at_a_secret_question_reaches_the_engine_as_it_was_said(vault: SecretVault):
    text = "i want to speak to a person"

    assert understand(said(text), BIRTHDAY, vault) == Interpreted(
        message=Said(text=text), shown=text, value_found=False
    )


# ---------------------------------------------------------------- free questions


def test_free_words_go_to_the_engine(vault: SecretVault):
    text = "where is order five eight two one three"

    assert understand(said(text), FREE, vault) == Interpreted(
        message=Said(text=text), shown=text, value_found=False
    )


@pytest.mark.parametrize("verified", [False, True])
def test_a_secret_that_slips_out_is_neither_shown_nor_told_the_engine(
    vault: SecretVault, verified: bool
):
    heard = understand(
        said("my pin is four eight two one what do i owe"), FREE, vault, verified=verified
    )

    assert heard.shown == "my pin is [number] what do i owe"
    assert heard.message == Said(text=heard.shown)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("hi it's four eight two one what do i owe", "hi it's [number] what do i owe"),
        (
            "i was born march twelfth nineteen eighty four what do i owe",
            "i was born [date] what do i owe",
        ),
    ],
)
@pytest.mark.parametrize("question", [FREE, YES_NO, ACCOUNT])
def test_what_may_prove_who_somebody_is_stays_out_until_they_are_verified(
    vault: SecretVault, question: Question, text: str, masked: str
):
    assert understand(said(text), question, vault) == Interpreted(
        message=Said(text=masked), shown=masked, value_found=False
    )
    assert understand(said(text), question, vault, verified=True).message == Said(text=text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [("four eight two one", "[number]"), ("march twelfth nineteen eighty four", "[date]")],
)
@pytest.mark.parametrize("question", [FREE, ACCOUNT])
def test_a_bare_proof_that_nobody_asked_for_is_no_match(
    vault: SecretVault, question: Question, text: str, masked: str
):
    assert understand(said(text), question, vault) == Interpreted(
        message=NO_MATCH, shown=masked, value_found=False
    )


def test_an_account_number_given_with_a_birthday_is_taken_without_it(vault: SecretVault):
    heard = understand(
        said("born march twelfth nineteen eighty four account four two seven one nine three"),
        ACCOUNT,
        vault,
    )

    assert heard.shown == "born [date] account four two seven one nine three"


def test_what_was_asked_for_is_shown_though_it_looks_like_a_proof(vault: SecretVault):
    code = Question(expect=Expect.parse("digits(4)"), slot="code_of_the_parcel")

    for question, text in (
        (code, "four eight two one"),
        (DELIVERY_DAY, "march twelfth nineteen eighty four"),
    ):
        heard = understand(said(text), question, vault)
        assert (heard.shown, heard.value_found) == (text, True)


def test_a_number_out_of_nowhere_is_no_match(vault: SecretVault):
    assert understand(said("four two seven one nine three"), FREE, vault).message == NO_MATCH


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("digits", "question", "message", "shown"),
    [
        ("427193", ACCOUNT, inform(account_number="427193"), "427193"),
        ("042817", ACCOUNT, inform(account_number="042817"), "042817"),
        ("1", YES_NO, AFFIRM, "yes"),
        ("2", YES_NO, DENY, "no"),
        ("03121984", DELIVERY_DAY, inform(day="1984-03-12"), "1984-03-12"),
        ("1050", AMOUNT, inform(amount="1050"), "1050"),
        ("0050", AMOUNT, inform(amount="50"), "50"),
        (
            "7",
            Question(expect=Expect.parse("digits"), slot="count"),
            inform(count="7"),
            "7",
        ),
        (
            "99",
            Question(keys=Expect.parse("digits(2)"), slot="code"),
            inform(code="99"),
            "99",
        ),
    ],
)
def test_keys_answer_as_words_do(
    vault: SecretVault, digits: str, question: Question, message: Signal, shown: str
):
    assert understand(Keys(digits=digits), question, vault) == Interpreted(
        message=message, shown=shown, value_found=True
    )


def test_a_secret_date_can_be_keyed_in(vault: SecretVault):
    heard = understand(Keys(digits="03121984"), BIRTHDAY_BY_KEYS, vault)

    reference = only_reference(heard.message, "date_of_birth")
    assert vault.resolve(reference) == Secret(kind="date_of_birth", value="1984-03-12")
    assert heard.shown == "[date of birth]"


def test_in_britain_the_day_is_keyed_first(vault: SecretVault):
    heard = understand(Keys(digits="12031984"), DELIVERY_DAY, vault, "en-GB")

    assert heard.message == inform(day="1984-03-12")


@pytest.mark.parametrize(
    ("digits", "question"),
    [
        ("482", BIRTHDAY),
        ("48211", BIRTHDAY),
        ("48214821", BIRTHDAY),
        ("", BIRTHDAY),
        ("42719", ACCOUNT),
        ("4271933", ACCOUNT),
        ("3", YES_NO),
        ("12", YES_NO),
        ("13131984", DELIVERY_DAY),
        ("02301984", DELIVERY_DAY),
        ("12312099", DELIVERY_DAY),
        ("031284", DELIVERY_DAY),
        ("", AMOUNT),
        ("", Question(expect=Expect.parse("digits"), slot="count")),
        ("99", Question(expect=Expect.parse("digits(2)"))),
        ("5", NAME),
        ("5", FREE),
    ],
)
def test_keys_that_do_not_fit_are_no_match_and_are_not_shown(
    vault: SecretVault, digits: str, question: Question
):
    assert understand(Keys(digits=digits), question, vault) == Interpreted(
        message=NO_MATCH, shown="[keys]", value_found=False
    )


def test_nothing_is_kept_of_keys_that_do_not_fit(vault: SecretVault):
    understand(Keys(digits="482"), BIRTHDAY, vault)

    assert repr(vault) == "<SecretVault with 0 secrets>"
