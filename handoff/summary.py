"""The context summary (C1): everything an agent needs so that the caller repeats nothing."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from dialog.crm.types import AccountContext
from dialog.types import Turn, Who
from handoff.sentiment import Sentiment

SCHEMA_VERSION: Final = 1


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling. `customer_id` and `name` stay empty until the caller is verified."""

    phone: str
    customer_id: int | None = None
    name: str | None = None
    account_number_given: str | None = None


class VerificationNote(msgspec.Struct, frozen=True, kw_only=True):
    """Whether and how identity was verified, and how many tries failed."""

    verified: bool
    method: str | None = None
    failed_tries: int = 0


class EscalationNote(msgspec.Struct, frozen=True, kw_only=True):
    """Which rule handed the call over, on what evidence, at which turn (from 0)."""

    reason: str
    evidence: str
    at_turn: int


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Something the assistant tried for the caller, and how it ended."""

    what: str
    outcome: str


class HandoffSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-off. Times are ISO 8601 in UTC; money is in cents."""

    schema_version: int
    id: str
    call_sid: str
    created_at: str
    caller: Caller
    verification: VerificationNote
    reason_for_call: str
    escalation: EscalationNote
    tried: list[Attempt]
    values: dict[str, str]
    sentiment: Sentiment
    risk_flags: list[str]
    account_context: AccountContext | None
    suggested_resolution: str
    transcript: list[Turn]


class SummaryUnreadable(ValueError):
    """A stored summary is of a newer schema, or damaged."""


def encode(summary: HandoffSummary) -> bytes:
    """The summary as JSON."""
    return msgspec.json.encode(summary)


def decode(data: bytes | str) -> HandoffSummary:
    """Read a stored summary.

    Raises:
        SummaryUnreadable: the sentence says whether it is newer than this program or damaged.
    """
    try:
        version = msgspec.json.decode(data, type=_Versioned).schema_version
        if version > SCHEMA_VERSION:
            raise SummaryUnreadable(
                f"summary has schema {version}, this program reads up to {SCHEMA_VERSION}: "
                "update it"
            )
        return msgspec.json.decode(data, type=HandoffSummary)
    except msgspec.DecodeError as error:
        raise SummaryUnreadable("summary is damaged") from error


class _Versioned(msgspec.Struct):
    schema_version: int


# What callers ask for, in an agent's words, by the dialogue's intent.
_TOPICS = {"check_balance": "balance and due date"}

_PLACEHOLDERS = re.compile(r"(?:\[[^\]]*\]\s*)+")

_SUGGESTIONS = {
    "asked_for_person": "Take over where the assistant stopped; the caller wanted a person.",
    "key_zero": "Take over where the assistant stopped; the caller wanted a person.",
    "verification_failed": "Verify identity by another way before saying anything of the account.",
    "not_understood": "Ask in your own words what is needed; the assistant did not understand.",
    "service_unavailable": "Our systems failed the caller: apologise and do the request by hand.",
    "call_dropped": "The line was cut off: apologise and go on from the last question.",
}


def reason_for_call(turns: Sequence[Turn]) -> str:
    """Why the caller rang: the first topic understood, else their first words.

    What stands for something else than words, such as `[silence]`, `[keys]` or `[0]`, is no reason.
    """
    callers = [turn for turn in turns if turn.who is Who.CALLER]
    for turn in callers:
        if turn.intent in _TOPICS:
            return _TOPICS[turn.intent]
    said = (turn.text for turn in callers if turn.text and not _PLACEHOLDERS.fullmatch(turn.text))
    return next(said, "not said")


def suggested_resolution(*, escalation_reason: str, topic: str, verified: bool) -> str:
    """One sentence for the agent: what to do first."""
    advice = _SUGGESTIONS.get(escalation_reason, "Listen first; the reason is unusual.")
    identity = "" if verified else " The caller is not verified."
    return f"{advice} Topic: {topic}.{identity}"
