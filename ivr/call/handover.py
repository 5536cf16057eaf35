"""Hands one call over: summary first, then a place in the queue, then the words for the caller."""

from collections.abc import Callable
from datetime import datetime

from handoff.desk import HandoffDesk, NobodyThere, spoken_placement
from handoff.rules import Escalation
from handoff.summary import EscalationNote
from ivr.call.record import CallRecord, Outcome
from ivr.call.store import CallStore
from ivr.call.summary_builder import SummaryBuilder, handoff_id_of
from ivr.metrics import CallMetrics


class HandOver:
    """Prepares hand-overs for all calls of this process."""

    def __init__(
        self,
        builder: SummaryBuilder,
        desk: HandoffDesk,
        store: CallStore,
        metrics: CallMetrics,
        now_utc: Callable[[], datetime],
    ) -> None:
        self._builder = builder
        self._desk = desk
        self._store = store
        self._metrics = metrics
        self.now_utc = now_utc

    async def prepare(self, record: CallRecord, escalation: Escalation) -> tuple[str, Outcome]:
        """Keep the summary and queue the call; what the caller is told, and the outcome.

        Doing it twice for one call, even on another node, keeps the hand-off's id: nothing is
        doubled.
        """
        record.escalation = EscalationNote(
            reason=escalation.reason,
            evidence=escalation.evidence,
            at_turn=max(0, len(record.turns) - 1),
        )
        record.handoff_id = handoff_id_of(record.call_sid)
        summary = await self._builder.build(record, record.escalation, record.handoff_id)
        placement = await self._desk.hand_over(summary)
        self._metrics.escalations.labels(reason=escalation.reason).inc()
        await self._store.announce(
            "handoff", record.call_sid, handoff_id=record.handoff_id, reason=escalation.reason
        )
        outcome: Outcome = "nobody_there" if isinstance(placement, NobodyThere) else "transferred"
        return spoken_placement(placement), outcome

    async def withdraw(self, handoff_id: str) -> None:
        """The caller no longer waits."""
        await self._desk.left_queue(handoff_id)
