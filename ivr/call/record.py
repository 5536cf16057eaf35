"""What is known of one call: kept in memory, stored in Redis after every turn, shown by the API."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from dialog.types import Turn
from handoff.summary import Attempt, EscalationNote

CallState = Literal["active", "ended"]
Outcome = Literal[
    "transferred", "nobody_there", "completed", "caller_hung_up", "no_input", "failed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLatency:
    """Where the time between the caller's last sound and the answer's first went, in ms.

    Attributes:
        turn: index of the caller's turn.
        end_of_turn: silence waited for.
        recognise: from the end of the turn to the final words.
        dialogue: the engine's answer.
        synthesise: until the first sound was handed to the line.
        total: all of it.
    """

    turn: int
    end_of_turn: int
    recognise: int
    dialogue: int
    synthesise: int
    total: int


class CustomerNote(msgspec.Struct, kw_only=True):
    """Who the caller is; `id` stays empty until verified."""

    id: int | None = None
    verified: bool = False
    method: str | None = None


class CallRecord(msgspec.Struct, kw_only=True):
    """One call. `started_at` and `ended_at` are ISO 8601 in UTC."""

    call_sid: str
    caller_phone: str
    started_at: str
    state: CallState = "active"
    ended_at: str | None = None
    customer: CustomerNote = msgspec.field(default_factory=CustomerNote)
    turns: list[Turn] = msgspec.field(default_factory=list)
    outcome: Outcome | None = None
    escalation: EscalationNote | None = None
    handoff_id: str | None = None
    latency_ms: list[TurnLatency] = msgspec.field(default_factory=list)
    tried: list[Attempt] = msgspec.field(default_factory=list)
    values: dict[str, str] = msgspec.field(default_factory=dict)
    failed_tries: int = 0
    unsaid: str | None = None
    """What the line could not say because its voice had failed; Twilio says it after the stream."""
