"""One answer for each webhook, however often Twilio asks."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from weakref import WeakValueDictionary

import structlog

from telephony.ports import ResponseLedger, Tally

IDEMPOTENCY_HEADER = "I-Twilio-Idempotency-Token"
"""Twilio sends the same token with each retry of one webhook request."""

_log = structlog.get_logger(__name__)


def request_key(
    path_and_query: str, headers: Mapping[str, str], params: Mapping[str, str], call_sid: str
) -> str:
    """What the retries of one request have in common, and two requests have not."""
    path = path_and_query.partition("?")[0]
    if token := headers.get(IDEMPOTENCY_HEADER):
        return f"{path} {token}"
    parts = [path_and_query, call_sid, *(f"{name}={params[name]}" for name in sorted(params))]
    return f"{path} {hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


class Replies:
    """Answers from the ledger where there is an answer; makes one where there is none.

    Retries that overlap in this process wait for the first. Without the ledger every request is
    answered anew: a repeated decision is better than a caller who hears nothing.
    """

    def __init__(self, ledger: ResponseLedger, *, timeout_s: float, tally: Tally) -> None:
        self._ledger = ledger
        self._timeout_s = timeout_s
        self._tally = tally
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def once(self, key: str, make: Callable[[], Awaitable[str]]) -> str:
        """The answer to the request of this key; what `make` raises comes out."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            stored = await self._guarded(self._ledger.recall(key))
            if stored is not None:
                self._tally.count("webhook_repeated")
                return stored
            made = await make()
            return await self._guarded(self._ledger.first(key, made)) or made

    async def _guarded(self, asked: Awaitable[str | None]) -> str | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asked
        except Exception as problem:  # noqa: BLE001 -- whatever the store's trouble, the call goes on
            self._tally.count("ledger_failed")
            _log.warning("ledger_failed", error=type(problem).__name__)
            return None
