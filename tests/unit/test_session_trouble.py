"""Calls in which something goes wrong, in virtual time; engine and recogniser are scripted."""

import asyncio

import pytest

from dialog.types import Ask, HangUp, Question, Reply, Say, Signal
from speech.expect import Expect
from tests.fakes.line import HangUp as CallerHangsUp
from tests.fakes.line import Press, Quiet, Sound, Until
from tests.fakes.office import (
    ACCOUNT,
    ANSWER,
    CALL,
    GOODBYE,
    HEARD_OUT,
    LOST,
    NOBODY,
    PAUSE,
    STILL_THERE,
    Office,
    speech,
)
from tests.fakes.synthesiser import ToneSynthesiser


@pytest.fixture
def office(tmp_path):
    return lambda script=None, words=(): Office(tmp_path, script or {}, list(words))


async def test_noise_that_stopped_the_line_lets_it_go_on_where_it_was(office):
    long = Ask(text=" ".join(["This is a long sentence that goes on."] * 8), question=Question())
    parts = office({"/call_started": Reply(actions=(long,))}, [""])
    line, record = await parts.call(
        Until(condition=lambda line: line.playing),
        Quiet(ms=3000),
        speech(),
        PAUSE,
        HEARD_OUT,
        CallerHangsUp(),
    )
    assert line.clears == 1
    assert len(record.turns) == 1
    whole_ms = (
        sum(len(sound) for sound in [s async for s in ToneSynthesiser().speak(long.text)]) // 8
    )
    assert record.turns[0].heard_ms == pytest.approx(whole_ms, abs=20)


async def test_a_stream_that_was_lost_goes_on_with_the_same_question(office):
    parts = office({"what is my balance": ACCOUNT}, ["what is my balance"])
    await parts.call(HEARD_OUT, speech(), PAUSE, HEARD_OUT, CallerHangsUp(reason="lost"))
    assert parts.live.memory(CALL).record.outcome is None
    _, record = await parts.call(HEARD_OUT, CallerHangsUp())
    assert record.turns[-1].text == "I'm sorry, we were cut off. Your account number?"
    assert len(parts.engine.heard) == 2  # the engine was not asked again


async def test_without_the_dialogue_the_caller_is_told_and_reaches_a_person(office):
    parts = office()
    parts.engine.available = False
    _, record = await parts.call(Quiet(ms=1000))
    assert record.escalation.reason == "service_unavailable"
    assert record.turns[-1].text.startswith("I'm sorry, something isn't working")
    assert record.outcome == "transferred"


async def test_without_the_voice_the_words_are_left_for_twilio_to_say(office):
    parts = office()
    parts.voice.available = False
    line, record = await parts.call(Quiet(ms=1000))
    assert record.outcome == "transferred"
    assert "connecting you to a person" in record.unsaid
    assert not line.sent


async def test_without_the_recogniser_the_caller_is_asked_again_and_keys_still_work(office):
    parts = office({"/no_match": LOST}, ["anything"])
    parts.recogniser.available = False
    _, record = await parts.call(HEARD_OUT, speech(), PAUSE, HEARD_OUT, Press(keys="0"))
    assert "Pardon?" in [turn.text for turn in record.turns]
    assert record.outcome == "transferred"


async def test_without_the_stores_the_call_goes_on_and_nothing_is_lost(office, tmp_path):
    parts = office()
    parts.calls.available = False
    parts.handoffs.away = {"save", "load", "enqueue", "waiting", "leave"}
    _, record = await parts.call(HEARD_OUT, Press(keys="0"))
    assert record.outcome == "transferred"
    assert (tmp_path / "spool" / f"{record.handoff_id}.json").exists()


async def test_a_secret_never_reaches_the_engine_or_the_record(office):
    ask_pin = Ask(
        text="Your PIN?",
        question=Question(expect=Expect.parse("digits(4)"), slot="pin", secret=True),
    )
    parts = office({"/call_started": Reply(actions=(ask_pin,)), "/inform": GOODBYE})
    _, record = await parts.call(HEARD_OUT, Press(keys="4821"))
    assert "4821" not in repr(parts.engine.heard)
    assert b"4821" not in parts.calls.saved[CALL]
    assert record.turns[1].text == "[pin]"


