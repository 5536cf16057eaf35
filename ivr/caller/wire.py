"""The messages of a Media Stream, as Twilio writes and reads them.

Field names, and numbers as texts, are those of
twilio.com/docs/voice/media-streams/websocket-messages.
"""

import base64
import binascii

import msgspec


class WireError(ValueError):
    """The line sent something that Twilio would not understand."""


class _Out(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="event"):
    pass


class Connected(_Out, frozen=True, tag="connected"):
    """The first message."""

    protocol: str = "Call"
    version: str = "1.0.0"


class MediaFormat(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Media Streams know only this one."""

    encoding: str = "audio/x-mulaw"
    sample_rate: int = 8000
    channels: int = 1


class StartBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which call the stream belongs to."""

    account_sid: str
    stream_sid: str
    call_sid: str
    custom_parameters: dict[str, str]
    tracks: tuple[str, ...] = ("inbound",)
    media_format: MediaFormat = MediaFormat()


class Start(_Out, frozen=True, tag="start"):
    """The second message."""

    sequence_number: str
    start: StartBody
    stream_sid: str


class MediaBody(msgspec.Struct, frozen=True, kw_only=True):
    """20 ms of the caller's sound."""

    chunk: str
    timestamp: str
    payload: str
    track: str = "inbound"


class Media(_Out, frozen=True, tag="media"):
    """One frame of sound."""

    sequence_number: str
    media: MediaBody
    stream_sid: str


class DtmfBody(msgspec.Struct, frozen=True, kw_only=True):
    """One key."""

    digit: str
    track: str = "inbound_track"


class Dtmf(_Out, frozen=True, tag="dtmf"):
    """The caller pressed a key."""

    stream_sid: str
    sequence_number: str
    dtmf: DtmfBody


class MarkBody(msgspec.Struct, frozen=True, kw_only=True):
    """The name that the line gave."""

    name: str


class Mark(_Out, frozen=True, tag="mark"):
    """A mark comes back."""

    sequence_number: str
    stream_sid: str
    mark: MarkBody


class StopBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which call has ended."""

    account_sid: str
    call_sid: str


class Stop(_Out, frozen=True, tag="stop"):
    """The last message."""

    sequence_number: str
    stream_sid: str
    stop: StopBody


class _In(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="event"):
    stream_sid: str


class SoundBody(msgspec.Struct, frozen=True, kw_only=True):
    """Base64 of mu-law sound of any length."""

    payload: str


class LineMedia(_In, frozen=True, tag="media"):
    """Sound to play."""

    media: SoundBody

    def sound(self) -> bytes:
        """The mu-law bytes.

        Raises:
            WireError: the payload is not base64, or empty.
        """
        try:
            sound = base64.b64decode(self.media.payload, validate=True)
        except binascii.Error as error:
            raise WireError("a media message holds no base64") from error
        if not sound:
            raise WireError("a media message holds no sound")
        return sound


class LineMark(_In, frozen=True, tag="mark"):
    """Asks to hear when playout gets here."""

    mark: MarkBody


class LineClear(_In, frozen=True, tag="clear"):
    """Drop what is not played yet."""


FromLine = LineMedia | LineMark | LineClear

_decoder = msgspec.json.Decoder(FromLine)


def from_line(text: str, stream_sid: str) -> FromLine:
    """Read a message of the line.

    Raises:
        WireError: it is not JSON, not a message that Twilio knows, or for another stream.
    """
    try:
        message: FromLine = _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise WireError(f"the line sent a message that Twilio refuses: {error}") from error
    if message.stream_sid != stream_sid:
        raise WireError("the line sent a message for another stream")
    return message


def encode(message: _Out) -> str:
    """A message of Twilio as text."""
    return msgspec.json.encode(message).decode()


def media(frame: bytes, *, sequence: int, chunk: int, timestamp_ms: int, stream_sid: str) -> str:
    """The message for one frame of the caller's sound."""
    body = MediaBody(
        chunk=str(chunk), timestamp=str(timestamp_ms), payload=base64.b64encode(frame).decode()
    )
    return encode(Media(sequence_number=str(sequence), media=body, stream_sid=stream_sid))
