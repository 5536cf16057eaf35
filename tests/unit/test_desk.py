"""What Twilio is told to do next with a call, whatever has happened to it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff.desk import HandoffDesk, QueuePolicy
from handoff.hours import OpeningHours
from handoff.sentiment import SentimentMeter
from handoff.store import Spool
from ivr.call import prompts
from ivr.call.handover import HandOver
from ivr.call.memory import CallMemory
from ivr.call.record import CallRecord
from ivr.call.store import CallStoreUnavailable
from ivr.call.summary_builder import SummaryBuilder
from ivr.desk import MAX_STREAMS, IvrDesk
from telephony.ports import CallStatus, Converse, End, IncomingCall, SpokenEnd, ToQueue
from tests.fakes.line import HangUp, Press
from tests.fakes.office import HEARD_OUT, Office

CALL = "CA" + "7" * 32
CALLER = "+15550100001"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
RINGS = IncomingCall(
    call_sid=CALL, account_sid="AC" + "0" * 32, from_number=CALLER, to_number="+15550109999"
)
LOST = HangUp(reason="lost")
CONNECTING = "I'm connecting you to a person."


class FrontDesk:
    """The desk with an office behind it."""

    def __init__(self, folder: Path, *, hours: str = "always", max_calls: int = 2) -> None:
        self.office = Office(folder, {}, [])
        self.accepts = True
        handoffs = HandoffDesk(
            self.office.handoffs,
            Spool(folder=folder / "spool"),
            QueuePolicy(),
            OpeningHours.parse(hours),
            lambda: NOON,
        )
        self.handover = HandOver(
            SummaryBuilder(self.office.customers, SentimentMeter(), lambda: NOON),
            handoffs,
            self.office.calls,
            self.office.metrics,
            lambda: NOON,
        )
        self.desk = IvrDesk(
            live=self.office.live,
            store=self.office.calls,
            handover=self.handover,
            metrics=self.office.metrics,
            queue="support",
            max_calls=max_calls,
            accepts_calls=lambda: self.accepts,
        )

    async def stored(self, **facts: object) -> None:
        """A call that another process had."""
        record = CallRecord(call_sid=CALL, caller_phone=CALLER, started_at=NOON.isoformat())
        for name, value in facts.items():
            setattr(record, name, value)
        await self.office.calls.save(record, range(0))

    async def ended(self, status: str = "completed", sequence: int = 3) -> None:
        await self.desk.status(CallStatus(call_sid=CALL, status=status, sequence=sequence, at=None))


@pytest.fixture(autouse=True)
def _nobody_else_ends_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other node runs, so there is nothing to wait for."""
    monkeypatch.setattr("ivr.desk.SESSION_END_S", 0)


@pytest.fixture
def front(tmp_path: Path) -> FrontDesk:
    return FrontDesk(tmp_path)


def counted(front: FrontDesk, outcome: str) -> float:
    """How many calls have ended so."""
    return front.office.metrics.ended.labels(outcome=outcome)._value.get()


class RunningSession:
    """As much of a session as makes a line busy; it never ends."""

    def __init__(self, call_sid: str, memory: CallMemory | None = None) -> None:
        self.call_sid = call_sid
        self.memory = memory
        self.ended = asyncio.Event()


# ---------------------------------------------------------------- a call rings


async def test_a_caller_is_connected_with_the_assistant(front: FrontDesk):
    assert await front.desk.incoming(RINGS) == Converse(parameters={"from": CALLER})


async def test_one_caller_too_many_is_told_so(front: FrontDesk):
    for number in range(2):
        front.office.live.add(RunningSession(f"CA{number}"))
    assert await front.desk.incoming(RINGS) == SpokenEnd(text=prompts.TOO_BUSY)


async def test_while_the_server_stops_new_callers_are_told_to_call_again(front: FrontDesk):
    front.accepts = False
    assert await front.desk.incoming(RINGS) == SpokenEnd(text=prompts.TOO_BUSY)


