"""B7: a person at any moment, by rule."""

import pytest

from handoff.rules import CallView, Reason, asks_for_person, first_match


@pytest.mark.parametrize(
    "words",
    [
        "agent",
        "agent please",
        "uh a person please",
        "i want to speak to a person",
        "can i talk to a human",
        "could you put me through to a representative",
        "get me an operator",
        "i need to speak with somebody",
        "transfer me to an agent",
        "a real person",
        "i would like to talk to someone now",
        "just give me a human being",
    ],
)
def test_a_caller_who_asks_for_a_person_is_heard(words):
    assert asks_for_person(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "what is my balance",
        "my agent told me to call about the invoice",
        "i don't want to talk to an agent",
        "are you a robot or a person",
        "the person before me paid",
        "four two seven one nine three",
    ],
)
def test_other_words_do_not_transfer(words):
    assert not asks_for_person(words)


def test_zero_wins_over_everything():
    view = CallView(pressed_zero=True, text="agent", misses=5, verification_locked=True)
    assert first_match(view).reason is Reason.KEY_ZERO


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (CallView(text="i want a person"), Reason.ASKED_FOR_PERSON),
        (CallView(verification_locked=True, misses=3), Reason.VERIFICATION_FAILED),
        (CallView(misses=3), Reason.NOT_UNDERSTOOD),
        (CallView(engine_wants_transfer="asked_for_person"), Reason.ASKED_FOR_PERSON),
        (CallView(engine_wants_transfer="something new"), Reason.SERVICE_UNAVAILABLE),
    ],
)
def test_each_rule_names_its_reason_and_evidence(view, reason):
    found = first_match(view)
    assert found.reason is reason
    assert found.evidence


def test_a_call_that_goes_well_stays_with_the_assistant():
    assert first_match(CallView(text="what is my balance", misses=2)) is None
