"""A server on this machine that answers with what it was given, one after the other."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def serving(answers: Sequence[object]) -> AsyncIterator[str]:
    """The address; texts are sent as they are, everything else as JSON."""
    left = iter(answers)

    async def answer(_: web.Request) -> web.Response:
        body = next(left)
        return web.Response(text=body) if isinstance(body, str) else web.json_response(body)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