# ---------------------------------------------------------------- the stream has ended


@pytest.mark.parametrize(
    ("outcome", "unsaid", "step"),
    [
        ("transferred", None, ToQueue(queue="support")),
        ("transferred", CONNECTING, ToQueue(queue="support", text=CONNECTING)),
        ("completed", None, End()),
        ("no_input", None, End()),
        ("caller_hung_up", None, End()),
        ("nobody_there", None, End()),
        ("nobody_there", "Nobody is here.", SpokenEnd(text="Nobody is here.")),
    ],
)
async def test_what_comes_next_follows_from_how_the_conversation_ended(
    front: FrontDesk, outcome, unsaid, step
):
    await front.stored(outcome=outcome, unsaid=unsaid)
    assert await front.desk.stream_ended(CALL) == step
    assert await front.desk.stream_ended(CALL) == step
    assert front.office.handoffs.queue == []  # whoever decided it has done it


async def test_a_conversation_held_here_is_known_without_the_store(front: FrontDesk):
    front.office.calls.available = False
    await front.office.call(HEARD_OUT, Press(keys="0"), call_sid=CALL)
    assert await front.desk.stream_ended(CALL) == ToQueue(queue="support")


async def test_a_call_that_never_had_a_stream_goes_to_a_person_who_sees_that_it_waits(
    front: FrontDesk,
):
    step = await front.desk.stream_ended(CALL, CALLER)
    assert step == ToQueue(queue="support", text=prompts.NO_STREAM)
    [summary] = front.office.handoffs.saved.values()
    assert front.office.handoffs.queue == [summary.id]
    assert summary.caller.phone == CALLER
    assert summary.escalation.reason == "call_dropped"
    record = await front.office.calls.load(CALL)
    assert (record.outcome, record.state) == ("transferred", "ended")
    assert counted(front, "transferred") == 1
    await front.desk.stream_ended(CALL, CALLER)
    assert len(front.office.handoffs.queue) == 1
    await front.desk.queue_left(CALL, "hangup")
    assert front.office.handoffs.queue == []


async def test_out_of_hours_a_call_that_never_had_a_stream_is_promised_nobody(tmp_path: Path):
    front = FrontDesk(tmp_path, hours="sat 10:00-12:00")
    step = await front.desk.stream_ended(CALL)
    assert isinstance(step, SpokenEnd)
    assert step.text.startswith("I'm sorry, nobody is here")
    assert "connecting" not in step.text
    assert len(front.office.handoffs.saved) == 1


