"""Builds the hand-off summary from a call's record and the customer database."""

import uuid
from collections.abc import Callable
from datetime import datetime

import structlog

from dialog.crm.ports import CustomerDatabaseUnavailable, CustomerRepository, UnknownCustomer
from dialog.types import Who
from handoff.sentiment import Mood, SentimentMeter
from handoff.summary import (
    SCHEMA_VERSION,
    Caller,
    EscalationNote,
    HandoffSummary,
    VerificationNote,
    reason_for_call,
    suggested_resolution,
)
from ivr.call.record import CallRecord

log = structlog.get_logger(__name__)

_HANDOFFS = uuid.UUID("6f0f7c2e-5d0b-4f7e-9a86-0d6c8a1f3b52")
"""The name space of hand-off ids; any fixed one will do."""


class SummaryBuilder:
    """Makes summaries; without the database, of what the call itself knows."""

    def __init__(
        self, customers: CustomerRepository, meter: SentimentMeter, now: Callable[[], datetime]
    ) -> None:
        self._customers = customers
        self._meter = meter
        self._now = now

    async def build(
        self, record: CallRecord, escalation: EscalationNote, handoff_id: str
    ) -> HandoffSummary:
        """The summary of a call at the moment it is handed over."""
        note = record.customer
        name = context = None
        if note.verified and note.id is not None:
            try:
                context = await self._customers.context(note.id)
                customer = await self._customers.customer(note.id)
                name = f"{customer.first_name} {customer.last_name}"
            except (CustomerDatabaseUnavailable, UnknownCustomer):
                log.warning("summary_without_account", call_sid=record.call_sid)
        topic = reason_for_call(record.turns)
        sentiment = self._meter.measure(
            [turn.text for turn in record.turns if turn.who is Who.CALLER and turn.text]
        )
        return HandoffSummary(
            schema_version=SCHEMA_VERSION,
            id=handoff_id,
            call_sid=record.call_sid,
            created_at=self._now().isoformat(),
            caller=Caller(
                phone=record.caller_phone,
                customer_id=note.id if note.verified else None,
                name=name,
                account_number_given=record.values.get("account_number"),
            ),
            verification=VerificationNote(
                verified=note.verified, method=note.method, failed_tries=record.failed_tries
            ),
            reason_for_call=topic,
            escalation=escalation,
            tried=list(record.tried),
            values=dict(record.values),
            sentiment=sentiment,
            risk_flags=_risk_flags(record, sentiment.mood),
            account_context=context,
            suggested_resolution=suggested_resolution(
                escalation_reason=escalation.reason, topic=topic, verified=note.verified
            ),
            transcript=list(record.turns),
        )


def handoff_id_of(call_sid: str) -> str:
    """The id of a call's hand-off.

    It follows from the call, so that a node that takes over after a crash finds what the other one
    had begun, whether or not the call's record tells of it.
    """
    return uuid.uuid5(_HANDOFFS, call_sid).hex


def _risk_flags(record: CallRecord, mood: Mood) -> list[str]:
    flags = []
    if record.failed_tries:
        flags.append("failed_verification")
    if not record.customer.verified:
        flags.append("not_verified")
    if mood is Mood.NEGATIVE:
        flags.append("negative_sentiment")
    return flags
