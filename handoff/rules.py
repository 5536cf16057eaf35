"""When a caller is handed to a person. Rules, not learned; pure; the first that matches wins."""

import re
from collections.abc import Callable, Mapping
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

# ---------------------------------------------------------------- a person, asked for in words

_PERSON = (
    r"(?:(?:a|an|the|any|some|one of|your|my|another)\s+)*"
    r"(?:(?:real|live|actual|human|other|different|senior|account|billing|support|sales|service"
    r"|technical|customer|customer service|customer support)\s+)*"
    r"(?:agents?|person|humans?|human being|people|representatives?|reps?|operators?|supervisors?"
    r"|managers?|advis[eo]rs?|somebody|someone|anybody|anyone"
    r"|customer (?:service|support|care))(?![\w'])"
)
"""Somebody who works for us. Not "the agent's name"."""

_TEAM = r"(?:the|your|a)\s+(?:\w+\s+){1,2}(?:department|team|desk)\b"

_THEN = (
    r"(?=\s+(?:please|now|right now|immediately|instead|here|there|today|thanks?|not|and|but"
    r"|because|i|who|that|on the (?:line|phone)|(?:call|contact|help) me"
    r"|to (?:talk|speak|help|assist|call|explain|fix|look|sort|deal|handle|answer|take))\b|\s*$)"
)
"""What may follow a person who is wanted: "i want someone to help me", not "... removed"."""

_POLITE = (
    r"(?:a|an|the|just|please|hello|hi|hey|yes|yeah|no|okay|ok|well|so|now|right|sorry|i said"
    r"|thanks|thank you|help|help me)"
)

_ME = r"(?:me|us|my call|this call|the call)"

_WISHES: Mapping[str, str] = {
    # "agent", "manager please", "agent agent agent": nothing else is said.
    "the person alone": rf"^\s*(?:{_POLITE}\s+)*{_PERSON}(?:\s+{_PERSON}|\s+{_POLITE})*\s*$",
    # "let me talk to somebody", "i'd rather deal with a human", "talk to the billing department".
    "to talk to one": rf"\b(?:talk|speak|chat|deal)\s+(?:to|with)\s+(?:{_PERSON}|{_TEAM})",
    # "i want a person", "get me an operator", "i'd like a human", "help from a person".
    "to have one": (
        r"\b(?:want|wanna have|need|prefer|reach|(?:would|'d)\s+(?:really\s+)?like"
        r"|(?:get|give|find)(?:\s+me)?|(?:help|assistance)\s+from|ask(?:ed|ing)?\s+for)\s+"
        rf"{_PERSON}{_THEN}"
    ),
    # "can i have an agent", "could i please have a human", "can you have someone call me".
    "may I have one": (
        r"\b(?:can|could|may|might|would|will)\s+(?:i|we|you)\s+(?:please\s+|just\s+)*have\s+"
        rf"{_PERSON}{_THEN}"
    ),
    # "put me through to a representative", "connect to an agent", "transfer me to your fraud team".
    "to be connected with one": (
        rf"\b(?:transfer|connect|put|pass|switch|forward|redirect|send)\s+(?:{_ME}\s+)?"
        rf"(?:straight\s+|right\s+|back\s+|through\s+|over\s+|on\s+)*(?:to|with)\s+(?:{_PERSON}|{_TEAM})"
    ),
    # "transfer me", "please put me through now": to whom goes without saying.
    "to be connected": (
        rf"\b(?:(?:transfer|connect|redirect)\s+{_ME}(?:\s+(?:over|through))?"
        rf"|put\s+{_ME}\s+through)(?=\s+(?:please|now|right now|immediately)\b|\s*$)"
    ),
    # "put somebody on the phone".
    "one on the line": rf"\bput\s+{_PERSON}\s+on\b",
    # "is there a person there", "are there any agents available", "is there someone who can help".
    "whether there is one": (
        rf"\b(?:is|are)\s+there\s+{_PERSON}(?=\s+(?:there|here|available|free|around|i|we|who|that"
        r"|to (?:talk|speak|help)|on the (?:line|phone))\b|\s*$)"
    ),
}
"""What is wished for, and the words that say so. Only words that stand together count: in "i want
to know why someone charged my card" nobody is wanted."""

_ANY_WISH = re.compile("|".join(f"(?:{pattern})" for pattern in _WISHES.values()))

_NO_WISH = re.compile(
    # "i don't want to talk to an agent", "no need to transfer me", "please do not put me through".
    r"\b(?:(?:don't|dont|do not|didn't|did not|wouldn't|would not|never|not|no need to)"
    # "do i need to talk to a person", "i had to talk to an agent", "when i talk to an agent".
    r"|do i (?:need|have) to|do i|had to|(?:when|whenever|every time|last time) i)\s+"
    r"(?:(?:want|wanna|need|wish|like|have|trying|going|asking|be|really|even|just|ever|yet|to"
    r"|you to)\s+)*?"
    rf"(?:{'|'.join(f'(?:{pattern})' for pattern in _WISHES.values())})"
)
"""A wish that is denied, asked about or told of the past. What follows it still counts: "i don't
want to talk to a robot i need an agent"."""

_FILLERS = re.compile(r"\b(?:uh|um|uhm|er|erm|hmm|hm|ah|eh|mm|huh)\b")


def asks_for_person(text: str) -> bool:
    """Whether the words ask for a person, by rule and without the dialogue engine."""
    words = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words = re.sub(r"[^\w']+", " ", _FILLERS.sub(" ", words)).strip()
    return _ANY_WISH.search(_NO_WISH.sub(" ", words)) is not None


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
