"""What outlives a stream: enough to go on with the same call on another one."""

from dataclasses import dataclass

from dialog.secrets import SecretVault
from dialog.types import Ask
from dialog.verification import Verification
from ivr.call.record import CallRecord


@dataclass(slots=True, kw_only=True)
class CallMemory:
    """One call beyond its stream.

    Attributes:
        began_s: the clock when the call began, in seconds.
        last_ask: the question that was open when the stream ended; None before the first.
        streams: how many streams the call has had.
    """

    record: CallRecord
    verification: Verification
    vault: SecretVault
    began_s: float
    last_ask: Ask | None = None
    streams: int = 0

    @property
    def call_sid(self) -> str:
        """Twilio's name of the call."""
        return self.record.call_sid
