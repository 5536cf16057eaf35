"""Requests to the line: signed ones as Twilio makes them, and those to its API."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec
from twilio.request_validator import RequestValidator

from ivr.caller.connection import Connection

TIMEOUT_S: Final = 15
"""Twilio waits this long for an answer (twilio.com/docs/api/errors/11200)."""

_REFUSED: Final = {401, 403}


class LineUnreachable(Exception):
    """Nobody answers at the line's address."""


class LineFailed(Exception):
    """The line answered what Twilio, or this caller, cannot use."""


class ApiTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn in the line's record of the call."""

    who: str
    text: str


class ApiCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the caller is verified."""

    verified: bool = False


class ApiEscalation(msgspec.Struct, frozen=True, kw_only=True):
    """Why the call was handed over."""

    reason: str


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of `GET /api/v1/calls/{sid}` that scenarios look at."""

    turns: list[ApiTurn] = []
    customer: ApiCustomer | None = None
    outcome: str | None = None
    escalation: ApiEscalation | None = None
    handoff_id: str | None = None


class Web:
    """One HTTP client for all calls.

    Args:
        session: closed by its owner.
        connection: where the line is.
    """

    def __init__(self, session: aiohttp.ClientSession, connection: Connection) -> None:
        self._session = session
        self.connection = connection
        self._validator = RequestValidator(connection.auth_token)
        self._timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)

    async def webhook(self, url: str, form: Mapping[str, str]) -> str:
        """POST a signed form to a public address; the answer's text (TwiML, or nothing).

        Raises:
            LineUnreachable: nobody answers.
            LineFailed: any status but 2xx.
        """
        url = url.partition("#")[0]  # connection overrides: Twilio keeps them to itself
        signature = self._validator.compute_signature(url, dict(form))
        return (
            await self._request("POST", url, {"X-Twilio-Signature": signature}, form=form)
        ).decode(errors="replace")

    async def sound(self, url: str) -> None:
        """Fetch what `<Play>` names.

        Raises:
            LineUnreachable: nobody answers.
            LineFailed: any status but 2xx, or it is not sound.
        """
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, {})}
        await self._request("GET", url, headers, content="audio/")

    async def stream(self, url: str) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket of a stream, signed as Twilio signs it: over the `wss` address.

        Raises:
            LineUnreachable: nobody answers.
            LineFailed: the upgrade is refused.
        """
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, {})}
        try:
            return await self._session.ws_connect(
                self.connection.local(url),
                headers=headers,
                timeout=aiohttp.ClientWSTimeout(ws_close=5),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise LineFailed(f"the stream {url} was refused with status {error.status}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise LineUnreachable(f"nobody answers at {self.connection.local(url)}") from error

    async def call(self, call_sid: str) -> dict[str, Any] | None:
        """The line's record of a call; None while it has none.

        Raises:
            LineUnreachable, LineFailed: as for `webhook`.
        """
        return await self._api(f"/api/v1/calls/{call_sid}")

    async def handoff(self, handoff_id: str) -> dict[str, Any] | None:
        """A hand-off summary; None where there is none.

        Raises:
            LineUnreachable, LineFailed: as for `webhook`.
        """
        return await self._api(f"/api/v1/handoffs/{handoff_id}")

    async def _api(self, path: str) -> dict[str, Any] | None:
        headers = {"Authorization": f"Bearer {self.connection.api_token}"}
        url = self.connection.public_url + path
        body = await self._request("GET", url, headers, absent_ok=True)
        if not body:
            return None
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise LineFailed(f"{path} did not answer with a JSON object") from error

    async def _request(  # noqa: PLR0913 - all but two are named at every call
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        form: Mapping[str, str] | None = None,
        content: str = "",
        absent_ok: bool = False,
    ) -> bytes:
        real = self.connection.local(url)
        try:
            async with self._session.request(
                method, real, data=form, headers=headers, timeout=self._timeout
            ) as response:
                body = await response.read()
        except TimeoutError as error:
            raise LineFailed(f"{real} did not answer within {TIMEOUT_S} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise LineUnreachable(f"nobody answers at {real}") from error
        if response.status == 404 and absent_ok:
            return b""
        if not response.ok:
            hint = " (is the token the line's own?)" if response.status in _REFUSED else ""
            raise LineFailed(f"{real} answered with status {response.status}{hint}")
        if not response.content_type.startswith(content):
            raise LineFailed(f"{real} is {response.content_type}, not sound")
        return body
