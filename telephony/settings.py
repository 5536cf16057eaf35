"""What telephony can be told by its operator."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """Limits of one media stream."""

    start_timeout_s: float = 5.0
    """How long a new socket may take to send `start`."""

    idle_timeout_s: float = 10.0
    """A stream that sends nothing for so long is lost (Twilio sends 50 frames a second)."""

    send_timeout_s: float = 5.0
    """A far side that takes no data for so long is lost."""

    close_timeout_s: float = 2.0
    """How long the closing handshake may take."""

    admission_timeout_s: float = 3.0
    """How long the check of the token may take."""

    conversation_grace_s: float = 30.0
    """How long a conversation may go on after its line has closed, to put its affairs in order."""

    handover_timeout_s: float = 2.0
    """How long a second stream of a call waits for the conversation of the first to end."""

    heard_frames: int = 500
    """Frames from the caller that may wait unread (10 s); the oldest are dropped beyond it."""

    queued_frames: int = 1500
    """Frames for the caller that may wait to be sent (30 s); `play` waits beyond it."""

    max_lines: int = 200
    """Streams at one time in this process; more are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonySettings:
    """What the webhooks and the stream need to know.

    Raises:
        ValueError: `public_url` or `auth_token` cannot work; the sentence says why.
    """

    auth_token: str = field(repr=False)
    """The secret Twilio signs with."""

    public_url: str
    """Where Twilio reaches this server, such as `https://ivr.example.com`."""

    account_sid: str = ""
    """The Twilio account that calls; requests of another one are refused. Empty: any that signs."""

    fallback_queue: str = "support"
    """The queue for callers whose call cannot be handled by the assistant."""

    apology: str = "I'm sorry, something went wrong on our side. Let me connect you to a person."
    """Said before the caller is put into the fallback queue."""

    farewell: str = "I'm sorry, nobody can take your call right now. Please try again later."
    """Said when even the queue has failed."""

    hold_text: str = "Please stay on the line. A person will be with you as soon as possible."
    """Said again and again while the caller waits."""

    hold_music_url: str | None = None
    """Played while the caller waits; None: pauses between the sentences."""

    decision_timeout_s: float = 5.0
    """How long the desk may take to decide (Twilio waits 15 s in all, retries included)."""

    ledger_timeout_s: float = 1.0
    """How long the store of answers may take; without it a retry is decided anew."""

    token_ttl_s: int = 60
    """How long a stream may take to open after the webhook was answered."""

    max_body_bytes: int = 64 * 1024
    """Longest webhook body; Twilio's have about 1 KB."""

    stream: StreamSettings = field(default_factory=StreamSettings)

    def __post_init__(self) -> None:
        """Check what would otherwise fail with the first call."""
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"public_url {self.public_url!r} is not an http(s) address")
        if parts.query or parts.fragment:
            raise ValueError(f"public_url {self.public_url!r} must not have a query or fragment")
        if not self.auth_token:
            raise ValueError("auth_token is empty: requests could not be told from forgeries")
