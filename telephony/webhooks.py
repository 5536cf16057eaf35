"""The webhooks that Twilio calls; each answer is a TwiML document the caller hears.

A dependency that fails is never a 500 here: Twilio would say "an application error has occurred"
and hang up. The caller is told in our words and brought to a person instead.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import structlog
from aiohttp import web

from telephony import twiml
from telephony.media_socket import TOKEN_PARAMETER
from telephony.ports import (
    CallDesk,
    CallStatus,
    Converse,
    End,
    IncomingCall,
    NextStep,
    SpokenEnd,
    Tally,
    ToQueue,
)
from telephony.replies import Replies, request_key
from telephony.settings import TelephonySettings
from telephony.signatures import FORM, websocket_url
from telephony.stream_token import StreamTokens

VOICE = "/twilio/voice"
STREAM = "/twilio/media"
STREAM_ENDED = "/twilio/stream-ended"
QUEUE_LEFT = "/twilio/queue-left"
STATUS = "/twilio/status"
WAIT = "/twilio/wait"

_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_STATUS_WORD = re.compile(r"[a-z-]{1,30}")

_log = structlog.get_logger(__name__)


class Form:
    """The parameters of a webhook, checked as they are read.

    Every method raises HTTP 400 with a sentence that names the parameter (not its value).
    """

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    @classmethod
    async def read(cls, request: web.Request) -> "Form":
        """The request's form; its size and signature have been checked."""
        if request.content_type != FORM:
            raise web.HTTPUnsupportedMediaType(text=f"send {FORM}\n")
        return cls({name: str(value) for name, value in (await request.post()).items()})

    @property
    def call_sid(self) -> str:
        """The call's name at Twilio."""
        return self.match("CallSid", _CALL_SID, "CA and 32 hexadecimal digits")

    def match(self, name: str, pattern: re.Pattern[str], wanted: str) -> str:
        """A parameter that must be there and look like this."""
        value = self.values.get(name)
        if value is None:
            raise web.HTTPBadRequest(text=f"{name} is missing\n")
        if not pattern.fullmatch(value):
            raise web.HTTPBadRequest(text=f"{name} must be {wanted}\n")
        return value

    def optional(self, name: str) -> str:
        """A parameter that may be missing."""
        return self.values.get(name, "")

    def counter(self, name: str) -> int:
        """A number from 0; 0 when it is missing."""
        value = self.values.get(name, "0")
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise web.HTTPBadRequest(text=f"{name} must be a number\n")
        return int(value)

    def moment(self, name: str) -> datetime | None:
        """A time as Twilio writes it (RFC 2822); None when it is missing or written otherwise."""
        try:
            return parsedate_to_datetime(self.values.get(name, ""))
        except ValueError:
            return None


