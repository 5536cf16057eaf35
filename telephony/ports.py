"""What telephony needs from outside: who decides, who remembers, who counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from audio.line import Line
from telephony.events import StreamStarted

# ---------------------------------------------------------------- decisions about a call


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall:
    """A call that rings.

    Attributes:
        from_number: E.164, a SIP address or `client:...`; empty when the caller withholds it.
        to_number: the line's own number.
    """

    call_sid: str
    account_sid: str
    from_number: str
    to_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """A status callback. They come late, twice and out of order: `sequence` orders them.

    Attributes:
        status: Twilio's word, such as `in-progress` or `completed`.
        sequence: 0 for the first event of the call.
        at: when it happened; None when the callback does not say.
    """

    call_sid: str
    status: str
    sequence: int
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converse:
    """Connect the caller with the assistant over a stream.

    Attributes:
        parameters: handed back in `StreamStarted.parameters`; name and value under 500 characters.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQueue:
    """Let the caller wait for a person.

    Attributes:
        queue: name, at most 64 characters.
        text: said before the waiting begins; empty: nothing.
    """

    queue: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenEnd:
    """Say a sentence and hang up."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Hang up; everything has been said."""


NextStep = Converse | ToQueue | SpokenEnd | End


class CallDesk(Protocol):
    """Decides what happens with a call whenever Twilio asks.

    Each method may be asked again for the same event (a retry whose first answer was lost on
    another node): the answer must be the same and nothing may be done twice. An exception or a late
    answer (`TelephonySettings.decision_timeout_s`) brings the caller to a person.
    """

    async def incoming(self, call: IncomingCall) -> NextStep:
        """A call rings."""
        ...

    async def stream_ended(self, call_sid: str, from_number: str = "") -> NextStep:
        """The stream has ended, on purpose or not; `Converse` resumes the conversation.

        `from_number` is as in `IncomingCall`.
        """
        ...

    async def queue_left(self, call_sid: str, result: str) -> NextStep:
        """The caller is out of the queue; `result` is Twilio's word, such as `queue-full`."""
        ...

    async def status(self, status: CallStatus) -> None:
        """A status callback came."""
        ...


# ---------------------------------------------------------------- the stream


class Conversation(Protocol):
    """Talks with one caller over an open line; the line is closed when it returns."""

    async def __call__(self, line: Line, started: StreamStarted) -> None:
        """Run until the conversation is over or the line has closed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a stream may begin.

    Attributes:
        refusal: None: it may; else the reason in a word, for the log and the close frame.
    """

    refusal: str | None = None


class StreamAdmission(Protocol):
    """Decides whether a stream belongs to a call that we answered."""

    async def admit(self, call_sid: str, token: str) -> Admission:
        """Judge the token that came with the stream's start."""
        ...


class UsedTokens(Protocol):
    """Remembers which one-time tokens have been used."""

    async def use(self, nonce: str, ttl_s: int) -> bool:
        """True for the first use only, atomically; may be forgotten after `ttl_s` seconds."""
        ...


# ---------------------------------------------------------------- memory and figures


class ResponseLedger(Protocol):
    """Remembers the answers to webhooks, so that a retry gets the answer of the first request."""

    async def recall(self, key: str) -> str | None:
        """The stored answer, or None."""
        ...

    async def first(self, key: str, response_body: str) -> str:
        """Store the answer unless there is one already, atomically; the stored one comes back."""
        ...


class Tally(Protocol):
    """Counts what happened, for the metrics."""

    def count(self, what: str, amount: int = 1) -> None:
        """Add to a counter; `what` is a fixed lower-case name such as `signature_refused`."""
        ...
