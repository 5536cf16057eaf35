"""Whole calls through the session, in virtual time; the engine and the recogniser are scripted."""

import itertools
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.recogniser import ScriptedRecogniser
from tests.fakes.synthesiser import ToneSynthesiser

from dialog.crm.seed import load_seed
from dialog.types import Ask, HangUp, Question, Reply, Say, Transfer, Who
from dialog.verification import VerificationPolicy
from handoff.desk import HandoffDesk, QueuePolicy
from handoff.hours import OpeningHours
from handoff.sentiment import SentimentMeter
from handoff.store import Spool
from ivr.call.factory import SessionFactory, SharedParts
from ivr.call.handover import HandOver
from ivr.call.live import LiveCalls
from ivr.call.record import CallRecord
from ivr.call.summary_builder import SummaryBuilder
from ivr.call.turn_policy import TurnTiming
from ivr.metrics import CallMetrics
from speech.expect import Expect
from telephony.events import StreamStarted
from tests.fakes.customers import FakeCustomers
from tests.fakes.engine import FakeEngine
from tests.fakes.line import FakeLine, Press, Quiet, Sound, Until
from tests.fakes.line import HangUp as CallerHangsUp
from tests.fakes.pins import RememberingPins
from tests.fakes.stores import FakeCallStore, FakeHandoffStore

CALL = "CA" + "7" * 32
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPEECH_WAV = Path(__file__).parents[1] / "calls" / "audio" / "dana" / "what_is_my_balance.wav"

GREETING = Reply(
    actions=(Ask(text="Hello, this is the automated assistant.", question=Question()),)
)
ANSWER = Reply(
    actions=(
        Say(text="Here is your answer."),
        Ask(text="Anything else?", question=Question(expect=Expect.parse("yes_no"))),
    ),
    intent="check_balance",
    confidence=0.97,
)
ACCOUNT = Reply(
    actions=(
        Ask(
            text="Your account number?",
            question=Question(expect=Expect.parse("account_number"), slot="account_number"),
        ),
    ),
    intent="check_balance",
)
GOODBYE = Reply(actions=(Say(text="Goodbye then."), HangUp()), intent="deny")
LOST = Reply(actions=(Ask(text="Pardon?", question=Question()),), intent="nlu_fallback")
STILL_THERE = Reply(actions=(Ask(text="Are you there?", question=Question()),), intent="no_input")
FAREWELL = Reply(actions=(Say(text="I hear nothing. Goodbye."), HangUp()), intent="no_input")


def speech() -> Sound:
    """A recorded caller; which words they said is up to the scripted recogniser."""
    with wave.open(str(SPEECH_WAV)) as file:
        return Sound(pcm=file.readframes(file.getnframes()))


def heard_out(line: FakeLine) -> bool:
    """What the line has said has been played."""
    return bool(line.sent) and not line.playing


HEARD_OUT = Until(condition=heard_out)
PAUSE = Quiet(ms=1500)


class Office:
    """Everything around the calls of one test."""

    def __init__(self, tmp_path: Path, script: dict[str, Reply], words: list[str]) -> None:
        self.engine = FakeEngine({"/call_started": GREETING, **script})
        self.recogniser = ScriptedRecogniser(words)
        self.voice = ToneSynthesiser()
        self.calls = FakeCallStore()
        self.handoffs = FakeHandoffStore()
        self.live = LiveCalls()
        self.metrics = CallMetrics()
        pins = RememberingPins()
        self.customers = FakeCustomers(load_seed(NOON.date())[:3], pins)
        desk = HandoffDesk(
            self.handoffs,
            Spool(folder=tmp_path / "spool"),
            QueuePolicy(),
            OpeningHours.parse("always"),
            lambda: NOON,
        )
        builder = SummaryBuilder(self.customers, SentimentMeter(), lambda: NOON)
        ticks = itertools.count()
        self.factory = SessionFactory(
            SharedParts(
                recogniser=self.recogniser,
                synthesiser=self.voice,
                engine=self.engine,
                customers=self.customers,
                pins=pins,
                store=self.calls,
                handover=HandOver(builder, desk, self.calls, self.metrics, lambda: NOON),
                live=self.live,
                metrics=self.metrics,
                timing=TurnTiming(),
                policy=VerificationPolicy(),
                clock=lambda: next(ticks) / 1000,
                now=lambda: NOON,
                no_input_ms=3000,
                locale="en-US",
            )
        )

    async def call(self, *steps: object, call_sid: str = CALL) -> tuple[FakeLine, CallRecord]:
        """Place a call; the line and what was stored of it."""
        line = FakeLine(steps)
        started = StreamStarted(
            call_sid=call_sid,
            stream_sid="MZ1",
            parameters={"from": "+15550100001"},
            encoding="audio/x-mulaw",
            rate_hz=8000,
            channels=1,
        )
        await self.factory(line, started)
        memory = self.live.memory(call_sid)
        assert memory is not None
        return line, memory.record

    def messages(self) -> list[object]:
        return [message for _, message, _ in self.engine.heard]


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
