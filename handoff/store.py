"""Summaries and the waiting queue in Redis, with a disk spool for when Redis is away."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from handoff.summary import HandoffSummary, SummaryUnreadable, decode, encode

log = structlog.get_logger(__name__)


class HandoffStoreUnavailable(Exception):
    """Redis did not answer in time."""


def summary_key(handoff_id: str) -> str:
    """Where a summary lies. Braces make the id the hash tag on a Redis cluster."""
    return f"ivr:handoff:{{{handoff_id}}}"


def queue_key(skill: str) -> str:
    """The waiting calls of one skill: a sorted set of hand-off ids by the start of the wait."""
    return f"ivr:queue:{{{skill}}}"


class HandoffStore:
    """What the desk keeps in Redis. Writing a summary or a queue entry twice changes nothing."""

    def __init__(self, client: redis.Redis, *, keep_s: int) -> None:
        self._redis = client
        self._keep_s = keep_s

    async def save(self, summary: HandoffSummary) -> None:
        """Store a summary for `keep_s` seconds.

        Raises:
            HandoffStoreUnavailable: Redis did not take it.
        """
        try:
            await self._redis.set(summary_key(summary.id), encode(summary), ex=self._keep_s)
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error

    async def load(self, handoff_id: str) -> HandoffSummary | None:
        """The summary, or None when there is none.

        Raises:
            HandoffStoreUnavailable: Redis did not answer.
            SummaryUnreadable: it is of a newer schema, or damaged.
        """
        try:
            data = await self._redis.get(summary_key(handoff_id))
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error
        return None if data is None else decode(data)

    async def enqueue(self, skill: str, handoff_id: str, *, since_ms: int) -> int:
        """Put a hand-off in the queue, or leave it where it is; its place, from 1.

        Raises:
            HandoffStoreUnavailable: Redis did not answer.
        """
        try:
            await self._redis.zadd(queue_key(skill), {handoff_id: since_ms}, nx=True)
            rank = await self._redis.zrank(queue_key(skill), handoff_id)
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error
        return (rank if isinstance(rank, int) else 0) + 1

    async def waiting(self, skill: str) -> int:
        """How many wait.

        Raises:
            HandoffStoreUnavailable: Redis did not answer.
        """
        try:
            return int(await self._redis.zcard(queue_key(skill)))
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error

    async def forget(self, skill: str, *, before_ms: int) -> None:
        """Take out whoever began to wait before this (Unix time, ms).

        Entries leave when Twilio tells that the caller has gone; should that never be told, they
        must not count as waiting for ever.

        Raises:
            HandoffStoreUnavailable: Redis did not answer.
        """
        try:
            gone = await self._redis.zremrangebyscore(queue_key(skill), "-inf", f"({before_ms}")
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error
        if gone:
            log.warning("queue_entries_forgotten", entries=gone)

    async def leave(self, skill: str, handoff_id: str) -> None:
        """Take a hand-off out of the queue; harmless when it is not there.

        Raises:
            HandoffStoreUnavailable: Redis did not answer.
        """
        try:
            await self._redis.zrem(queue_key(skill), handoff_id)
        except (RedisError, OSError) as error:
            raise HandoffStoreUnavailable(type(error).__name__) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """What Redis could not take yet, on disk, in files named by the hand-off's id.

    `.json` is a summary; `.waits` beside it says that its caller waits in the queue; `.left` says
    that the caller's place in the queue is to be given up.
    """

    folder: Path

    def keep(self, summary: HandoffSummary, *, waits: bool) -> None:
        """Write a summary to disk, whole or not at all.

        Args:
            summary: what Redis is to get.
            waits: whether the caller waits for a person.

        Raises:
            OSError: the disk did not take it.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = self.folder / f".{summary.id}.part"
        half.write_bytes(encode(summary))
        if waits:
            (self.folder / f"{summary.id}.waits").touch()
        half.rename(self.folder / f"{summary.id}.json")

    def stop_waiting(self, handoff_id: str) -> None:
        """The caller is gone: what is spooled must not take a place in the queue."""
        (self.folder / f"{handoff_id}.waits").unlink(missing_ok=True)

    def leave_later(self, handoff_id: str) -> None:
        """Give the place in the queue up as soon as Redis answers.

        Raises:
            OSError: the disk did not take it.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / f"{handoff_id}.left").touch()

    def find(self, handoff_id: str) -> HandoffSummary | None:
        """The spooled summary of this id, or None. Any other id, such as a path, finds nothing."""
        kept = {path.stem: path for path in self.folder.glob("*.json")}
        return decode(kept[handoff_id].read_bytes()) if handoff_id in kept else None

    async def flush(self, store: HandoffStore, skill: str) -> int:
        """Move what is spooled into Redis and its queue; how many summaries went.

        Raises:
            HandoffStoreUnavailable: Redis is still away; the rest stays on disk.
        """
        moved = 0
        for path in sorted(self.folder.glob("*.json")):
            try:
                summary = decode(path.read_bytes())
            except SummaryUnreadable:
                path.rename(path.with_suffix(".damaged"))
                log.error("spooled_summary_damaged", handoff_id=path.stem)
                continue
            await store.save(summary)
            waits = path.with_suffix(".waits")
            if waits.exists():
                await store.enqueue(skill, summary.id, since_ms=int(path.stat().st_mtime * 1000))
            path.unlink()
            waits.unlink(missing_ok=True)
            moved += 1
        for path in self.folder.glob("*.left"):
            await store.leave(skill, path.stem)
            path.unlink()
        return moved


async def keep_flushing(spool: Spool, store: HandoffStore, skill: str, *, every_s: float) -> None:
    """Move spooled summaries into Redis as soon as it answers; runs until cancelled."""
    while True:
        try:
            if moved := await spool.flush(store, skill):
                log.info("spool_flushed", summaries=moved, at=int(time.time()))
        except (HandoffStoreUnavailable, OSError) as error:
            log.warning("spool_waits", error=type(error).__name__)
        await asyncio.sleep(every_s)
