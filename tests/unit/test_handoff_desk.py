"""C1, B7: whatever happens, the summary is kept and the caller is told what comes next."""

import asyncio
from datetime import UTC, datetime

import pytest

from dialog.types import Turn, Who
from handoff.desk import HandoffDesk, NobodyThere, Queued, QueuePolicy, spoken_placement
from handoff.hours import OpeningHours
from handoff.sentiment import Mood, Sentiment, SentimentMeter
from handoff.store import HandoffStoreUnavailable, Spool, keep_flushing
from handoff.summary import (
    SCHEMA_VERSION,
    Caller,
    EscalationNote,
    HandoffSummary,
    SummaryUnreadable,
    VerificationNote,
    decode,
    encode,
    reason_for_call,
    suggested_resolution,
)
from tests.fakes.stores import FakeHandoffStore

MONDAY_NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def summary(handoff_id: str = "h1") -> HandoffSummary:
    return HandoffSummary(
        schema_version=SCHEMA_VERSION,
        id=handoff_id,
        call_sid="CA" + "1" * 32,
        created_at=MONDAY_NOON.isoformat(),
        caller=Caller(phone="+15550100001"),
        verification=VerificationNote(verified=False),
        reason_for_call="balance and due date",
        escalation=EscalationNote(reason="key_zero", evidence="pressed 0", at_turn=1),
        tried=[],
        values={},
        sentiment=Sentiment(mood=Mood.NEUTRAL, score=0.0, by_turn=[]),
        risk_flags=[],
        account_context=None,
        suggested_resolution="Listen first.",
        transcript=[Turn(who=Who.CALLER, text="agent", at_ms=900)],
    )


@pytest.fixture
def store() -> FakeHandoffStore:
    return FakeHandoffStore()


@pytest.fixture
def spool(tmp_path) -> Spool:
    return Spool(folder=tmp_path / "spool")


def desk(store, spool, *, hours="always", limit=50) -> HandoffDesk:
    policy = QueuePolicy(limit=limit, people=2, service_s=240)
    return HandoffDesk(store, spool, policy, OpeningHours.parse(hours), lambda: MONDAY_NOON)


async def test_a_call_is_queued_and_the_wait_follows_from_its_place(store, spool):
    store.queue = ["earlier"]
    placement = await desk(store, spool).hand_over(summary())
    assert placement == Queued(position=2, wait_s=240)
    assert store.saved["h1"] == summary()
    said = spoken_placement(placement)
    assert "number 2 in line" in said
    assert "about 4 minutes" in said


async def test_the_next_in_line_hears_so(store, spool):
    said = spoken_placement(await desk(store, spool).hand_over(summary()))
    assert "You're next in line" in said
    assert "won't have to repeat" in said


async def test_handing_over_twice_keeps_one_place(store, spool):
    office = desk(store, spool)
    await office.hand_over(summary())
    await office.hand_over(summary())
    assert store.queue == ["h1"]


async def test_an_entry_left_behind_takes_nobodys_place(store, spool):
    now_ms = int(MONDAY_NOON.timestamp() * 1000)
    store.queue = ["yesterday", "two hours ago", "just now"]
    store.since_ms = {
        "yesterday": now_ms - 86_400_000,
        "two hours ago": now_ms - 7_200_000,
        "just now": now_ms - 1000,
    }
    placement = await desk(store, spool, limit=3).hand_over(summary())
    assert placement == Queued(position=3, wait_s=360)
    assert store.queue == ["two hours ago", "just now", "h1"]


async def test_out_of_hours_the_summary_is_kept_and_the_hours_are_told(store, spool):
    placement = await desk(store, spool, hours="sat 10:00-12:00").hand_over(summary())
    assert isinstance(placement, NobodyThere)
    assert "h1" in store.saved
    assert "Saturday" in spoken_placement(placement)
    assert store.queue == []


async def test_a_full_queue_is_told(store, spool):
    store.queue = ["a", "b"]
    placement = await desk(store, spool, limit=2).hand_over(summary())
    said = spoken_placement(placement)
    assert "queue is full" in said
    assert "connect" not in said


async def test_with_the_store_away_the_caller_waits_and_the_summary_goes_to_disk(store, spool):
    store.away = {"save", "load", "enqueue", "waiting"}
    office = desk(store, spool)
    placement = await office.hand_over(summary())
    assert placement == Queued(position=None, wait_s=None)
    assert "person" in spoken_placement(placement)
    assert await office.find("h1") == summary()
    with pytest.raises(HandoffStoreUnavailable):  # it may be there: nobody can tell now
        await office.find("../../etc/passwd")
    store.away = set()
    assert await office.find("../../etc/passwd") is None


async def test_with_the_store_away_out_of_hours_the_caller_is_told_the_hours(store, spool):
    store.away = {"save"}
    placement = await desk(store, spool, hours="sat 10:00-12:00").hand_over(summary())
    assert isinstance(placement, NobodyThere)
    assert spool.find("h1") == summary()


