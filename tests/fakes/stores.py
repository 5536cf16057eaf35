"""Stores in memory that can be switched off, as Redis can."""

import msgspec

from dialog.types import Turn
from handoff.store import HandoffStoreUnavailable
from handoff.summary import HandoffSummary
from ivr.call.record import CallRecord
from ivr.call.store import CallStoreUnavailable


class FakeCallStore:
    """`CallStore` in memory; `available` False makes it fail as Redis does."""

    def __init__(self) -> None:
        self.available = True
        self.saved: dict[str, bytes] = {}
        self.turns: dict[str, list[Turn]] = {}
        self.statuses: dict[str, dict[str, int]] = {}
        self.events: list[tuple[str, str]] = []

    async def save(self, record: CallRecord, turns: range) -> None:
        if not self.available:
            raise CallStoreUnavailable("switched off")
        self.saved[record.call_sid] = msgspec.json.encode(record)
        kept = self.turns.setdefault(record.call_sid, [])
        kept.extend(record.turns[at] for at in turns if at >= len(kept))

    async def load(self, call_sid: str) -> CallRecord | None:
        if not self.available:
            raise CallStoreUnavailable("switched off")
        data = self.saved.get(call_sid)
        return None if data is None else msgspec.json.decode(data, type=CallRecord)

    async def note_status(self, call_sid: str, status: str, sequence: int) -> bool:
        if not self.available:
            return True
        known = self.statuses.setdefault(call_sid, {})
        if status in known:
            return False
        known[status] = sequence
        return True

    async def announce(self, event: str, call_sid: str, **_fields: str) -> None:
        self.events.append((event, call_sid))


class FakeHandoffStore:
    """`HandoffStore` in memory; what is named in `away` fails as Redis does."""

    def __init__(self) -> None:
        self.saved: dict[str, HandoffSummary] = {}
        self.queue: list[str] = []
        self.since_ms: dict[str, int] = {}
        self.away: set[str] = set()

    def _answer(self, what: str) -> None:
        if what in self.away:
            raise HandoffStoreUnavailable("switched off")

    async def save(self, summary: HandoffSummary) -> None:
        self._answer("save")
        self.saved[summary.id] = summary

    async def load(self, handoff_id: str) -> HandoffSummary | None:
        self._answer("load")
        return self.saved.get(handoff_id)

    async def enqueue(self, _skill: str, handoff_id: str, *, since_ms: int) -> int:
        assert since_ms > 0
        self._answer("enqueue")
        if handoff_id not in self.queue:
            self.queue.append(handoff_id)
            self.since_ms[handoff_id] = since_ms
            self.queue.sort(key=lambda one: self.since_ms.get(one, 0))
        return self.queue.index(handoff_id) + 1

    async def waiting(self, _skill: str) -> int:
        self._answer("waiting")
        return len(self.queue)

    async def forget(self, _skill: str, *, before_ms: int) -> None:
        self._answer("forget")
        self.queue = [one for one in self.queue if self.since_ms.get(one, before_ms) >= before_ms]

    async def leave(self, _skill: str, handoff_id: str) -> None:
        self._answer("leave")
        if handoff_id in self.queue:
            self.queue.remove(handoff_id)
