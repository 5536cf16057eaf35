"""What the Media Streams protocol reports: the values between its core and its shell.

Keys and marks are reported as the `audio.line` events of the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from audio.line import KeyPressed, MarkReached


class FaultKind(StrEnum):
    """What can be wrong with what the far side sends."""

    OVERSIZE = "oversize"
    NOT_JSON = "not_json"
    UNKNOWN_EVENT = "unknown_event"
    MALFORMED = "malformed"
    BEFORE_START = "before_start"
    SECOND_START = "second_start"
    SECOND_CONNECTED = "second_connected"
    AFTER_STOP = "after_stop"
    UNSUPPORTED_FORMAT = "unsupported_format"
    OTHER_STREAM = "other_stream"
    WRONG_TRACK = "wrong_track"
    NOT_BASE64 = "not_base64"
    WRONG_LENGTH = "wrong_length"
    FRAMES_LOST = "frames_lost"
    STALE_FRAME = "stale_frame"
    RENUMBERED = "renumbered"
    TIMESTAMP_JUMP = "timestamp_jump"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_MARK = "unknown_mark"
    MARK_ORDER = "mark_order"


_FATAL = frozenset({FaultKind.UNSUPPORTED_FORMAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStarted:
    """The stream is open and sound may be sent.

    Attributes:
        account_sid: the Twilio account that the call belongs to.
        parameters: the `<Parameter>` values of the TwiML that opened the stream; the token is
            among them, so they stay out of logs.
        encoding, rate_hz, channels: the format of the sound; always mu-law, 8 kHz, mono.
    """

    call_sid: str
    stream_sid: str
    parameters: Mapping[str, str] = field(repr=False)
    encoding: str
    rate_hz: int
    channels: int
    account_sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioReceived:
    """20 ms from the caller.

    Attributes:
        mulaw: 160 bytes.
        sequence: number of the frame as received, from 0, without gaps.
        timestamp_ms: of the first sample, since the stream began; a stretch that was lost on the
            way shows here.
    """

    mulaw: bytes
    sequence: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStopped:
    """The far side ended the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolFault:
    """Something that should not have been sent; it was ignored unless `detail` says otherwise.

    Attributes:
        detail: a sentence for the log; never a payload, a key or a parameter.
    """

    kind: FaultKind
    detail: str

    @property
    def fatal(self) -> bool:
        """Whether the stream cannot go on."""
        return self.kind in _FATAL


Event = StreamStarted | AudioReceived | KeyPressed | MarkReached | StreamStopped | ProtocolFault
