"""What every call store promises: Redis and the fake one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
import redis.asyncio as redis

from dialog.types import Turn, Who
from handoff.summary import Attempt, EscalationNote
from ivr.call.record import CallRecord, CustomerNote, TurnLatency
from ivr.call.store import (
    CallStore,
    CallStoreUnavailable,
    RecordKeeper,
    RedisCallStore,
    session_key,
    status_key,
    turns_key,
)
from tests.fakes.stores import FakeCallStore

CALL = "CA" + "1" * 32
KEEP_S = 3600


def turn(number: int) -> Turn:
    return Turn(who=Who.CALLER, text=f"turn {number}", at_ms=number * 1000)


def record(turns: int = 2) -> CallRecord:
    return CallRecord(
        call_sid=CALL,
        caller_phone="+15550100001",
        started_at="2026-11-02T12:00:00+00:00",
        customer=CustomerNote(id=1, verified=True, method="account_number+pin"),
        turns=[turn(number) for number in range(turns)],
        outcome="transferred",
        escalation=EscalationNote(reason="key_zero", evidence="pressed 0", at_turn=1),
        handoff_id="h1",
        latency_ms=[
            TurnLatency(turn=1, end_of_turn=720, recognise=9, dialogue=8, synthesise=7, total=744)
        ],
        tried=[Attempt(what="balance", outcome="told")],
        values={"account_number": "427193"},
        failed_tries=1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A store, and a look into it."""

    store: CallStore
    turns: Callable[[], Awaitable[list[Turn]]]
    events: Callable[[], Awaitable[list[tuple[str, str]]]]


def fake_place() -> Place:
    store = FakeCallStore()

    async def turns() -> list[Turn]:
        return store.turns.get(CALL, [])

    async def events() -> list[tuple[str, str]]:
        return store.events

    return Place(store=store, turns=turns, events=events)


def valkey_place(client: redis.Redis) -> Place:
    async def turns() -> list[Turn]:
        entries = await client.xrange(turns_key(CALL))
        return [msgspec.json.decode(fields[b"turn"], type=Turn) for _, fields in entries]

    async def events() -> list[tuple[str, str]]:
        entries = await client.xrange("ivr:events")
        return [(fields[b"event"].decode(), fields[b"call_sid"].decode()) for _, fields in entries]

    return Place(store=RedisCallStore(client, keep_s=KEEP_S), turns=turns, events=events)


@pytest.fixture(params=["fake", "valkey"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "fake":
        return fake_place()
    return valkey_place(request.getfixturevalue("valkey"))


@pytest.fixture(params=["fake", "valkey"])
def away(request: pytest.FixtureRequest) -> CallStore:
    """A store that does not answer."""
    if request.param == "valkey":
        return RedisCallStore(request.getfixturevalue("frozen"), keep_s=KEEP_S)
    store = FakeCallStore()
    store.available = False
    return store


# ---------------------------------------------------------------- every store


async def test_a_call_that_nobody_made_is_not_found(place: Place):
    assert await place.store.load(CALL) is None


async def test_a_record_comes_back_as_it_was_kept_and_the_newest_wins(place: Place):
    await place.store.save(record(1), range(0))
    await place.store.save(record(2), range(0))
    assert await place.store.load(CALL) == record(2)


async def test_turns_are_added_in_order_each_of_them_once(place: Place):
    await place.store.save(record(2), range(2))
    await place.store.save(record(2), range(2))  # the first answer was lost on its way
    await place.store.save(record(3), range(1, 3))
    assert await place.turns() == [turn(0), turn(1), turn(2)]


async def test_a_second_stream_of_a_call_adds_only_what_is_new(place: Place):
    first = record(2)
    first.state = "ended"
    assert await RecordKeeper(place.store, first).flush()
    first.turns.append(turn(2))
    assert await RecordKeeper(place.store, first).flush()
    assert await place.turns() == [turn(0), turn(1), turn(2)]


async def test_a_status_is_news_once_in_whatever_order_it_comes(place: Place):
    assert await place.store.note_status(CALL, "completed", 3)
    assert await place.store.note_status(CALL, "in-progress", 2)
    assert not await place.store.note_status(CALL, "completed", 3)
    assert not await place.store.note_status(CALL, "in-progress", 2)
    assert await place.store.note_status("CA" + "2" * 32, "completed", 3)


async def test_what_is_announced_can_be_followed(place: Place):
    await place.store.announce("handoff", CALL, handoff_id="h1")
    await place.store.announce("call_ended", CALL, status="completed")
    assert await place.events() == [("handoff", CALL), ("call_ended", CALL)]


async def test_a_store_that_does_not_answer_says_so(away: CallStore):
    with pytest.raises(CallStoreUnavailable):
        await away.save(record(), range(2))
    with pytest.raises(CallStoreUnavailable):
        await away.load(CALL)


async def test_while_the_store_is_away_statuses_are_news_and_announcements_are_lost(
    away: CallStore,
):
    assert await away.note_status(CALL, "completed", 3)
    assert await away.note_status(CALL, "completed", 3)
    await away.announce("handoff", CALL)


# ---------------------------------------------------------------- Redis


async def test_everything_of_a_call_lies_in_one_slot_of_a_cluster_and_is_forgotten_in_time(
    valkey: redis.Redis,
):
    store = RedisCallStore(valkey, keep_s=KEEP_S)
    await store.save(record(), range(2))
    await store.note_status(CALL, "completed", 3)
    keys = {session_key(CALL), turns_key(CALL), status_key(CALL)}
    assert keys == {f"ivr:{{{CALL}}}:{what}" for what in ("session", "turns", "status")}
    for key in keys:
        assert 0 < await valkey.ttl(key) <= KEEP_S


async def test_a_damaged_record_is_no_crash(valkey: redis.Redis):
    await valkey.set(session_key(CALL), b'{"call_sid": 7')
    with pytest.raises(CallStoreUnavailable, match="damaged"):
        await RedisCallStore(valkey, keep_s=KEEP_S).load(CALL)


async def test_a_key_of_another_kind_in_the_way_is_no_silent_loss(valkey: redis.Redis):
    await valkey.set(turns_key(CALL), "not a stream")
    with pytest.raises(CallStoreUnavailable):
        await RedisCallStore(valkey, keep_s=KEEP_S).save(record(), range(2))


@pytest.mark.parametrize("steps", range(12))
async def test_a_call_that_ends_in_the_middle_of_a_write_ends_and_nothing_is_doubled(
    valkey: redis.Redis, steps: int
):
    kept = record(3)
    keeper = RecordKeeper(RedisCallStore(valkey, keep_s=KEEP_S), kept)
    writing = asyncio.create_task(keeper.run())
    keeper.changed()
    for _ in range(steps):
        await asyncio.sleep(0)
    kept.state = "ended"
    keeper.stop()
    await writing
    assert keeper.complete
    assert await valkey_place(valkey).turns() == kept.turns
