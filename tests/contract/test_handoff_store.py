"""What the hand-off store promises: Redis and the fake one."""

import pytest
import redis.asyncio as redis

from dialog.types import Turn, Who
from handoff.sentiment import Mood, Sentiment
from handoff.store import HandoffStore, HandoffStoreUnavailable, Spool, queue_key, summary_key
from handoff.summary import (
    SCHEMA_VERSION,
    Attempt,
    Caller,
    EscalationNote,
    HandoffSummary,
    SummaryUnreadable,
    VerificationNote,
    encode,
)
from tests.fakes.stores import FakeHandoffStore

KEEP_S = 3600
SKILL = "support"

Store = HandoffStore | FakeHandoffStore


def summary(handoff_id: str = "h1", topic: str = "balance and due date") -> HandoffSummary:
    return HandoffSummary(
        schema_version=SCHEMA_VERSION,
        id=handoff_id,
        call_sid="CA" + "1" * 32,
        created_at="2026-11-02T12:00:00+00:00",
        caller=Caller(phone="+15550100001", customer_id=1, name="Dana Whitfield"),
        verification=VerificationNote(verified=True, method="account_number+pin", failed_tries=1),
        reason_for_call=topic,
        escalation=EscalationNote(reason="key_zero", evidence="pressed 0", at_turn=1),
        tried=[Attempt(what="balance", outcome="told")],
        values={"account_number": "427193"},
        sentiment=Sentiment(mood=Mood.NEGATIVE, score=-0.4, by_turn=[-0.4]),
        risk_flags=["negative_sentiment"],
        account_context=None,
        suggested_resolution="Listen first.",
        transcript=[Turn(who=Who.CALLER, text="señor, agent", at_ms=900, confidence=0.9)],
    )


@pytest.fixture(params=["fake", "valkey"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeHandoffStore()
    return HandoffStore(request.getfixturevalue("valkey"), keep_s=KEEP_S)


@pytest.fixture(params=["fake", "valkey"])
def away(request: pytest.FixtureRequest) -> Store:
    """A store that does not answer."""
    if request.param == "valkey":
        return HandoffStore(request.getfixturevalue("frozen"), keep_s=KEEP_S)
    store = FakeHandoffStore()
    store.away = {"save", "load", "enqueue", "waiting", "forget", "leave"}
    return store


# ---------------------------------------------------------------- every store


async def test_a_summary_comes_back_as_it_was_kept_and_the_newest_wins(store: Store):
    await store.save(summary(topic="not said"))
    await store.save(summary())
    assert await store.load("h1") == summary()


async def test_a_hand_off_that_never_was_is_not_found(store: Store):
    assert await store.load("h1") is None


async def test_callers_wait_in_the_order_in_which_they_began_to(store: Store):
    assert await store.enqueue(SKILL, "second", since_ms=2000) == 1
    assert await store.enqueue(SKILL, "third", since_ms=3000) == 2
    # Spooled while Redis was away, and so late; yet nobody has waited longer.
    assert await store.enqueue(SKILL, "first", since_ms=1000) == 1
    assert await store.enqueue(SKILL, "third", since_ms=3000) == 3
    assert await store.waiting(SKILL) == 3


async def test_a_caller_who_is_queued_again_keeps_the_first_place(store: Store):
    await store.enqueue(SKILL, "h1", since_ms=1000)
    await store.enqueue(SKILL, "h2", since_ms=2000)
    assert await store.enqueue(SKILL, "h1", since_ms=3000) == 1
    assert await store.waiting(SKILL) == 2


async def test_a_caller_who_leaves_makes_room_and_leaving_twice_is_harmless(store: Store):
    await store.enqueue(SKILL, "h1", since_ms=1000)
    await store.enqueue(SKILL, "h2", since_ms=2000)
    await store.leave(SKILL, "h1")
    await store.leave(SKILL, "h1")
    assert await store.enqueue(SKILL, "h2", since_ms=2000) == 1
    assert await store.waiting(SKILL) == 1


async def test_who_has_waited_too_long_is_forgotten(store: Store):
    await store.enqueue(SKILL, "old", since_ms=1000)
    await store.enqueue(SKILL, "new", since_ms=2000)
    await store.forget(SKILL, before_ms=2000)
    assert await store.waiting(SKILL) == 1
    assert await store.enqueue(SKILL, "new", since_ms=2000) == 1


async def test_a_store_that_does_not_answer_says_so(away: Store):
    for asked in (
        away.save(summary()),
        away.load("h1"),
        away.enqueue(SKILL, "h1", since_ms=1000),
        away.waiting(SKILL),
        away.forget(SKILL, before_ms=1000),
        away.leave(SKILL, "h1"),
    ):
        with pytest.raises(HandoffStoreUnavailable):
            await asked


async def test_what_was_spooled_arrives_and_takes_its_place(store: Store, tmp_path):
    spool = Spool(folder=tmp_path)
    spool.keep(summary("h1"), waits=True)
    spool.keep(summary("h2"), waits=False)
    assert await spool.flush(store, SKILL) == 2  # type: ignore[arg-type] # the fake is one too
    assert await store.load("h1") == summary("h1")
    assert await store.load("h2") == summary("h2")
    assert await store.waiting(SKILL) == 1


# ---------------------------------------------------------------- Redis


async def test_keys_are_as_the_contract_says_and_summaries_are_forgotten_in_time(
    valkey: redis.Redis,
):
    store = HandoffStore(valkey, keep_s=KEEP_S)
    await store.save(summary())
    await store.enqueue(SKILL, "h1", since_ms=1000)
    assert await valkey.get("ivr:handoff:{h1}") == encode(summary())
    assert await valkey.zscore("ivr:queue:{support}", "h1") == 1000
    assert 0 < await valkey.ttl(summary_key("h1")) <= KEEP_S


async def test_each_skill_has_a_queue_of_its_own(valkey: redis.Redis):
    store = HandoffStore(valkey, keep_s=KEEP_S)
    await store.enqueue(SKILL, "h1", since_ms=1000)
    assert await store.waiting("billing") == 0


async def test_a_damaged_summary_is_told_from_a_missing_one(valkey: redis.Redis):
    await valkey.set(summary_key("h1"), "{")
    with pytest.raises(SummaryUnreadable):
        await HandoffStore(valkey, keep_s=KEEP_S).load("h1")


async def test_a_key_of_another_kind_is_no_crash(valkey: redis.Redis):
    await valkey.set(queue_key(SKILL), "not a queue")
    with pytest.raises(HandoffStoreUnavailable):
        await HandoffStore(valkey, keep_s=KEEP_S).waiting(SKILL)
