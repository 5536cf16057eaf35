"""When a caller is handed to a person. Rules, not learned; pure; the first that matches wins."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a call was handed over, as it is recorded and counted."""

    KEY_ZERO = "key_zero"
    ASKED_FOR_PERSON = "asked_for_person"
    VERIFICATION_FAILED = "verification_failed"
    NOT_UNDERSTOOD = "not_understood"
    SERVICE_UNAVAILABLE = "service_unavailable"
    CALL_DROPPED = "call_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """What the rules may look at, after the caller's input and again after the engine's reply.

    Attributes:
        text: the caller's words in this turn, empty for keys and silence.
        pressed_zero: the caller pressed 0 for a person.
        misses: answers in a row that were not understood, this turn included.
        verification_locked: the caller used up all tries of verification.
        engine_wants_transfer: the reason of a transfer the dialogue asked for, if it did.
    """

    text: str = ""
    pressed_zero: bool = False
    misses: int = 0
    verification_locked: bool = False
    engine_wants_transfer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A decision to hand over: the reason, and in words what it rests on."""

    reason: Reason
    evidence: str


MISSES_LIMIT = 3
"""B8: after three answers that were not understood, a person."""

# "agent" and its synonyms, alone or with a verb of wanting. "my agent told me ..." is no request,
# so a bare noun counts only when it is nearly all that was said.
_PERSON = (
    r"(?:agents?|person|human|human being|representative|rep|operator|somebody|someone|people"
    r"|advisor|adviser)"
)
_BARE = re.compile(
    r"^(?:(?:uh|um|a|an|the|real|live|human|please|just|get me|give me|hello|hey|yes|no|i said)"
    r"\s+)*"
    rf"{_PERSON}(?:\s+(?:please|now|agent|person|being))*$"
)
_WANTING = re.compile(
    r"\b(?:speak|talk|transfer|connect|put|pass|get|want|need|like|give|reach)\b"
    rf"(?:\s+\w+){{0,5}}?\s+(?:{_PERSON})\b"
)
_NEGATED = re.compile(
    r"\b(?:don't|do not|no need to|not)\s+(?:want|need|speak|talk|transfer|connect)\b"
)


def asks_for_person(text: str) -> bool:
    """Whether the words ask for a person, by rule and without the dialogue engine."""
    words = text.lower().strip()
    if not words or _NEGATED.search(words):
        return False
    return bool(_BARE.match(words) or _WANTING.search(words))


Rule = Callable[[CallView], Escalation | None]


def _key_zero(view: CallView) -> Escalation | None:
    if not view.pressed_zero:
        return None
    return Escalation(reason=Reason.KEY_ZERO, evidence="pressed 0")


def _asked(view: CallView) -> Escalation | None:
    if not asks_for_person(view.text):
        return None
    return Escalation(reason=Reason.ASKED_FOR_PERSON, evidence="asked for a person in words")


def _verification(view: CallView) -> Escalation | None:
    if not view.verification_locked:
        return None
    return Escalation(reason=Reason.VERIFICATION_FAILED, evidence="used up the tries to verify")


def _misses(view: CallView) -> Escalation | None:
    if view.misses < MISSES_LIMIT:
        return None
    return Escalation(
        reason=Reason.NOT_UNDERSTOOD, evidence=f"{view.misses} answers in a row not understood"
    )


def _engine(view: CallView) -> Escalation | None:
    if view.engine_wants_transfer is None:
        return None
    try:
        reason = Reason(view.engine_wants_transfer)
    except ValueError:
        reason = Reason.SERVICE_UNAVAILABLE
    return Escalation(
        reason=reason, evidence=f"the dialogue asked for it: {view.engine_wants_transfer}"
    )


RULES: tuple[Rule, ...] = (_key_zero, _asked, _verification, _misses, _engine)


def first_match(view: CallView) -> Escalation | None:
    """The first rule that wants a person, or None."""
    return next((found for rule in RULES if (found := rule(view)) is not None), None)
