"""Twilio's side of telephony: its messages, its sockets, and stand-ins behind telephony's ports."""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient

from telephony import messages
from telephony.ports import CallStatus, IncomingCall, NextStep
from telephony.signatures import SIGNATURE_HEADER, sign

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC_URL = "https://ivr.example.com"
CALL_SID = "CA" + "0123456789abcdef" * 2
ACCOUNT_SID = "AC" + "0" * 32
STREAM_SID = "MZ" + "1" * 32
FRAME = bytes(range(160))


# ---------------------------------------------------------------- messages


def connected() -> bytes:
    """The first message."""
    return messages.encode(messages.Connected())


def start(*, call_sid: str = CALL_SID, stream_sid: str = STREAM_SID, **parameters: str) -> bytes:
    """The start of a stream with these custom parameters."""
    body = messages.StartBody(
        account_sid=ACCOUNT_SID,
        stream_sid=stream_sid,
        call_sid=call_sid,
        custom_parameters=parameters,
    )
    return messages.encode(messages.Start(start=body, stream_sid=stream_sid))


def media(
    number: int, payload: bytes = FRAME, *, at_ms: int | None = None, stream_sid: str = STREAM_SID
) -> bytes:
    """The sound with this number, from 1."""
    body = messages.MediaBody(
        chunk=str(number),
        timestamp=str((number - 1) * 20 if at_ms is None else at_ms),
        payload=base64.b64encode(payload).decode(),
    )
    return messages.encode(
        messages.Media(sequence_number=str(number + 1), media=body, stream_sid=stream_sid)
    )


def dtmf(key: str, *, stream_sid: str = STREAM_SID) -> bytes:
    """A key."""
    body = messages.DtmfBody(digit=key)
    return messages.encode(messages.Dtmf(sequence_number="5", dtmf=body, stream_sid=stream_sid))


def mark(name: str, *, stream_sid: str = STREAM_SID) -> bytes:
    """A mark on its way back."""
    body = messages.MarkBody(name=name)
    return messages.encode(messages.Mark(sequence_number="5", mark=body, stream_sid=stream_sid))


def stop(*, stream_sid: str = STREAM_SID) -> bytes:
    """The end of the stream."""
    body = messages.StopBody(account_sid=ACCOUNT_SID, call_sid=CALL_SID)
    return messages.encode(messages.Stop(sequence_number="9", stop=body, stream_sid=stream_sid))


# ---------------------------------------------------------------- requests


async def post(
    client: TestClient[Any, Any], path: str, form: dict[str, str], **headers: str
) -> tuple[int, str]:
    """A signed webhook; status and body."""
    signature = sign(AUTH_TOKEN, PUBLIC_URL + path, form)
    sent = {SIGNATURE_HEADER: signature, **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with client.post(path, data=form, headers=sent) as response:
        return response.status, await response.text()


async def open_socket(client: TestClient[Any, Any]) -> ClientWebSocketResponse:
    """A signed WebSocket for a stream."""
    signature = sign(AUTH_TOKEN, "wss://ivr.example.com/twilio/media")
    return await client.ws_connect("/twilio/media", headers={SIGNATURE_HEADER: signature})


async def eventually(condition: Callable[[], object]) -> None:
    """Let the server work until the condition holds."""
    while not condition():  # noqa: ASYNC110 -- what tests wait for has no event of its own
        await asyncio.sleep(0.001)


class TwilioStream:
    """The far side of one open stream: takes sound, returns marks.

    Attributes:
        heard: the sound that came and was not cleared.
        clears: how many `clear` messages came.
        close_code: of the socket, once it is closed.
    """

    def __init__(self, socket: ClientWebSocketResponse, *, plays: bool = True) -> None:
        """`plays`: marks come back as soon as they arrive; False: only by `clear`."""
        self._socket = socket
        self._plays = plays
        self._frames = 0
        self._pending: list[str] = []
        self._buffered = bytearray()
        self.heard = bytearray()
        self.clears = 0
        self.done = asyncio.create_task(self._listen())

    @property
    def close_code(self) -> int | None:
        """The code the server closed with."""
        return self._socket.close_code

    async def send(self, *texts: bytes) -> None:
        """Send messages."""
        for text in texts:
            await self._socket.send_str(text.decode())

    async def speak(self, frames: int, payload: bytes = FRAME) -> None:
        """Send sound, all at once."""
        for _ in range(frames):
            self._frames += 1
            await self.send(media(self._frames, payload))

    async def vanish(self) -> None:
        """Go without a word."""
        await self._socket.close()

    async def _listen(self) -> None:
        async for message in self._socket:
            assert message.type is WSMsgType.TEXT
            match messages.decode_outgoing(message.data):
                case messages.MediaOut(media=body):
                    (self.heard if self._plays else self._buffered).extend(body.payload)
                case messages.MarkOut(mark=body):
                    self._pending.append(body.name)
                    if self._plays:
                        await self._return_marks()
                case messages.ClearOut():
                    self.clears += 1
                    self._buffered.clear()
                    await self._return_marks()

    async def _return_marks(self) -> None:
        for name in self._pending:
            with suppress(ConnectionError):
                await self.send(mark(name))
        self._pending.clear()


# ---------------------------------------------------------------- behind the ports


class CountingTally:
    """Counts in memory."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, what: str, amount: int = 1) -> None:
        """Add to a counter."""
        self.counts[what] += amount


class RememberingLedger:
    """Answers kept in a dictionary; `broken` makes every request fail."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.broken = False

    async def recall(self, key: str) -> str | None:
        """The stored answer."""
        self._check()
        return self.answers.get(key)

    async def first(self, key: str, response_body: str) -> str:
        """Store unless stored."""
        self._check()
        return self.answers.setdefault(key, response_body)

    def _check(self) -> None:
        if self.broken:
            raise ConnectionError("the store is not there")


class RememberingTokens:
    """Used tokens in a set; `broken` makes every request fail."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.broken = False

    async def use(self, nonce: str, ttl_s: int) -> bool:
        """True the first time."""
        assert ttl_s > 0
        if self.broken:
            raise ConnectionError("the store is not there")
        is_new = nonce not in self.used
        self.used.add(nonce)
        return is_new


class ScriptedDesk:
    """Gives the prepared answers in turn (the last one again and again) and notes what came.

    An exception among the answers is raised; a float is waited for, in seconds, before the next.
    """

    def __init__(self, *answers: NextStep | Exception | float) -> None:
        self.answers = list(answers)
        self.asked: list[object] = []

    async def incoming(self, call: IncomingCall) -> NextStep:
        """A call rings."""
        return await self._answer(call)

    async def stream_ended(self, call_sid: str, from_number: str = "") -> NextStep:
        """A stream ended."""
        return await self._answer(("stream_ended", call_sid, from_number))

    async def queue_left(self, call_sid: str, result: str) -> NextStep:
        """The queue was left."""
        return await self._answer(("queue_left", call_sid, result))

    async def status(self, status: CallStatus) -> None:
        """A status came."""
        self.asked.append(status)
        if self.answers and isinstance(self.answers[0], Exception):
            raise self.answers[0]

    async def _answer(self, asked: object) -> NextStep:
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return await self._answer(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer
