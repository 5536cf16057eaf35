"""Bearer tokens of machines: for the API and for the dialogue's actions."""

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import SecretStr

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def requires(token: SecretStr, handler: Handler) -> Handler:
    """Let only requests with this bearer token through; an empty token lets none through."""
    expected = f"Bearer {token.get_secret_value()}".encode()
    closed = not token.get_secret_value()

    async def guarded(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if closed or not hmac.compare_digest(given, expected):
            return web.json_response(
                {"error": "a valid bearer token is needed"},
                status=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        return await handler(request)

    return guarded
