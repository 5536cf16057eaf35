"""Handing a call to people: keep the summary, take a place in the queue, say what happens next."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from handoff.hours import OpeningHours
from handoff.store import HandoffStore, HandoffStoreUnavailable, Spool
from handoff.summary import HandoffSummary

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy:
    """How the queue is staffed.

    Attributes:
        skill: name of the queue.
        limit: more callers than this do not wait; they are told so.
        people: how many answer; from it and `service_s` follows the expected wait.
        service_s: mean length of a call with a person, in seconds.
        longest_wait_s: nobody waits longer; an entry that is older was left behind.
    """

    skill: str = "support"
    limit: int = 50
    people: int = 3
    service_s: int = 240
    longest_wait_s: int = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The call waits for a person. `position` is None while Redis is away."""

    position: int | None
    wait_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyThere:
    """Nobody takes calls now; the summary is kept all the same."""

    why: str
    """`closed` or `full`."""

    open_again: str
    """The opening hours as they are spoken."""


Placement = Queued | NobodyThere


class HandoffDesk:
    """Keeps the summary whatever happens, then finds the caller a place."""

    def __init__(
        self,
        store: HandoffStore,
        spool: Spool,
        policy: QueuePolicy,
        hours: OpeningHours,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._spool = spool
        self._policy = policy
        self._hours = hours
        self._now = now

    async def hand_over(self, summary: HandoffSummary) -> Placement:
        """Keep the summary and queue the call.

        With Redis away the summary goes to disk and the caller still waits for a person: Twilio's
        own queue needs no Redis.
        """
        now = self._now()
        now_ms = int(now.timestamp() * 1000)
        is_open = self._hours.is_open(now)
        try:
            await self._store.save(summary)
        except HandoffStoreUnavailable:
            self._keep_on_disk(summary, waits=is_open)
            if not is_open:
                return NobodyThere(why="closed", open_again=self._hours.spoken)
            return Queued(position=None, wait_s=None)
        if not is_open:
            return NobodyThere(why="closed", open_again=self._hours.spoken)
        try:
            longest_ms = self._policy.longest_wait_s * 1000
            await self._store.forget(self._policy.skill, before_ms=now_ms - longest_ms)
            if await self._store.waiting(self._policy.skill) >= self._policy.limit:
                return NobodyThere(why="full", open_again=self._hours.spoken)
            position = await self._store.enqueue(self._policy.skill, summary.id, since_ms=now_ms)
        except HandoffStoreUnavailable:
            self._keep_on_disk(summary, waits=True)  # flushing it takes the place in the queue
            return Queued(position=None, wait_s=None)
        wait_s = position * self._policy.service_s // self._policy.people
        return Queued(position=position, wait_s=wait_s)

    async def find(self, handoff_id: str) -> HandoffSummary | None:
        """A summary from disk, where it waits for Redis, or from Redis.

        Raises:
            HandoffStoreUnavailable: Redis did not answer, and it is not on disk.
            SummaryUnreadable: it is of a newer schema, or damaged.
        """
        return self._spool.find(handoff_id) or await self._store.load(handoff_id)

    async def left_queue(self, handoff_id: str) -> None:
        """The caller no longer waits: answered, or hung up. While Redis is away, as soon as it is
        back."""
        with contextlib.suppress(OSError):  # a disk that does not answer gives no place either
            self._spool.stop_waiting(handoff_id)
        try:
            await self._store.leave(self._policy.skill, handoff_id)
        except HandoffStoreUnavailable:
            self._leave_later(handoff_id)

    def _leave_later(self, handoff_id: str) -> None:
        try:
            self._spool.leave_later(handoff_id)
        except OSError as error:
            log.error("queue_not_left", handoff_id=handoff_id, error=type(error).__name__)

    def _keep_on_disk(self, summary: HandoffSummary, *, waits: bool) -> None:
        try:
            self._spool.keep(summary, waits=waits)
            log.warning("summary_spooled", handoff_id=summary.id)
        except OSError as error:
            # Neither store nor disk: the call record in memory still has it all, and the person
            # takes the call without context, which is better than no person.
            log.error("summary_not_kept", handoff_id=summary.id, error=type(error).__name__)


def spoken_placement(placement: Placement) -> str:
    """What the caller is told about what happens next and how long it takes (B7).

    When nobody is there the words stand alone: anything said before them that promises a person
    would contradict them.
    """
    match placement:
        case NobodyThere(why="full"):
            return (
                "I'm sorry, all our people are busy and the queue is full. I've noted everything "
                "you told me. Please call again in a little while. Goodbye."
            )
        case NobodyThere(open_again=hours):
            return (
                "I'm sorry, nobody is here to take your call right now. I've noted everything you "
                f"told me. You can reach a person {hours}. Goodbye."
            )
        case Queued(position=position, wait_s=wait_s):
            wait = (
                "" if position is None or wait_s is None else f" {_expectation(position, wait_s)}"
            )
            return (
                "I'm connecting you to a person. They will see what you told me, so you won't have "
                f"to repeat it.{wait}"
            )


def _expectation(position: int, wait_s: int) -> str:
    place = "You're next in line" if position == 1 else f"You're number {position} in line"
    minutes = max(1, round(wait_s / 60))
    return f"{place}, and the wait is about {minutes} minute{'' if minutes == 1 else 's'}."
