"""A small HTTP server that speaks as Rasa's voice channel and parse API do.

It stands in for the network, not for Rasa: the end-to-end tests run the real one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOKEN = "a-token-of-the-tests"


class RasaServer:
    """Answers from a script.

    Args:
        script: the JSON of the answer, by the message as Rasa would read it. To anything else it
            answers 500, as the channel does when no message came out.

    Attributes:
        requests: the JSON of each message posted, in order.
        answer: where set, makes what is answered to everything instead.
        parsed: what the parse API answers.
        hangs: True makes it never answer.
    """

    def __init__(self, script: Mapping[str, object]) -> None:
        self._script = script
        self.requests: list[Any] = []
        self.answer: Callable[[], web.Response] | None = None
        self.parsed: object = {"intent": {"name": "check_balance", "confidence": 0.97}}
        self.hangs = False

    async def webhook(self, request: web.Request) -> web.Response:
        """`POST /webhooks/voice/webhook`."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "wrong token"}, status=401)
        self.requests.append(await request.json())
        if self.answer is not None or self.hangs:
            return await self._instead()
        message = self.requests[-1]["message"]
        if message not in self._script:
            return web.json_response({"error": "no message"}, status=500)
        return web.json_response(self._script[message])

    async def parse(self, request: web.Request) -> web.Response:
        """`POST /model/parse`."""
        if request.query.get("token") != TOKEN:
            return web.json_response({"status": "failure"}, status=401)
        if self.answer is not None or self.hangs:
            return await self._instead()
        assert (await request.json())["text"] == "what is my balance"
        return web.json_response(self.parsed)

    async def _instead(self) -> web.Response:
        if self.hangs:
            await asyncio.Event().wait()
        assert self.answer is not None
        return self.answer()


@asynccontextmanager
async def serve(server: RasaServer) -> AsyncIterator[str]:
    """Run the server on a free port and give its address."""
    app = web.Application()
    app.router.add_post("/webhooks/voice/webhook", server.webhook)
    app.router.add_post("/model/parse", server.parse)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
