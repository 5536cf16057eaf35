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
        "i don't want to talk to a machine i want a person",
        "i don't want to talk to a robot i need an agent",
        "can i have an agent",
        "is there a person there",
        "could i please have a human",
        "customer service",
        "transfer me",
        "supervisor",
        "manager please",
        "let me talk to somebody",
        "agent agent agent",
        "i want a person",
        "i need a person to help me",
        "why don't you let me talk to a person",
        "why can't i talk to a person",
        "i'd like a human please",
        "i would really like a human",
        "is there anyone i can talk to",
        "are there any agents available",
        "please put me through now",
        "put somebody on the phone",
        "can you have someone call me",
        "could you connect me with the billing department",
        "i'd rather deal with a human",
        "i said agent",
        "no i want to speak to a person",
        "yes agent please",
        "you don't understand i want an agent",
        "i don't have it here can i talk to somebody",
        "get me a supervisor right now",
        "give me someone who can help",
        "no agent",
        "i asked for a manager",
        "let me speak with your manager",
        "transfer me to your fraud team",
        "i want somebody not a machine",
        "sorry operator",
        "transfer to an agent",
        "i want to talk to a uh person",
        "human",
        "i don't need a robot get me a person",
        "is there someone who can help me",
        "hello can i speak to someone about my bill",
        "put me through to somebody please",
        "just connect me",
        "customer support please",
        "real person please",
        "live agent",
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
        "i want to know why someone charged my card",
        "i need to know if somebody stole my card",
        "i want to add a person to my account",
        "please give me the name of the person on the account",
        "i want to know how many people are on my plan",
        "please don't transfer me to anybody",
        "i do not need a person",
        "do i need to talk to a person to cancel",
        "i had to talk to an agent last week",
        "when i talk to an agent they hang up",
        "i want someone removed from my account",
        "i need a person's name changed",
        "i have a person on my account i don't know",
        "somebody used my card",
        "someone stole my phone",
        "can someone use my card without the pin",
        "i want to transfer money to my account",
        "transfer my balance",
        "what is the customer service number",
        "i need the operator code",
        "i got a call from an agent",
        "am i talking to a real person",
        "can you talk like a person",
        "i need to talk to you about the person on my bill",
        "a manager approved my refund",
        "are there people on my plan",
        "is there a person on my account called bob",
        "i would rather not talk to a person",
        "no need to connect me with anyone",
        "i don't want an agent",
        "i never asked for an agent",
        "connect my new router",
        "did somebody call me",
        "i am the account manager",
        "i'm a person not a number",
        "put it on my account",
        "give me my balance",
        "i want to pay for another person",
        "do people get charged twice",
        "i need to know when the agent is coming",
        "how many agents do you have",
        "i want the person on the account changed",
        "can you put my husband on the account",
        "do i have to speak to somebody to change my plan",
        "no thank you",
        "yes please",
        "hello",
        "now",
        "please",
    ],
)
def test_other_words_do_not_transfer(words):
    assert not asks_for_person(words)


def test_how_the_words_are_written_does_not_matter():
    assert asks_for_person("I\N{RIGHT SINGLE QUOTATION MARK}d like a human, please.")
    assert not asks_for_person("I don\N{RIGHT SINGLE QUOTATION MARK}t want an agent!")


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
