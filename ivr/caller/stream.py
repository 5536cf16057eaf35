"""One Media Stream: the thin shell between a WebSocket and the handset."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aiohttp

from audio.frame import FRAME_MS
from ivr.caller.handset import Handset
from ivr.caller.media import PlayoutOverflow
from ivr.caller.wire import (
    Connected,
    Dtmf,
    DtmfBody,
    LineClear,
    LineMark,
    LineMedia,
    Mark,
    MarkBody,
    Start,
    StartBody,
    Stop,
    StopBody,
    WireError,
    encode,
    from_line,
    media,
)

SEND_TIMEOUT_S: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How fast the caller's time runs.

    Attributes:
        frame_s: real seconds for 20 ms of a call. Anything but 0.02 is for tests of this caller.
        poll_s: seconds between two looks into the line's record.
    """

    frame_s: float = FRAME_MS / 1000
    poll_s: float = 0.2

    def real_s(self, call_s: float) -> float:
        """How long `call_s` seconds of a call take."""
        return call_s * self.frame_s * 1000 / FRAME_MS


class StreamEnd(StrEnum):
    """How a stream ended."""

    CLOSED = "closed"
    """The line closed it."""
    LOST = "lost"
    """The connection broke."""
    HUNG_UP = "hung_up"
    """The caller hung up."""


class MediaStream:
    """Speaks the Media Streams protocol over an open WebSocket, in real time.

    Args:
        socket: open, and closed by `run`.
        handset: what is said, pressed and heard.
        account_sid: of the account that calls.
        call_sid: of the call.
        parameters: go to the line as `customParameters`.
        timing: how fast.
        hang_up: set when the caller hangs up.
        problem: told, as a sentence, what the line did that Twilio refuses.
    """

    def __init__(  # noqa: PLR0913 - the parts of one stream, all named at the only call
        self,
        socket: aiohttp.ClientWebSocketResponse,
        *,
        handset: Handset,
        account_sid: str,
        call_sid: str,
        parameters: dict[str, str],
        timing: Timing,
        hang_up: asyncio.Event,
        problem: Callable[[str], None],
    ) -> None:
        self.stream_sid = "MZ" + secrets.token_hex(16)
        self.frames_sent = 0
        self.frames_received = 0
        """Media messages of the line."""
        self.late_ms = 0.0
        """How far the caller fell behind its schedule, at worst: the machine was too busy."""
        self._socket = socket
        self._handset = handset
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._parameters = parameters
        self._timing = timing
        self._hang_up = hang_up
        self._problem = problem
        self._sequence = 0
        self._broken = False

    async def run(self) -> StreamEnd:
        """Carry the stream until somebody ends it."""
        receiver = asyncio.create_task(self._receive())
        try:
            await self._open()
            await self._tick_until(receiver)
            if not receiver.done():
                await self._send(self._stop())
        except (ConnectionError, TimeoutError):
            self._broken = True
        finally:
            receiver.cancel()
            await asyncio.wait({receiver})
            await self._socket.close()
        if not receiver.cancelled():
            receiver.result()
        if self._hang_up.is_set():
            return StreamEnd.HUNG_UP
        normal = self._socket.close_code == aiohttp.WSCloseCode.OK
        return StreamEnd.CLOSED if normal and not self._broken else StreamEnd.LOST

    async def _open(self) -> None:
        body = StartBody(
            account_sid=self._account_sid,
            stream_sid=self.stream_sid,
            call_sid=self._call_sid,
            custom_parameters=self._parameters,
        )
        await self._send(encode(Connected()))
        await self._send(
            encode(Start(sequence_number=self._next(), start=body, stream_sid=self.stream_sid))
        )

    async def _tick_until(self, receiver: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while not receiver.done() and not self._hang_up.is_set():
            # The schedule is absolute: a late frame does not delay those after it.
            wait_s = begin + self.frames_sent * self._timing.frame_s - loop.time()
            if wait_s > 0:
                await asyncio.wait({receiver}, timeout=wait_s)
                continue
            self.late_ms = max(self.late_ms, -wait_s * 1000)
            await self._tick()

    async def _tick(self) -> None:
        tick = self._handset.tick()
        await self._send(
            media(
                tick.caller,
                sequence=int(self._next()),
                chunk=self.frames_sent + 1,
                timestamp_ms=self.frames_sent * FRAME_MS,
                stream_sid=self.stream_sid,
            )
        )
        self.frames_sent += 1
        if tick.key:
            await self._send(
                encode(
                    Dtmf(
                        stream_sid=self.stream_sid,
                        sequence_number=self._next(),
                        dtmf=DtmfBody(digit=tick.key),
                    )
                )
            )
        await self._return_marks(tick.marks)

    async def _receive(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                self._problem("the line sent bytes, and Twilio takes only text")
                continue
            try:
                await self._obey(message.data)
            except (WireError, PlayoutOverflow) as error:
                self._problem(str(error))
            except (ConnectionError, TimeoutError):
                self._broken = True
                return

    async def _obey(self, text: str) -> None:
        match from_line(text, self.stream_sid):
            case LineMedia() as sound:
                self.frames_received += 1
                self._handset.playout.push(sound.sound())
            case LineMark(mark=mark):
                self._handset.playout.mark(mark.name)
            case LineClear():
                await self._return_marks(self._handset.playout.clear())

    async def _return_marks(self, names: tuple[str, ...]) -> None:
        for name in names:
            await self._send(
                encode(
                    Mark(
                        sequence_number=self._next(),
                        stream_sid=self.stream_sid,
                        mark=MarkBody(name=name),
                    )
                )
            )

    def _stop(self) -> str:
        body = StopBody(account_sid=self._account_sid, call_sid=self._call_sid)
        return encode(Stop(sequence_number=self._next(), stream_sid=self.stream_sid, stop=body))

    def _next(self) -> str:
        self._sequence += 1
        return str(self._sequence)

    async def _send(self, text: str) -> None:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await self._socket.send_str(text)
