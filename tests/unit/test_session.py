"""Whole calls through the session, in virtual time; engine and recogniser are scripted."""

import pytest

from dialog.types import Ask, HangUp, Question, Reply, Say, Transfer, Who
from ivr.call.turn_policy import TurnTiming
from tests.fakes.line import HangUp as CallerHangsUp
from tests.fakes.line import Press, Quiet, Until
from tests.fakes.office import (
    ACCOUNT,
    ANSWER,
    CALL,
    FAREWELL,
    GOODBYE,
    GREETING,
    HEARD_OUT,
    LOST,
    PAUSE,
    STILL_THERE,
    Office,
    speech,
)


@pytest.fixture
def office(tmp_path):
    return lambda script=None, words=(): Office(tmp_path, script or {}, list(words))


async def test_a_caller_asks_is_answered_and_says_goodbye(office):
    parts = office({"what is my balance": ANSWER, "/deny": GOODBYE}, ["what is my balance", "no"])
    line, record = await parts.call(HEARD_OUT, speech(), PAUSE, HEARD_OUT, speech(), PAUSE)
    assert record.outcome == "completed"
    assert line.closed
    assert [(turn.who, turn.text) for turn in record.turns] == [
        (Who.ASSISTANT, "Hello, this is the automated assistant."),
        (Who.CALLER, "what is my balance"),
        (Who.ASSISTANT, "Here is your answer. Anything else?"),
        (Who.CALLER, "no"),
        (Who.ASSISTANT, "Goodbye then."),
    ]
    assert record.turns[1].intent == "check_balance"
    assert record.turns[1].confidence == 0.97
    assert all(turn.heard_ms for turn in record.turns if turn.who is Who.ASSISTANT)
    assert [latency.turn for latency in record.latency_ms] == [1, 3]
    assert record.latency_ms[0].end_of_turn == TurnTiming().usual_ms
    assert record.latency_ms[1].end_of_turn == TurnTiming().complete_ms
    assert parts.calls.turns[CALL] == record.turns


async def test_a_caller_who_asks_for_a_person_in_mid_form_gets_one(office):
    parts = office({"what is my balance": ACCOUNT}, ["what is my balance", "agent please"])
    _, record = await parts.call(HEARD_OUT, speech(), PAUSE, HEARD_OUT, speech(), PAUSE)
    assert record.outcome == "transferred"
    assert record.escalation.reason == "asked_for_person"
    assert parts.handoffs.queue == [record.handoff_id]
    summary = parts.handoffs.saved[record.handoff_id]
    assert summary.reason_for_call == "balance and due date"
    assert summary.transcript[-1].text == "agent please"
    assert "connecting you to a person" in record.turns[-1].text


async def test_zero_brings_a_person_while_the_line_speaks(office):
    parts = office()
    line, record = await parts.call(Until(condition=lambda line: bool(line.sent)), Press(keys="0"))
    assert record.outcome == "transferred"
    assert record.escalation.reason == "key_zero"
    assert line.clears == 1


async def test_the_hand_over_is_said_to_the_end_whatever_the_caller_does(office):
    parts = office()
    line, record = await parts.call(
        HEARD_OUT,
        Quiet(ms=100),
        Press(keys="0"),
        Until(condition=lambda line: line.playing),
        speech(),
        PAUSE,
    )
    assert record.turns[-1].heard_ms > 0
    assert line.clears == 0
    assert record.outcome == "transferred"


async def test_keys_answer_a_question_and_interrupt_it(office):
    signal = Reply(actions=(Say(text="Thanks."), HangUp()), intent="inform")
    parts = office({"/call_started": ACCOUNT, "/inform": signal})
    line, record = await parts.call(
        Until(condition=lambda line: line.playing), Press(keys="427193")
    )
    assert line.clears == 1
    assert dict(parts.messages()[1].values) == {"account_number": "427193"}
    assert record.turns[1].text == "427193"


async def test_three_silences_end_the_call_in_words(office):
    parts = office({"/no_input": STILL_THERE})
    replies = iter([STILL_THERE, STILL_THERE, FAREWELL])

    async def respond(call_sid, message, context):
        parts.engine.heard.append((call_sid, message, context))
        return GREETING if message.name == "call_started" else next(replies)

    parts.engine.respond = respond
    _, record = await parts.call(Quiet(ms=60_000))
    assert record.outcome == "no_input"
    assert [context.silences for _, _, context in parts.engine.heard] == [0, 1, 2, 3]


async def test_three_misunderstandings_bring_a_person(office):
    parts = office({"mumble": LOST}, ["mumble", "mumble", "mumble"])
    steps = [HEARD_OUT, speech(), PAUSE] * 3
    _, record = await parts.call(*steps)
    assert record.escalation.reason == "not_understood"
    assert [context.misses for _, _, context in parts.engine.heard] == [0, 0, 1, 2]


async def test_what_the_dialogue_asks_for_is_done(office):
    give_up = Reply(
        actions=(Say(text="I can't do that."), Transfer(reason="service_unavailable")), intent="x"
    )
    parts = office({"pay my bill": give_up}, ["pay my bill"])
    _, record = await parts.call(HEARD_OUT, speech(), PAUSE)
    assert record.escalation.reason == "service_unavailable"
    assert record.turns[-1].text.startswith("I can't do that. I'm connecting you")


async def test_a_caller_who_interrupts_stops_the_line_and_what_was_heard_is_known(office):
    long = Ask(
        text=" ".join(["This is a very long greeting that goes on."] * 8), question=Question()
    )
    parts = office(
        {"/call_started": Reply(actions=(long,)), "what is my balance": GOODBYE},
        ["what is my balance"],
    )
    line, record = await parts.call(
        Until(condition=lambda line: line.playing), Quiet(ms=2000), speech(), PAUSE
    )
    assert line.clears == 1
    assert 1500 < record.turns[0].heard_ms < 4500
    assert record.outcome == "completed"


async def test_a_caller_who_hangs_up_is_recorded_as_such(office):
    _, record = await office().call(HEARD_OUT, CallerHangsUp())
    assert record.outcome == "caller_hung_up"
    assert record.state == "ended"


async def test_a_caller_who_hangs_up_while_being_handed_over_leaves_the_queue(office):
    parts = office()
    _, record = await parts.call(
        HEARD_OUT, Press(keys="0"), Until(condition=lambda line: line.playing), CallerHangsUp()
    )
    assert record.outcome == "caller_hung_up"
    assert record.handoff_id in parts.handoffs.saved
    assert parts.handoffs.queue == []
