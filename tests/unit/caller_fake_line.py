"""A line of a few tones: answers the caller's sounds and keys, over real sockets.

It speaks Twilio's protocol from the server's side and checks every signature, and it can be told
to misbehave.
"""

import audioop
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.request_validator import RequestValidator

from ivr.caller.connection import Connection

PUBLIC_URL = "https://line.example"
AUTH_TOKEN = "auth"
API_TOKEN = "api"

CONNECT = (
    '<Response><Connect action="/twilio/stream-ended"><Stream url="wss://line.example/twilio/media">'
    '<Parameter name="token" value="once"/></Stream></Connect></Response>'
)


def tone(ms: int) -> bytes:
    """Mu-law sound at telephone level."""
    samples = 6000 * np.sin(2 * np.pi * 440 * np.arange(8 * ms) / 8000)
    return audioop.lin2ulaw(samples.astype("<i2").tobytes(), 2)


@dataclass(kw_only=True)
class _Talk:
    """Where one call stands."""

    turns: list[dict[str, object]] = field(default_factory=list)
    said: int = 0
    playing: bool = False
    heard: bool = False
    quiet: int = 0


@dataclass(kw_only=True)
class FakeLine:
    """What the line says and does.

    Attributes:
        replies: words, and how long they sound; the first is the greeting.
        voice: TwiML for the ring.
        ended: TwiML for the end of the stream.
        pages: further answers by path.
        record: merged into the API's record.
        record_there: whether there is a record at all.
        verified_from: from this reply on the caller is verified.
        closes: the line closes the stream after the last reply.
        waits: it waits for the last mark first.
        listens: it stops talking when the caller speaks.
        api_pages: answers of the API, besides the record, by path.
        extra: texts sent when the stream has started.
        extra_bytes: the same, as bytes, which Twilio does not take.
        breaks: the connection is lost after the greeting.
        stream_status: of a refused upgrade.
    """

    replies: list[tuple[str, int]]
    voice: str = CONNECT
    ended: str = "<Response><Hangup/></Response>"
    pages: dict[str, web.Response] = field(default_factory=dict)
    record: dict[str, object] = field(default_factory=dict)
    record_there: bool = True
    verified_from: int = 99
    closes: bool = True
    waits: bool = True
    listens: bool = True
    extra: tuple[str, ...] = ()
    extra_bytes: tuple[bytes, ...] = ()
    breaks: bool = False
    stream_status: int | None = None
    api_pages: dict[str, web.Response] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    messages: list[dict[str, object]] = field(default_factory=list)
    _talks: dict[str, "_Talk"] = field(default_factory=dict)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Connection]:
        """The running line."""
        app = web.Application()
        app.router.add_get("/twilio/media", self._media)
        app.router.add_get("/api/v1/{path:.*}", self._api)
        app.router.add_route("*", "/{path:.*}", self._page)
        async with TestServer(app) as server:
            yield Connection(
                url=str(server.make_url("")).rstrip("/"),
                public_url=PUBLIC_URL,
                auth_token=AUTH_TOKEN,
                api_token=API_TOKEN,
            )

    def forms(self, path: str) -> list[dict[str, str]]:
        """What was sent to a path."""
        return [form for where, form in self.requests if where == path]

    def events(self) -> list[str]:
        """The caller's messages, the frames left out."""
        return [str(one["event"]) for one in self.messages if one["event"] != "media"]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not self._signed(PUBLIC_URL + request.path, form, request):
            return web.Response(status=403)
        self.requests.append((request.path, form))
        twiml = {"/twilio/voice": self.voice, "/twilio/stream-ended": self.ended}
        if request.path in self.pages:
            return self.pages[request.path]
        return web.Response(text=twiml.get(request.path, ""), content_type="text/xml")

    async def _api(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {API_TOKEN}":
            return web.Response(status=401)
        if not request.path.startswith("/api/v1/calls/"):
            return self.api_pages.get(request.path) or web.Response(status=404)
        if not self.record_there:
            return web.Response(status=404)
        talk = self._talks.get(request.path.rpartition("/")[2], _Talk())
        verified = talk.said > self.verified_from
        return web.json_response(
            {"turns": talk.turns, "customer": {"verified": verified}} | self.record
        )

    async def _media(self, request: web.Request) -> web.StreamResponse:
        if not self._signed("wss://line.example/twilio/media", {}, request):
            return web.Response(status=403)
        if self.stream_status:
            return web.Response(status=self.stream_status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        talk = _Talk()
        async for message in socket:
            event = json.loads(message.data)
            self.messages.append(event)
            await self._take(event, socket, talk)
        return socket

    def _signed(self, url: str, form: dict[str, str], request: web.Request) -> bool:
        signature = request.headers.get("X-Twilio-Signature", "")
        return RequestValidator(AUTH_TOKEN).validate(url, form, signature)

    async def _take(self, event: Any, socket: web.WebSocketResponse, talk: _Talk) -> None:
        match event:
            case {"event": "start", "start": {"callSid": call_sid}, "streamSid": sid}:
                self._talks[call_sid] = talk
                for text in self.extra:
                    await socket.send_str(text.replace("SID", sid))
                for data in self.extra_bytes:
                    await socket.send_bytes(data)
                await self._reply(socket, sid, talk)
            case {"event": "dtmf"}:
                talk.heard, talk.quiet = True, 0
            case {"event": "media", "media": {"payload": payload}, "streamSid": sid}:
                await self._listen(base64.b64decode(payload), socket, sid, talk)
            case {"event": "mark"}:
                talk.playing = False
                if self.closes and talk.said == len(self.replies):
                    await socket.close()

    async def _listen(
        self, frame: bytes, socket: web.WebSocketResponse, sid: str, talk: _Talk
    ) -> None:
        if audioop.max(audioop.ulaw2lin(frame, 2), 2) > 1000:
            talk.heard, talk.quiet = True, 0
            if talk.playing and self.listens:
                talk.playing = False
                await socket.send_json({"event": "clear", "streamSid": sid})
            return
        talk.quiet += 1
        if talk.heard and talk.quiet > 15 and talk.said < len(self.replies):
            talk.heard = False
            talk.turns.append({"who": "caller", "text": "..."})
            await self._reply(socket, sid, talk)

    async def _reply(self, socket: web.WebSocketResponse, sid: str, talk: _Talk) -> None:
        text, ms = self.replies[talk.said]
        talk.said += 1
        talk.turns.append({"who": "assistant", "text": text})
        talk.playing = True
        if ms:
            payload = base64.b64encode(tone(ms)).decode()
            await socket.send_json(
                {"event": "media", "streamSid": sid, "media": {"payload": payload}}
            )
        mark = {"event": "mark", "streamSid": sid, "mark": {"name": f"t{talk.said}"}}
        await socket.send_json(mark)
        if not self.waits and talk.said == len(self.replies):
            await socket.close()
        if self.breaks and socket._req is not None and socket._req.transport is not None:
            # As when the server dies: the connection is gone without a goodbye.
            socket._req.transport.abort()
