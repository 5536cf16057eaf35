"""What telephony expects of whoever remembers answers and tokens: Redis there, away, and back."""

import asyncio

import pytest
import redis.asyncio as redis

from ivr import idempotency
from ivr.idempotency import ANSWERS_KEPT_S, RedisLedger, RedisUsedTokens


@pytest.fixture(params=["valkey", "frozen"])
def client(request: pytest.FixtureRequest) -> redis.Redis:
    """A client whose server answers, and one whose server does not."""
    return request.getfixturevalue(request.param)


# ---------------------------------------------------------------- with and without Redis


async def test_the_first_answer_is_the_one_that_every_retry_gets(client: redis.Redis):
    ledger = RedisLedger(client)
    assert await ledger.recall("request 1") is None
    assert await ledger.first("request 1", "<Response>ä</Response>") == "<Response>ä</Response>"
    assert await ledger.first("request 1", "<Response/>") == "<Response>ä</Response>"
    assert await ledger.recall("request 1") == "<Response>ä</Response>"
    assert await ledger.recall("request 2") is None


async def test_a_token_is_good_for_one_stream(client: redis.Redis):
    tokens = RedisUsedTokens(client)
    assert await tokens.use("n1", 60)
    assert not await tokens.use("n1", 60)
    assert await tokens.use("n2", 60)


async def test_of_many_streams_at_once_one_gets_in(client: redis.Redis):
    tokens = RedisUsedTokens(client)
    assert sum(await asyncio.gather(*(tokens.use("n1", 60) for _ in range(10)))) == 1


# ---------------------------------------------------------------- several processes


async def test_processes_share_what_they_remember(valkey: redis.Redis):
    here, there = RedisLedger(valkey), RedisLedger(valkey)
    await here.first("request 1", "the first answer")
    assert await there.recall("request 1") == "the first answer"
    assert await there.first("request 1", "another") == "the first answer"
    assert await RedisUsedTokens(valkey).use("n1", 60)
    assert not await RedisUsedTokens(valkey).use("n1", 60)


async def test_of_two_processes_at_once_both_give_the_same_answer(valkey: redis.Redis):
    ledgers = [RedisLedger(valkey) for _ in range(5)]
    answers = await asyncio.gather(
        *(ledger.first("request 1", f"answer {n}") for n, ledger in enumerate(ledgers))
    )
    assert len(set(answers)) == 1


async def test_what_is_remembered_is_forgotten_in_time_and_keys_hold_nothing_given(
    valkey: redis.Redis,
):
    await RedisLedger(valkey).first("path {x} *", "answer")
    await RedisUsedTokens(valkey).use("n1", 60)
    [answer] = await valkey.keys("ivr:answer:*")
    assert b"path" not in answer
    assert 0 < await valkey.ttl(answer) <= ANSWERS_KEPT_S
    assert 0 < await valkey.ttl("ivr:token:{n1}") <= 60


# ---------------------------------------------------------------- Redis goes and comes back


async def test_an_answer_given_while_redis_was_away_still_holds_when_it_is_back(
    valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    ledger, tokens = RedisLedger(valkey), RedisUsedTokens(valkey)
    with monkeypatch.context() as away:

        async def refuse(*_args: object, **_options: object) -> None:
            raise redis.ConnectionError

        away.setattr(valkey, "set", refuse)
        away.setattr(valkey, "get", refuse)
        assert await ledger.first("request 1", "answer") == "answer"
        assert await tokens.use("n1", 60)
    assert await ledger.recall("request 1") == "answer"
    assert await ledger.first("request 1", "another") == "answer"
    assert not await tokens.use("n1", 60)


async def test_an_answer_that_is_gone_between_two_looks_is_the_own_one(
    valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    ledger = RedisLedger(valkey)
    await valkey.set(idempotency._answer_key("request 1"), "another")

    async def expired(_key: str) -> None:
        return None

    monkeypatch.setattr(valkey, "get", expired)
    assert await ledger.first("request 1", "answer") == "answer"


async def test_the_memory_of_a_process_is_bounded(monkeypatch: pytest.MonkeyPatch, frozen):
    monkeypatch.setattr(idempotency, "_LOCAL_MAX", 2)
    tokens = RedisUsedTokens(frozen)
    for nonce in ("n1", "n2", "n3"):
        assert await tokens.use(nonce, 60)
    assert not await tokens.use("n3", 60)
    assert await tokens.use("n1", 60)  # long forgotten; by then the token itself has expired
