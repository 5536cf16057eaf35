"""What must happen once: answers to webhooks and uses of stream tokens, remembered in Redis.

While Redis is away each process remembers for itself: a retry that reaches the same process is
still answered alike, and a token is still good for one stream here.
"""

import hashlib
from collections import OrderedDict

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

ANSWERS_KEPT_S = 3600
"""Twilio retries a webhook within seconds; an hour covers any clock."""

_LOCAL_MAX = 4096


class _Local:
    """A bounded memory of this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, str] = OrderedDict()

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def first(self, key: str, value: str) -> str:
        kept = self._kept.setdefault(key, value)
        while len(self._kept) > _LOCAL_MAX:
            self._kept.popitem(last=False)
        return kept


class RedisLedger:
    """The answers given to webhooks, by a key of the request."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._local = _Local()

    async def recall(self, key: str) -> str | None:
        """The stored answer, or None."""
        try:
            stored = await self._redis.get(_answer_key(key))
        except (RedisError, OSError):
            return self._local.get(key)
        return self._local.get(key) if stored is None else _text(stored)

    async def first(self, key: str, response_body: str) -> str:
        """Store the answer unless there is one; the stored one comes back."""
        kept = self._local.first(key, response_body)
        try:
            if await self._redis.set(_answer_key(key), kept, nx=True, ex=ANSWERS_KEPT_S):
                return kept
            stored = await self._redis.get(_answer_key(key))
        except (RedisError, OSError) as error:
            log.warning("ledger_local", error=type(error).__name__)
            return kept
        return kept if stored is None else _text(stored)


class RedisUsedTokens:
    """The nonces of the stream tokens that have been used."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._local = _Local()

    async def use(self, nonce: str, ttl_s: int) -> bool:
        """True for the first use only."""
        if self._local.get(nonce) is not None:
            return False
        self._local.first(nonce, "used")
        try:
            return bool(await self._redis.set(f"ivr:token:{{{nonce}}}", "used", nx=True, ex=ttl_s))
        except (RedisError, OSError) as error:
            log.warning("tokens_local", error=type(error).__name__)
            return True


def _answer_key(key: str) -> str:
    # Hashed: the key comes from a header, and whatever it holds must not shape a Redis key.
    return f"ivr:answer:{{{hashlib.sha256(key.encode()).hexdigest()}}}"


def _text(stored: bytes | str) -> str:
    return stored.decode() if isinstance(stored, bytes) else stored