async def test_a_store_that_goes_away_between_summary_and_queue_loses_no_place(store, spool):
    store.away = {"enqueue"}
    assert await desk(store, spool).hand_over(summary()) == Queued(position=None, wait_s=None)
    store.away = set()
    assert await spool.flush(store, "support") == 1
    assert store.queue == ["h1"]
    assert await spool.flush(store, "support") == 0


async def test_a_full_disk_does_not_keep_the_caller_from_a_person(store, tmp_path):
    (tmp_path / "spool").write_text("a file where the folder should be")
    store.away = {"save"}
    placement = await desk(store, Spool(folder=tmp_path / "spool")).hand_over(summary())
    assert placement == Queued(position=None, wait_s=None)


async def test_a_damaged_spool_file_is_set_aside(store, spool):
    spool.keep(summary("good"), waits=True)
    (spool.folder / "bad.json").write_text("{")
    assert await spool.flush(store, "support") == 1
    assert (spool.folder / "bad.damaged").exists()


async def test_a_caller_who_leaves_is_taken_out_of_the_queue(store, spool):
    office = desk(store, spool)
    await office.hand_over(summary())
    await office.left_queue("h1")
    assert store.queue == []


async def test_a_caller_who_leaves_while_the_store_is_away_is_taken_out_once_it_is_back(
    store, spool
):
    office = desk(store, spool)
    await office.hand_over(summary())
    store.away = {"leave"}
    await office.left_queue("h1")
    assert store.queue == ["h1"]
    store.away = set()
    await spool.flush(store, "support")
    assert store.queue == []
    assert list(spool.folder.iterdir()) == []


async def test_a_caller_who_left_before_the_store_came_back_takes_no_place_then(store, spool):
    store.away = {"save", "leave"}
    office = desk(store, spool)
    await office.hand_over(summary())
    await office.left_queue("h1")
    store.away = set()
    assert await spool.flush(store, "support") == 1
    assert store.saved["h1"] == summary()
    assert store.queue == []


async def test_a_caller_who_was_told_that_nobody_is_there_takes_no_place_later(store, spool):
    store.away = {"save"}
    await desk(store, spool, hours="sat 10:00-12:00").hand_over(summary())
    store.away = set()
    await spool.flush(store, "support")
    assert store.queue == []


async def test_without_store_and_disk_a_caller_still_leaves(store, tmp_path):
    (tmp_path / "spool").write_text("a file where the folder should be")
    store.away = {"leave"}
    await desk(store, Spool(folder=tmp_path / "spool")).left_queue("h1")


async def test_what_is_spooled_goes_to_the_store_as_soon_as_it_answers(store, spool):
    spool.keep(summary("h1"), waits=True)
    store.away = {"save"}
    flushing = asyncio.create_task(keep_flushing(spool, store, "support", every_s=0))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not store.saved
    store.away = set()
    while not store.queue:  # noqa: ASYNC110  # the task tells nobody
        await asyncio.sleep(0)
    flushing.cancel()
    assert store.queue == ["h1"]


def test_a_summary_survives_its_trip_through_the_store():
    assert decode(encode(summary())) == summary()


def test_a_newer_or_damaged_summary_is_refused_in_words():
    newer = encode(summary()).replace(b'"schema_version":1', b'"schema_version":99')
    with pytest.raises(SummaryUnreadable, match="schema 99"):
        decode(newer)
    for damaged in (b"", b"{}", b'{"schema_version":1}', b"\xff"):
        with pytest.raises(SummaryUnreadable, match="damaged"):
            decode(damaged)


def test_the_reason_is_the_first_topic_understood_else_the_first_words():
    def caller(text, intent=None):
        return Turn(who=Who.CALLER, text=text, at_ms=0, intent=intent)

    hello = Turn(who=Who.ASSISTANT, text="Hello", at_ms=0)
    assert reason_for_call([hello]) == "not said"
    assert reason_for_call([hello, caller(""), caller("my line is dead")]) == "my line is dead"
    unsaid = [caller(text) for text in ("[silence]", "[keys]", "[0]", "[pin] [keys]", "[*]")]
    assert reason_for_call([hello, *unsaid]) == "not said"
    assert reason_for_call([*unsaid, caller("my pin is [number]")]) == "my pin is [number]"
    known = [hello, caller("uh hi", "greet"), caller("what do i owe", "check_balance")]
    assert reason_for_call(known) == "balance and due date"


def test_the_suggestion_says_when_identity_is_open():
    text = suggested_resolution(escalation_reason="key_zero", topic="a bill", verified=False)
    assert "not verified" in text
    odd = suggested_resolution(escalation_reason="new", topic="a bill", verified=True)
    assert odd.startswith("Listen first")


def test_anger_and_joy_are_told_apart():
    meter = SentimentMeter()
    assert meter.measure(["this is terrible i hate it"]).mood is Mood.NEGATIVE
    assert meter.measure(["great thank you so much"]).mood is Mood.POSITIVE
    assert meter.measure([]).mood is Mood.NEUTRAL
    later = meter.measure(["great thanks", "this is awful and useless"])
    assert later.mood is Mood.NEGATIVE
    assert len(later.by_turn) == 2
