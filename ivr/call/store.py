"""Call records in Redis: written after every turn, off the path of the answer."""

import asyncio
import contextlib
from typing import Protocol

import msgspec
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError
from redis.typing import EncodableT, FieldT

from ivr.call.record import CallRecord

log = structlog.get_logger(__name__)

EVENTS_KEY = "ivr:events"
EVENTS_KEPT = 10_000

_STORED_BEFORE = "equal or smaller than the target stream top item"
"""What XADD says of an id that the stream has, or has passed."""


class CallStoreUnavailable(Exception):
    """The store did not answer in time, or what it answered cannot be read."""


def session_key(call_sid: str) -> str:
    """Where the record of a call lies. Braces make the call the hash tag on a Redis cluster."""
    return f"ivr:{{{call_sid}}}:session"


def turns_key(call_sid: str) -> str:
    """The stream of a call's finished turns."""
    return f"ivr:{{{call_sid}}}:turns"


def status_key(call_sid: str) -> str:
    """The statuses Twilio reported of a call, in order."""
    return f"ivr:{{{call_sid}}}:status"


class CallStore(Protocol):
    """Where call records are kept."""

    async def save(self, record: CallRecord, turns: range) -> None:
        """Keep the record and add these of its turns to its stream, each of them once.

        Raises:
            CallStoreUnavailable: it is not known whether anything was kept; save again.
        """
        ...

    async def load(self, call_sid: str) -> CallRecord | None:
        """The record, or None.

        Raises:
            CallStoreUnavailable: the store did not answer, or the record is damaged.
        """
        ...

    async def note_status(self, call_sid: str, status: str, sequence: int) -> bool:
        """Remember a status of Twilio's; False when it was known already."""
        ...

    async def announce(self, event: str, call_sid: str, **fields: str) -> None:
        """Tell whoever follows the event stream; a lost announcement is only logged."""
        ...


class RedisCallStore:
    """Call records in Redis for `keep_s` seconds."""

    def __init__(self, client: redis.Redis, *, keep_s: int) -> None:
        self._redis = client
        self._keep_s = keep_s

    async def save(self, record: CallRecord, turns: range) -> None:
        """Keep the record and its new turns in one transaction.

        A turn's place in the call is its id in the stream, so that one whose answer was lost, or
        which an earlier stream of the call had stored already, is not stored twice.
        """
        stream = turns_key(record.call_sid)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(session_key(record.call_sid), msgspec.json.encode(record), ex=self._keep_s)
                for at in turns:
                    entry: dict[FieldT, EncodableT] = {
                        "turn": msgspec.json.encode(record.turns[at])
                    }
                    pipe.xadd(stream, entry, id=f"{at + 1}-0")
                pipe.expire(stream, self._keep_s)
                results = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            raise CallStoreUnavailable(type(error).__name__) from error
        for result in results:
            if isinstance(result, Exception) and _STORED_BEFORE not in str(result):
                raise CallStoreUnavailable(type(result).__name__) from result

    async def load(self, call_sid: str) -> CallRecord | None:
        """The record, or None when there is none."""
        try:
            data = await self._redis.get(session_key(call_sid))
        except (RedisError, OSError) as error:
            raise CallStoreUnavailable(type(error).__name__) from error
        try:
            return None if data is None else msgspec.json.decode(data, type=CallRecord)
        except msgspec.DecodeError as error:
            log.error("record_damaged", call_sid=call_sid)
            raise CallStoreUnavailable("the record is damaged") from error

    async def note_status(self, call_sid: str, status: str, sequence: int) -> bool:
        """Add to the call's statuses, a set ordered by Twilio's own sequence number.

        While Redis is away every status counts as news: what follows from one may be done twice.
        """
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zadd(status_key(call_sid), {status: sequence}, nx=True)
                pipe.expire(status_key(call_sid), self._keep_s)
                added, _ = await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("status_not_stored", call_sid=call_sid, error=type(error).__name__)
            return True
        return bool(added)

    async def announce(self, event: str, call_sid: str, **fields: str) -> None:
        """Add to the event stream."""
        entry: dict[FieldT, EncodableT] = {"event": event, "call_sid": call_sid}
        entry.update(fields.items())
        try:
            await self._redis.xadd(EVENTS_KEY, entry, maxlen=EVENTS_KEPT, approximate=True)
        except (RedisError, OSError) as error:
            log.warning("event_lost", event_name=event, error=type(error).__name__)


class RecordKeeper:
    """Writes one call's record in the background: the newest state wins, no turn is skipped.

    The answer to a caller never waits for Redis. While the store is away the record stays in
    memory and the next write carries everything.
    """

    RETRY_S = 1.0

    def __init__(self, store: CallStore, record: CallRecord) -> None:
        self._store = store
        self._record = record
        self._turns_kept = 0
        self._stored = False
        self._changed = asyncio.Event()
        self._stopped = asyncio.Event()

    def changed(self) -> None:
        """Note that there is something to write."""
        self._changed.set()

    async def run(self) -> None:
        """Write whenever something changed, until `stop`.

        It is not to be cancelled: a cancelled write leaves open whether the store took the turns.
        """
        while not self._stopped.is_set():
            await self._changed.wait()
            self._changed.clear()
            if not await self.flush():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.RETRY_S):
                        await self._stopped.wait()
                self._changed.set()
        await self.flush()

    def stop(self) -> None:
        """Let `run` end, with one last write."""
        self._stopped.set()
        self._changed.set()

    @property
    def complete(self) -> bool:
        """Whether the store has all of a call that has ended."""
        return self._record.state == "ended" and self._stored

    async def flush(self) -> bool:
        """Write now; False when the store is away."""
        self._stored = False
        turns = self._record.turns
        # The last turn is still open (how much of it is heard is not known) while the call runs.
        upto = (
            len(turns) if self._record.state == "ended" else max(self._turns_kept, len(turns) - 1)
        )
        try:
            await self._store.save(self._record, range(self._turns_kept, upto))
        except CallStoreUnavailable as error:
            log.warning("call_not_stored", call_sid=self._record.call_sid, error=str(error))
            return False
        self._turns_kept = upto
        self._stored = True
        return True
