"""The Media Streams protocol of one connection, without I/O.

Text that came in goes to `receive`, which returns events and never raises for what the far side
sent; `send_audio`, `send_mark` and `clear` queue text that `data_to_send` hands out. The shell
around it is `telephony.media_socket`.
"""

import binascii
from enum import Enum, auto

from audio.frame import FRAME_MS, LINE_RATE_HZ
from audio.line import KeyPressed
from telephony.events import (
    AudioReceived,
    Event,
    FaultKind,
    ProtocolFault,
    StreamStarted,
    StreamStopped,
)
from telephony.frame_order import FrameOrder
from telephony.messages import (
    CHANNELS,
    ENCODING,
    Connected,
    Dtmf,
    Incoming,
    Mark,
    Media,
    MediaFormat,
    Numeral,
    Start,
    Stop,
    UnreadableMessage,
    decode,
)
from telephony.outbox import FRAME_BYTES, Outbox

MAX_MESSAGE_BYTES = 64 * 1024
"""Twilio's messages are under 1 KB; custom parameters make `start` the longest."""

_KEYS = frozenset("0123456789*#ABCD")


class NotStarted(RuntimeError):
    """Something was to be sent before the far side's `start`: the stream has no name yet."""


class _State(Enum):
    WAITING = auto()
    STREAMING = auto()
    STOPPED = auto()