class Webhooks:
    """The handlers; what they decide comes from the desk."""

    def __init__(
        self,
        *,
        desk: CallDesk,
        replies: Replies,
        tokens: StreamTokens,
        settings: TelephonySettings,
        tally: Tally,
    ) -> None:
        self._desk = desk
        self._replies = replies
        self._tokens = tokens
        self._settings = settings
        self._tally = tally

    def routes(self) -> list[web.RouteDef]:
        """The routes of the webhooks; all are POST."""
        return [
            web.post(VOICE, self.voice),
            web.post(STREAM_ENDED, self.stream_ended),
            web.post(QUEUE_LEFT, self.queue_left),
            web.post(STATUS, self.status),
            web.post(WAIT, self.wait),
        ]

    async def voice(self, request: web.Request) -> web.Response:
        """A call rings."""
        form = await self._form(request)
        call = IncomingCall(
            call_sid=form.call_sid,
            account_sid=form.optional("AccountSid"),
            from_number=form.optional("From"),
            to_number=form.optional("To"),
        )
        return await self._answer(request, form, lambda: self._desk.incoming(call), self._person)

    async def stream_ended(self, request: web.Request) -> web.Response:
        """The `<Connect action>`: the stream is over, the caller is still there."""
        form = await self._form(request)
        call_sid, caller = form.call_sid, form.optional("From")
        return await self._answer(
            request, form, lambda: self._desk.stream_ended(call_sid, caller), self._person
        )

    async def queue_left(self, request: web.Request) -> web.Response:
        """The `<Enqueue action>`: the caller is out of the queue, one way or another."""
        form = await self._form(request)
        call_sid = form.call_sid
        result = form.match("QueueResult", _STATUS_WORD, "a word such as bridged")
        return await self._answer(
            request, form, lambda: self._desk.queue_left(call_sid, result), self._goodbye
        )

    async def wait(self, request: web.Request) -> web.Response:
        """What a caller in the queue hears; asked again whenever it has been played."""
        _ = (await self._form(request)).call_sid
        settings = self._settings
        return _xml(twiml.hold(text=settings.hold_text, play_url=settings.hold_music_url))

    async def status(self, request: web.Request) -> web.Response:
        """A status callback. 503 when the desk cannot take it: Twilio sends it again."""
        form = await self._form(request)
        status = CallStatus(
            call_sid=form.call_sid,
            status=form.match("CallStatus", _STATUS_WORD, "a word such as completed"),
            sequence=form.counter("SequenceNumber"),
            at=form.moment("Timestamp"),
        )
        try:
            async with asyncio.timeout(self._settings.decision_timeout_s):
                await self._desk.status(status)
        except Exception as problem:  # noqa: BLE001 -- whatever failed, Twilio is to try again
            self._failed(request, status.call_sid, problem)
            raise web.HTTPServiceUnavailable(text="not now, please retry\n") from None
        return web.Response(status=204)

    async def _form(self, request: web.Request) -> Form:
        form = await Form.read(request)
        ours = self._settings.account_sid
        if ours and form.optional("AccountSid") != ours:
            self._tally.count("account_refused")
            _log.warning("webhook_refused", path=request.path, reason="account")
            raise web.HTTPForbidden(text="this line answers another account\n")
        return form

    # ------------------------------------------------------------ answers

    async def _answer(
        self,
        request: web.Request,
        form: Form,
        decide: Callable[[], Awaitable[NextStep]],
        fallback: Callable[[], str],
    ) -> web.Response:
        call_sid = form.call_sid

        async def make() -> str:
            async with asyncio.timeout(self._settings.decision_timeout_s):
                step = await decide()
            return self._document(step, call_sid)

        key = request_key(request.path_qs, request.headers, form.values, call_sid)
        try:
            return _xml(await self._replies.once(key, make))
        except Exception as problem:  # noqa: BLE001 -- whatever failed, the caller hears a sentence
            self._failed(request, call_sid, problem)
            return _xml(fallback())

    def _document(self, step: NextStep, call_sid: str) -> str:
        match step:
            case Converse():
                # The query makes each stream's end a request of its own: two ends of one call
                # would look like a retry otherwise, and get the answer of the first.
                return twiml.connect_stream(
                    stream_url=websocket_url(self._settings.public_url, STREAM),
                    action_url=self._url(STREAM_ENDED, {"stream": secrets.token_hex(4)}),
                    parameters={**step.parameters, TOKEN_PARAMETER: self._tokens.issue(call_sid)},
                )
            case ToQueue():
                return self._enqueue(step.queue, step.text)
            case SpokenEnd():
                return twiml.say_and_hang_up(step.text)
            case End():
                return twiml.hang_up()

    def _person(self) -> str:
        return self._enqueue(self._settings.fallback_queue, self._settings.apology)

    def _goodbye(self) -> str:
        return twiml.say_and_hang_up(self._settings.farewell)

    def _enqueue(self, queue: str, text: str) -> str:
        return twiml.enqueue(
            queue=queue, wait_url=self._url(WAIT), action_url=self._url(QUEUE_LEFT), text=text
        )

    def _url(self, path: str, query: dict[str, str] | None = None) -> str:
        return twiml.webhook_url(self._settings.public_url, path, query)

    def _failed(self, request: web.Request, call_sid: str, problem: Exception) -> None:
        self._tally.count("webhook_failed")
        # The type only: the text of an exception may hold what logs must not.
        _log.error(
            "webhook_failed", path=request.path, call_sid=call_sid, error=type(problem).__name__
        )


def _xml(document: str) -> web.Response:
    return web.Response(text=document, content_type="text/xml")