class SlowHandOver:
    """A hand-over that is done when it is let."""

    def __init__(self, front: FrontDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.let = asyncio.Event(), asyncio.Event()
        self.times = 0
        self._prepare = front.handover.prepare
        monkeypatch.setattr(front.handover, "prepare", self)

    async def __call__(self, *arguments: object) -> object:
        self.times += 1
        self.begun.set()
        await self.let.wait()
        return await self._prepare(*arguments)


@pytest.mark.parametrize("known", [True, False])
async def test_a_decision_that_twilio_no_longer_waits_for_still_keeps_its_summary(
    front: FrontDesk, monkeypatch: pytest.MonkeyPatch, known: bool
):
    slow = SlowHandOver(front, monkeypatch)
    if known:
        await front.stored()
    first = asyncio.create_task(front.desk.stream_ended(CALL))
    await slow.begun.wait()
    first.cancel()
    await asyncio.wait({first})
    assert first.cancelled()
    again = asyncio.create_task(front.desk.stream_ended(CALL))
    await asyncio.sleep(0)
    slow.let.set()
    await front.desk.close()
    assert isinstance(await again, ToQueue)
    assert slow.times == 1
    assert len(front.office.handoffs.saved) == len(front.office.handoffs.queue) == 1
    assert (await front.office.calls.load(CALL)).outcome == "transferred"


async def test_a_caller_who_hangs_up_while_the_hand_over_is_prepared_leaves_no_place_behind(
    front: FrontDesk, monkeypatch: pytest.MonkeyPatch
):
    slow = SlowHandOver(front, monkeypatch)
    await front.stored()
    deciding = asyncio.create_task(front.desk.stream_ended(CALL))
    await slow.begun.wait()
    monkeypatch.setattr("ivr.desk.SESSION_END_S", 20)
    over = asyncio.create_task(front.ended())
    await asyncio.sleep(0)
    slow.let.set()
    await asyncio.wait({deciding, over})
    assert front.office.handoffs.queue == []


async def test_without_the_store_an_unknown_call_goes_to_a_person(front: FrontDesk):
    await front.stored(outcome="completed")
    front.office.calls.available = False
    assert await front.desk.stream_ended(CALL) == ToQueue(queue="support", text=prompts.NO_STREAM)


async def test_a_session_that_is_slow_to_end_does_not_keep_the_caller_waiting(front: FrontDesk):
    await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
    front.office.live.add(RunningSession(CALL, front.office.live.memory(CALL)))
    assert isinstance(await front.desk.stream_ended(CALL), Converse)


# ---------------------------------------------------------------- the stream was lost


async def test_a_lost_stream_is_taken_up_again_and_after_too_many_a_person_comes(
    front: FrontDesk,
):
    for _ in range(MAX_STREAMS - 1):
        await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
        assert await front.desk.stream_ended(CALL) == Converse(parameters={"from": CALLER})
    await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
    step = await front.desk.stream_ended(CALL)
    assert isinstance(step, ToQueue)
    assert step.text.startswith(f"{prompts.CUT_OFF} {CONNECTING}")
    record = front.office.live.memory(CALL).record
    assert record.escalation.reason == "call_dropped"
    assert front.office.handoffs.queue == [record.handoff_id]


async def test_a_server_that_stops_takes_no_stream_up_again(front: FrontDesk):
    await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
    front.accepts = False
    assert isinstance(await front.desk.stream_ended(CALL), ToQueue)


async def test_a_call_of_a_node_that_died_is_queued_once_even_when_twilio_asks_twice(
    front: FrontDesk,
):
    await front.stored()
    first = await front.desk.stream_ended(CALL)
    assert isinstance(first, ToQueue)
    assert await front.desk.stream_ended(CALL) == first
    assert len(front.office.handoffs.saved) == len(front.office.handoffs.queue) == 1
    record = await front.office.calls.load(CALL)
    assert record.outcome == "transferred"
    assert record.handoff_id == front.office.handoffs.queue[0]
    [summary] = front.office.handoffs.saved.values()
    assert summary.escalation.reason == "call_dropped"
    assert summary.escalation.at_turn == 0


async def test_it_is_queued_once_even_when_the_record_cannot_be_written_back(
    front: FrontDesk, monkeypatch: pytest.MonkeyPatch
):
    await front.stored()

    async def refuse(*_anything: object) -> None:
        raise CallStoreUnavailable("gone")

    monkeypatch.setattr(front.office.calls, "save", refuse)
    first = await front.desk.stream_ended(CALL)
    assert await front.desk.stream_ended(CALL) == first
    assert len(front.office.handoffs.saved) == len(front.office.handoffs.queue) == 1


async def test_out_of_hours_a_lost_call_ends_in_words(tmp_path: Path):
    front = FrontDesk(tmp_path, hours="sat 10:00-12:00")
    await front.stored(outcome="failed")
    step = await front.desk.stream_ended(CALL)
    assert isinstance(step, SpokenEnd)
    assert "nobody is here" in step.text
    assert await front.desk.stream_ended(CALL) == step


# ---------------------------------------------------------------- the queue


@pytest.mark.parametrize(
    ("result", "step"),
    [
        ("bridged", End()),
        ("hangup", End()),
        ("leave", End()),
        ("redirected", End()),
        ("redirected-from-bridged", End()),
        ("queue-full", SpokenEnd(text=prompts.TOO_BUSY)),
        ("error", SpokenEnd(text=prompts.TOO_BUSY)),
        ("system-error", SpokenEnd(text=prompts.TOO_BUSY)),
    ],
)
async def test_who_is_out_of_the_queue_is_out_of_ours_too(front: FrontDesk, result, step):
    front.office.handoffs.queue = ["h1", "h2"]
    await front.stored(outcome="transferred", handoff_id="h1")
    assert await front.desk.queue_left(CALL, result) == step
    assert await front.desk.queue_left(CALL, result) == step
    assert front.office.handoffs.queue == ["h2"]


async def test_a_call_that_nobody_knows_leaves_the_queue_without_harm(front: FrontDesk):
    assert await front.desk.queue_left(CALL, "bridged") == End()


# ---------------------------------------------------------------- status callbacks


async def test_the_end_of_a_call_is_announced_once_and_frees_its_place(front: FrontDesk):
    front.office.handoffs.queue = ["h1"]
    await front.stored(outcome="transferred", handoff_id="h1")
    await front.ended()
    await front.ended()
    assert front.office.handoffs.queue == []
    assert front.office.calls.events == [("call_ended", CALL)]


async def test_a_place_that_was_not_freed_the_first_time_is_freed_the_second(
    front: FrontDesk, monkeypatch: pytest.MonkeyPatch
):
    front.office.handoffs.queue = ["h1"]
    await front.stored(outcome="transferred", handoff_id="h1")
    withdraw = front.handover.withdraw

    async def broken_off(_handoff_id: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(front.handover, "withdraw", broken_off)
    with pytest.raises(TimeoutError):
        await front.ended()
    monkeypatch.setattr(front.handover, "withdraw", withdraw)
    await front.ended()
    assert front.office.handoffs.queue == []
    assert front.office.calls.events == [("call_ended", CALL)]


@pytest.mark.parametrize(("before", "after"), [(None, "caller_hung_up"), ("failed", "failed")])
async def test_the_record_of_a_call_that_nobody_ended_is_closed_and_counted_once(
    front: FrontDesk, before: str | None, after: str
):
    await front.stored(outcome=before)
    await front.ended()
    await front.ended()
    record = await front.office.calls.load(CALL)
    assert (record.outcome, record.state) == (after, "ended")
    assert record.ended_at.startswith(NOON.date().isoformat())
    # One that has an outcome was counted when it got it.
    assert counted(front, after) == (0 if before else 1)


async def test_a_caller_who_hangs_up_after_the_stream_was_lost_is_counted_once(front: FrontDesk):
    await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
    await front.ended()
    await front.ended()
    assert front.office.live.memory(CALL).record.outcome == "caller_hung_up"
    assert counted(front, "caller_hung_up") == 1


async def test_a_session_that_still_runs_closes_its_record_itself(front: FrontDesk):
    await front.office.call(HEARD_OUT, LOST, call_sid=CALL)
    front.office.live.add(RunningSession(CALL, front.office.live.memory(CALL)))
    await front.ended()
    assert front.office.live.memory(CALL).record.outcome is None


async def test_a_status_that_comes_late_changes_nothing(front: FrontDesk):
    front.office.handoffs.queue = ["h1"]
    await front.stored(outcome="transferred", handoff_id="h1")
    await front.ended("in-progress", 1)
    assert front.office.handoffs.queue == ["h1"]
    await front.ended("completed", 3)
    await front.ended("ringing", 0)
    assert front.office.calls.events == [("call_ended", CALL)]


async def test_without_the_stores_a_status_still_does_no_harm(front: FrontDesk):
    await front.stored(outcome="transferred", handoff_id="h1")
    front.office.calls.available = False
    front.office.handoffs.away = {"leave"}
    await front.ended()
