"""The JSON messages of Twilio Media Streams, both ways, as typed structs.

Field names and values follow Twilio's documentation page "Media Streams - WebSocket Messages"
(sections "WebSocket messages from Twilio" and "Send WebSocket messages to Twilio"). Twilio writes
its counters (`sequenceNumber`, `chunk`, `timestamp`) as strings; numbers are read as well. A field
that the page gives only one value for may be absent and has that value then.
"""

import msgspec

from telephony.events import FaultKind

Numeral = int | str
"""A counter on the wire: `"4"` from Twilio."""

ENCODING = "audio/x-mulaw"
SAMPLE_RATE_HZ = 8000
CHANNELS = 1


class _Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """The object inside a message, under the name of its event."""


class _Message(_Body, frozen=True, kw_only=True, rename="camel", gc=False, tag_field="event"):
    """A whole message; `event` says which."""


# ---------------------------------------------------------------- from Twilio


class MediaFormat(_Body, frozen=True, kw_only=True, gc=False):
    """The format of every payload of the stream."""

    encoding: str = ENCODING
    sample_rate: int = SAMPLE_RATE_HZ
    channels: int = CHANNELS


class StartBody(_Body, frozen=True, kw_only=True):
    """What is said of the stream when it begins."""

    account_sid: str = ""
    stream_sid: str = ""
    call_sid: str
    tracks: tuple[str, ...] = ("inbound",)
    media_format: MediaFormat = MediaFormat()
    custom_parameters: dict[str, str] = {}


class MediaBody(_Body, frozen=True, kw_only=True, gc=False):
    """20 ms of sound; `payload` is base64, `timestamp` milliseconds since the stream began."""

    track: str = "inbound"
    chunk: Numeral | None = None
    timestamp: Numeral | None = None
    payload: str


class DtmfBody(_Body, frozen=True, kw_only=True, gc=False):
    """One key."""

    track: str = "inbound_track"
    digit: str


class MarkBody(_Body, frozen=True, kw_only=True, gc=False):
    """The name given with a mark; the same object both ways."""

    name: str


class StopBody(_Body, frozen=True, kw_only=True, gc=False):
    """Which call's stream has ended."""

    account_sid: str = ""
    call_sid: str = ""


class Connected(_Message, frozen=True, kw_only=True, gc=False, tag="connected"):
    """The first message on the socket."""

    protocol: str = "Call"
    version: str = "1.0.0"


class Start(_Message, frozen=True, kw_only=True, tag="start"):
    """The stream begins; comes once."""

    sequence_number: Numeral = "1"
    start: StartBody
    stream_sid: str


class Media(_Message, frozen=True, kw_only=True, gc=False, tag="media"):
    """Sound from the caller."""

    sequence_number: Numeral | None = None
    media: MediaBody
    stream_sid: str


class Dtmf(_Message, frozen=True, kw_only=True, gc=False, tag="dtmf"):
    """The caller pressed a key."""

    stream_sid: str
    sequence_number: Numeral | None = None
    dtmf: DtmfBody


class Mark(_Message, frozen=True, kw_only=True, gc=False, tag="mark"):
    """What was sent before the mark has been played, or was dropped by `clear`."""

    sequence_number: Numeral | None = None
    stream_sid: str
    mark: MarkBody


class Stop(_Message, frozen=True, kw_only=True, gc=False, tag="stop"):
    """The stream has stopped or the call has ended."""

    sequence_number: Numeral | None = None
    stop: StopBody = StopBody()
    stream_sid: str


Incoming = Connected | Start | Media | Dtmf | Mark | Stop


# ---------------------------------------------------------------- to Twilio


class MediaOutBody(_Body, frozen=True, kw_only=True, gc=False):
    """Raw mu-law sound at 8 kHz, written as base64."""

    payload: bytes


class MediaOut(_Message, frozen=True, kw_only=True, gc=False, tag="media"):
    """Sound for the caller, played after what was sent before."""

    stream_sid: str
    media: MediaOutBody


class MarkOut(_Message, frozen=True, kw_only=True, gc=False, tag="mark"):
    """Asks for a `mark` in return when everything sent before it has been played."""

    stream_sid: str
    mark: MarkBody


class ClearOut(_Message, frozen=True, kw_only=True, gc=False, tag="clear"):
    """Drops what has been sent and not yet played; all pending marks come back."""

    stream_sid: str


Outgoing = MediaOut | MarkOut | ClearOut


# ---------------------------------------------------------------- reading and writing


class UnreadableMessage(ValueError):
    """The text is no message of the protocol.

    Attributes:
        kind: what is wrong with it.
    """

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


class _AnyEvent(msgspec.Struct, frozen=True):
    event: str


_EVENTS = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})
_decoder: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)
_event_decoder = msgspec.json.Decoder(_AnyEvent)
_outgoing_decoder: msgspec.json.Decoder[Outgoing] = msgspec.json.Decoder(Outgoing)
_encoder = msgspec.json.Encoder()


def decode(data: str | bytes) -> Incoming:
    """Read one message from Twilio.

    Raises:
        UnreadableMessage: not JSON, an unknown event, or fields missing or of the wrong type.
    """
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        raise UnreadableMessage(_what_is_wrong(data)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UnreadableMessage(FaultKind.NOT_JSON) from None


def _what_is_wrong(data: str | bytes) -> FaultKind:
    try:
        event = _event_decoder.decode(data).event
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return FaultKind.MALFORMED
    return FaultKind.MALFORMED if event in _EVENTS else FaultKind.UNKNOWN_EVENT


def decode_outgoing(data: str | bytes) -> Outgoing:
    """Read one message to Twilio, as the far side does.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _outgoing_decoder.decode(data)


def encode(message: Incoming | Outgoing) -> bytes:
    """The message as the UTF-8 of one WebSocket text frame."""
    return _encoder.encode(message)