async def test_a_hash_behind_a_whole_number_does_not_silence_the_next_question(office):
    ask = Ask(text="Thanks. And your date of birth?", question=Question())
    parts = office({"/call_started": ACCOUNT, "/inform": Reply(actions=(ask,), intent="inform")})
    line, record = await parts.call(
        HEARD_OUT,
        Quiet(ms=100),
        Press(keys="427193"),
        Quiet(ms=200),
        Press(keys="#"),
        HEARD_OUT,
        CallerHangsUp(),
    )
    assert line.clears == 0
    assert record.turns[-1].heard_ms > 300


async def test_zero_wins_over_a_goodbye(office):
    farewell = Reply(actions=(Say(text="Goodbye then, it was nice to talk. " * 5), HangUp()))
    parts = office({"nothing more": farewell}, ["nothing more"])
    _, record = await parts.call(HEARD_OUT, speech(), Quiet(ms=1200), Press(keys="0"))
    assert "Goodbye" in record.turns[2].text
    assert record.outcome == "transferred"
    assert record.escalation.reason == "key_zero"


async def test_zero_wins_while_the_dialogue_thinks(office):
    parts = office({"what is my balance": ANSWER}, ["what is my balance"])
    answer = parts.engine.respond

    async def slowly(call_sid, message, context):
        if message != parts_first:
            await asyncio.Event().wait()
        return await answer(call_sid, message, context)

    parts_first = Signal(name="call_started")
    parts.engine.respond = slowly
    _, record = await parts.call(HEARD_OUT, speech(), PAUSE, Press(keys="0"))
    assert record.outcome == "transferred"
    assert "Here is your answer" not in " ".join(turn.text for turn in record.turns)


async def test_a_noisy_line_has_an_end_in_words(office):
    long = Ask(text=" ".join(["This is a long sentence that goes on."] * 8), question=Question())
    parts = office(
        {"/call_started": Reply(actions=(long,)), "/no_match": LOST, **NOBODY}, [""] * 50
    )
    steps = [Until(condition=lambda line: line.playing), Quiet(ms=600), speech(), PAUSE] * 8
    _, record = await parts.call(*steps, Quiet(ms=60_000))
    assert record.outcome == "transferred"
    assert record.escalation.reason == "not_understood"


async def test_short_noises_do_not_put_off_the_question_are_you_there(office):
    parts = office({"/no_input": STILL_THERE}, [""] * 200)
    blip = Sound(pcm=speech().pcm[4800:8000])
    await parts.call(HEARD_OUT, *([blip, Quiet(ms=1800)] * 10), CallerHangsUp())
    assert any(context.silences == 1 for _, _, context in parts.engine.heard)


async def test_silence_between_misunderstandings_does_not_start_the_count_anew(office):
    parts = office({"mumble": LOST, "/no_input": STILL_THERE}, ["mumble"] * 3)
    steps = [HEARD_OUT, speech(), PAUSE, HEARD_OUT, Quiet(ms=3500)] * 3
    _, record = await parts.call(*steps)
    assert record.escalation.reason == "not_understood"


async def test_a_stream_lost_while_being_handed_over_still_ends_with_a_person(office):
    parts = office()
    _, record = await parts.call(
        HEARD_OUT,
        Press(keys="0"),
        Until(condition=lambda line: line.playing),
        CallerHangsUp(reason="lost"),
    )
    assert record.outcome == "transferred"
    assert "connecting you to a person" in record.unsaid
    assert parts.handoffs.queue == [record.handoff_id]


async def test_what_was_heard_before_a_hang_up_is_known(office):
    long = Ask(text=" ".join(["This is a long sentence that goes on."] * 8), question=Question())
    parts = office({"/call_started": Reply(actions=(long,))})
    _, record = await parts.call(
        Until(condition=lambda line: line.playing), Quiet(ms=1500), CallerHangsUp()
    )
    assert 800 < record.turns[0].heard_ms < 2000


async def test_a_record_that_the_store_could_not_take_is_written_when_it_is_back(office):
    parts = office()
    parts.calls.available = False
    await parts.call(HEARD_OUT, CallerHangsUp())
    assert CALL not in parts.calls.saved
    parts.calls.available = True
    await parts.backlog.flush()
    assert (await parts.calls.load(CALL)).outcome == "caller_hung_up"
    assert len(parts.backlog) == 0


async def test_an_error_of_ours_is_recorded_and_the_line_closed(office):
    parts = office()

    async def broken(*_):
        raise ValueError("4821")

    parts.engine.respond = broken
    line, record = await parts.call(Quiet(ms=500))
    assert record.outcome == "failed"
    assert line.closed
