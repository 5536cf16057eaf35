"""A Media Streams connection as a `Line`: the asyncio around the protocol."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from audio.frame import FRAME_MS, LINE_RATE_HZ, SAMPLES_PER_FRAME, AudioFrame
from audio.line import KeyPressed, LineClosed, LineEvent, MarkReached
from audio.mulaw import decode
from telephony.event_queue import EventQueue, Overflow
from telephony.events import AudioReceived, Event, ProtocolFault, StreamStopped
from telephony.media_stream import MediaStreamProtocol
from telephony.ports import Tally
from telephony.settings import StreamSettings

Socket = web.WebSocketResponse
"""With `decode_text=False`: the text of a frame stays bytes, which is what the protocol parses."""

_PIECE_BYTES = 1000 // FRAME_MS * SAMPLES_PER_FRAME
"""`play` looks for room after each second of sound."""

_BATCH = 25
"""Text frames sent before other tasks get their turn: half a second of sound."""

_CLOSE_CODES = {"shutdown": WSCloseCode.GOING_AWAY, "fault": WSCloseCode.UNSUPPORTED_DATA}

_log = structlog.get_logger(__name__)


async def texts(socket: Socket) -> AsyncIterator[bytes]:
    """The content of the messages that come in, until the socket is closed."""
    async for message in socket:
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            yield message.data


class FaultLog:
    """Counts what is wrong with a stream; logs the first of each kind, the rest as a sum."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self.seen: Counter[str] = Counter()

    def add(self, fault: ProtocolFault) -> None:
        """Count a fault."""
        self._tally.count(f"stream_fault_{fault.kind}")
        self.seen[fault.kind] += 1
        if self.seen[fault.kind] == 1:
            _log.warning("stream_fault", kind=fault.kind.value, detail=fault.detail)


class TwilioLine:
    """One caller's open line (an `audio.line.Line`).

    `events()` ends with `LineClosed` for the reason `stop`, `lost` or `replaced`, for `closed` when
    `close` was called, `shutdown` when the server stops, or `fault` when the far side sends what
    cannot be borne.
    """

    def __init__(
        self,
        socket: Socket,
        protocol: MediaStreamProtocol,
        *,
        faults: FaultLog,
        settings: StreamSettings,
        tally: Tally,
    ) -> None:
        self._socket = socket
        self._protocol = protocol
        self._faults = faults
        self._settings = settings
        self._tally = tally
        self._queue = EventQueue(max_frames=settings.heard_frames)
        self._to_send = asyncio.Event()
        self._room = asyncio.Event()
        self._clears = 0
        self._ended = asyncio.Event()
        self._reason = ""

    # ------------------------------------------------------------ the port

    async def events(self) -> AsyncIterator[LineEvent]:
        """What the caller's side sends, in order; ends after `LineClosed`."""
        while True:
            event = await self._queue.get()
            yield event
            if isinstance(event, LineClosed):
                return

    async def play(self, mulaw: bytes) -> None:
        """Queue sound; waits while 30 s are waiting already. A `clear` meanwhile drops the rest."""
        clears = self._clears
        for start in range(0, len(mulaw), _PIECE_BYTES):
            while not self.ended and self._protocol.queued_frames >= self._settings.queued_frames:
                self._room.clear()
                await self._room.wait()
            if self.ended or self._clears != clears:
                return
            self._protocol.send_audio(mulaw[start : start + _PIECE_BYTES])
            self._to_send.set()

    async def mark(self, name: str) -> None:
        """Ask for `MarkReached(name)` when everything sent so far has been played."""
        if not self.ended:
            self._protocol.send_mark(name)
            self._to_send.set()

    async def clear(self) -> None:
        """Drop what is queued here and at Twilio; it overtakes all sound that is still here."""
        if not self.ended:
            self._clears += 1
            self._protocol.clear()
            self._to_send.set()
            self._room.set()

    async def close(self) -> None:
        """End the stream from our side. Doing it twice is harmless."""
        self.end("closed")

    # ------------------------------------------------------------ the shell's side

    @property
    def ended(self) -> bool:
        """Whether the line has closed."""
        return self._ended.is_set()

    @property
    def reason(self) -> str:
        """Why it has closed; empty while it is open."""
        return self._reason

    @property
    def frames_dropped(self) -> int:
        """Frames from the caller that were not read in time."""
        return self._queue.frames_dropped

    def end(self, reason: str) -> None:
        """Close the line; only the first reason counts."""
        if not self.ended:
            self._reason = reason
            self._tally.count(f"stream_end_{reason}")
            self._queue.end(LineClosed(reason=reason))
            self._ended.set()
            self._room.set()

    async def wait_ended(self) -> None:
        """Return when the line has closed."""
        await self._ended.wait()

    async def read(self) -> None:
        """Take what the far side sends until it stops, is silent for too long or has gone."""
        loop = asyncio.get_running_loop()
        idle_s = self._settings.idle_timeout_s
        try:
            async with asyncio.timeout(idle_s) as limit:
                async for text in texts(self._socket):
                    limit.reschedule(loop.time() + idle_s)
                    for event in self._protocol.receive(text):
                        self._take(event)
        except TimeoutError:
            self._tally.count("stream_silent")
        except Overflow:
            self._tally.count("stream_overflow")
            self.end("fault")
        self.end("lost")

    def _take(self, event: Event) -> None:
        match event:
            case AudioReceived():
                frame = AudioFrame(
                    pcm=decode(event.mulaw),
                    rate_hz=LINE_RATE_HZ,
                    sequence=event.sequence,
                    timestamp_ms=event.timestamp_ms,
                )
                if not self._queue.put(frame):
                    self._tally.count("frames_dropped")
                    if self._queue.frames_dropped == 1:
                        _log.warning("frames_dropped", bound=self._settings.heard_frames)
            case KeyPressed() | MarkReached():
                self._queue.put(event)
            case StreamStopped():
                self.end("stop")
            case ProtocolFault():
                self._faults.add(event)
                if event.fatal:
                    self.end("fault")

    async def write(self) -> None:
        """Send what is queued, for as long as the far side takes it."""
        try:
            while True:
                await self._to_send.wait()
                self._to_send.clear()
                while batch := self._protocol.data_to_send(_BATCH):
                    async with asyncio.timeout(self._settings.send_timeout_s):
                        for text in batch:
                            await self._socket.send_frame(text, WSMsgType.TEXT)
                    self._room.set()
                    await asyncio.sleep(0)
        except TimeoutError:
            self._tally.count("stream_blocked")
        except ConnectionError:
            _log.info("stream_broken")
        self.end("lost")

    @property
    def close_code(self) -> int:
        """The WebSocket close code that fits the reason."""
        return _CLOSE_CODES.get(self._reason, WSCloseCode.OK)
