"""The values that pass between the call and the dialogue engine. No dependencies, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from speech.events import Transcript
from speech.expect import FREE, Expect

# ---------------------------------------------------------------- from the caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The caller said something."""

    transcript: Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The caller pressed keys that answer the question: digits only, `#` already taken off."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The caller said nothing within the time the question allows."""


CallerInput = Speech | Keys | Silence


# ---------------------------------------------------------------- to the caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the line waits for.

    Attributes:
        expect: what is expected by voice.
        slot: name of the value for the dialogue engine; None for a free answer.
        keys: what is expected by keys, where that is not `expect` (a PIN, not a birth date).
        keys_slot: its name.
        secret: the answer goes by reference and never into a tracker, a log or a transcript.
    """

    expect: Expect = FREE
    slot: str | None = None
    keys: Expect | None = None
    keys_slot: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak a text."""

    text: str
    interruptible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Speak a text and wait for the answer to its question."""

    text: str
    question: Question
    interruptible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Hand the caller to a person."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """End the call; what is to be said before comes in its own `Say`."""


BotAction = Say | Ask | Transfer | HangUp


# ---------------------------------------------------------------- to and from the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Free words for the engine to understand."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something already understood: an intent with values, past the language understanding.

    A secret appears in `values` only as a reference (`dialog.secrets`).
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


Message = Said | Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """What the engine may know of the call when it answers.

    Attributes:
        silences: questions in a row that got no answer, this one included.
        misses: answers in a row that were not understood, before this one.
        verified: whether the caller's identity has been verified.
    """

    silences: int = 0
    misses: int = 0
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The engine's answer: never without an action (an empty answer is a failure of the engine)."""

    actions: tuple[BotAction, ...]
    intent: str | None = None
    confidence: float | None = None
    slots: Mapping[str, object] = field(default_factory=dict)
    active_form: str | None = None


# ---------------------------------------------------------------- the record


class Who(StrEnum):
    """Who speaks in a turn."""

    CALLER = "caller"
    ASSISTANT = "assistant"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of the conversation, as it is stored and shown.

    Attributes:
        at_ms: when it began, counted from the start of the call.
        confidence: of the dialogue engine for a caller's turn; None for the assistant's.
        heard_ms: how much of the assistant's turn was played to the caller; None for a caller's.
    """

    who: Who
    text: str
    at_ms: int
    confidence: float | None = None
    intent: str | None = None
    heard_ms: int | None = None