class MediaStreamProtocol:
    """Both directions of one Media Streams connection."""

    def __init__(self) -> None:
        self._state = _State.WAITING
        self._connected = False
        self._stream_sid = ""
        self._order = FrameOrder()
        self._sequence = 0
        self._outbox: Outbox | None = None  # there is one once the stream has a name

    # ------------------------------------------------------------ counters

    @property
    def frames_received(self) -> int:
        """Frames reported as `AudioReceived`."""
        return self._sequence

    @property
    def frames_lost(self) -> int:
        """Frames that the far side numbered and that never came."""
        return self._order.frames_lost

    @property
    def frames_stale(self) -> int:
        """Frames dropped because they came twice or too late."""
        return self._order.frames_stale

    @property
    def queued_frames(self) -> int:
        """Frames for the caller that `data_to_send` has not handed out yet."""
        return self._outbox.queued_frames if self._outbox else 0

    @property
    def pending_marks(self) -> int:
        """Marks sent and not yet returned."""
        return self._outbox.pending_marks if self._outbox else 0

    # ------------------------------------------------------------ in

    def receive(self, data: str | bytes) -> list[Event]:
        """Take the text of one WebSocket message and report what it means."""
        if len(data) > MAX_MESSAGE_BYTES:
            return [_fault(FaultKind.OVERSIZE, f"a message of {len(data)}")]
        try:
            message = decode(data)
        except UnreadableMessage as problem:
            return [_fault(problem.kind, "not a message of the protocol")]
        return self._receive_message(message)

    def _receive_message(self, message: Incoming) -> list[Event]:
        match message:
            case _ if self._state is _State.STOPPED:
                return [_fault(FaultKind.AFTER_STOP, f"{_name(message)} after stop")]
            case Connected():
                return self._receive_connected()
            case Start():
                return self._receive_start(message)
            case _ if self._outbox is None:
                return [_fault(FaultKind.BEFORE_START, f"{_name(message)} before start")]
            case _ if message.stream_sid != self._stream_sid:
                return [_fault(FaultKind.OTHER_STREAM, f"{_name(message)} of another stream")]
            case _:
                return self._receive_streaming(message, self._outbox)

    def _receive_streaming(
        self, message: Media | Dtmf | Mark | Stop, outbox: Outbox
    ) -> list[Event]:
        match message:
            case Media():
                return self._receive_media(message)
            case Dtmf():
                return _receive_dtmf(message)
            case Mark():
                return outbox.returned(message.mark.name)
            case _:  # Stop
                self._state = _State.STOPPED
                return [StreamStopped()]

    def _receive_connected(self) -> list[Event]:
        if self._connected or self._state is _State.STREAMING:
            return [_fault(FaultKind.SECOND_CONNECTED, "connected came again or after start")]
        self._connected = True
        return []

    def _receive_start(self, message: Start) -> list[Event]:
        if self._state is _State.STREAMING:
            return [_fault(FaultKind.SECOND_START, "start came again")]
        body = message.start
        if not message.stream_sid or body.stream_sid not in {"", message.stream_sid}:
            return [_fault(FaultKind.OTHER_STREAM, "start names two streams, or none")]
        form = body.media_format
        wanted = MediaFormat(encoding=ENCODING, sample_rate=LINE_RATE_HZ, channels=CHANNELS)
        if form != wanted or "inbound" not in body.tracks:
            detail = (
                f"need {ENCODING} {LINE_RATE_HZ} Hz mono of the inbound track, "
                f"got {form.encoding[:40]!r} {form.sample_rate} Hz {form.channels} ch"
            )
            return [_fault(FaultKind.UNSUPPORTED_FORMAT, detail)]
        self._state = _State.STREAMING
        self._stream_sid = message.stream_sid
        self._outbox = Outbox(message.stream_sid)
        return [
            StreamStarted(
                account_sid=body.account_sid,
                call_sid=body.call_sid,
                stream_sid=message.stream_sid,
                parameters=body.custom_parameters,
                encoding=form.encoding,
                rate_hz=form.sample_rate,
                channels=form.channels,
            )
        ]

    def _receive_media(self, message: Media) -> list[Event]:
        body = message.media
        if body.track != "inbound":
            return [_fault(FaultKind.WRONG_TRACK, "sound of a track other than the caller's")]
        try:
            mulaw = binascii.a2b_base64(body.payload, strict_mode=True)
        except ValueError:
            return [_fault(FaultKind.NOT_BASE64, "a payload that is not base64")]
        frames, rest = divmod(len(mulaw), FRAME_BYTES)
        if rest or not frames:
            return [_fault(FaultKind.WRONG_LENGTH, f"a payload of {len(mulaw)} bytes")]
        try:
            chunk, told_ms = _number(body.chunk), _number(body.timestamp)
        except ValueError:
            return [_fault(FaultKind.MALFORMED, "a chunk or timestamp that is not a number")]
        at_ms, faults = self._order.place(chunk, told_ms, frames)
        events: list[Event] = [*faults]
        if at_ms is not None:
            for index in range(frames):
                start = index * FRAME_BYTES
                events.append(
                    AudioReceived(
                        mulaw=mulaw[start : start + FRAME_BYTES],
                        sequence=self._sequence,
                        timestamp_ms=at_ms + index * FRAME_MS,
                    )
                )
                self._sequence += 1
        return events

    # ------------------------------------------------------------ out

    def send_audio(self, mulaw: bytes) -> None:
        """Queue 8 kHz mu-law sound; less than a frame is held for the next call or `flush`.

        Nothing more is queued after `stop`, here and below: there is nobody left to hear it.

        Raises:
            NotStarted: the far side has not sent `start`.
        """
        if outbox := self._open_outbox():
            outbox.audio(mulaw)

    def flush(self) -> None:
        """Queue the held rest of a frame, filled up with silence.

        Raises:
            NotStarted: the far side has not sent `start`.
        """
        if outbox := self._open_outbox():
            outbox.flush()

    def send_mark(self, name: str) -> None:
        """Flush, and ask for `MarkReached(name)` when everything up to here has been played.

        Raises:
            NotStarted: the far side has not sent `start`.
        """
        if outbox := self._open_outbox():
            outbox.mark(name)

    def clear(self) -> None:
        """Drop the sound that is queued here, and have the far side drop what it has.

        Every mark sent before comes back, in order, as `cleared`: also one that was reached by
        playing while the `clear` was on its way, for the far side does not tell them apart.

        Raises:
            NotStarted: the far side has not sent `start`.
        """
        if outbox := self._open_outbox():
            outbox.clear()

    def data_to_send(self, limit: int | None = None) -> list[bytes]:
        """Take the queued text frames (UTF-8), oldest first, at most `limit` of them."""
        return self._outbox.take(limit) if self._outbox else []

    def _open_outbox(self) -> Outbox | None:
        if self._outbox is None:
            raise NotStarted("nothing can be sent before the stream's start message")
        return self._outbox if self._state is _State.STREAMING else None


def _receive_dtmf(message: Dtmf) -> list[Event]:
    key = message.dtmf.digit
    if key not in _KEYS:
        return [_fault(FaultKind.UNKNOWN_KEY, "no key of a telephone")]
    return [KeyPressed(key=key)]


def _fault(kind: FaultKind, detail: str) -> ProtocolFault:
    return ProtocolFault(kind=kind, detail=detail)


def _name(message: Incoming) -> str:
    return type(message).__name__.lower()


def _number(numeral: Numeral | None) -> int | None:
    return None if numeral is None else int(numeral)
