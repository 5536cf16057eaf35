"""A real embedded store for the contract tests."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ivr.run.store import EmbeddedStore

ANSWER_S = 0.3
"""How long a client waits: short, because some tests stop the server."""


def connect(url: str) -> redis.Redis:
    """A client as the server makes it, only less patient."""
    return redis.from_url(
        url, socket_timeout=ANSWER_S, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of one server for the whole session."""
    folder = tmp_path_factory.mktemp("valkey")
    store = EmbeddedStore(folder / "data", folder / "store.log")
    yield await store.start()
    await store.stop()


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[redis.Redis]:
    """A client of an empty store."""
    client = connect(valkey_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def frozen(valkey: redis.Redis) -> AsyncIterator[redis.Redis]:
    """A client whose server no longer answers, as one that has run out of its machine's time."""
    pid = (await valkey.info("server"))["process_id"]
    os.kill(pid, signal.SIGSTOP)
    yield valkey
    os.kill(pid, signal.SIGCONT)
