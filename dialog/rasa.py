"""The dialogue engine on Rasa, over the voice channel of `rasa_project`.

A message is posted once and never again: Rasa may have taken a turn whose answer was lost, and a
turn taken twice moves the conversation on twice. The call decides what a lost answer means.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import aiohttp
import msgspec

from dialog.ports import DialogueUnavailable
from dialog.types import (
    Ask,
    BotAction,
    HangUp,
    Message,
    Question,
    Reply,
    Say,
    Signal,
    Transfer,
    TurnContext,
)
from speech.expect import FREE, Expect

_NOT_A_COMMAND = re.compile(
    r"^[/\s]+"
)  # Rasa strips white space of any kind, then looks for a slash
_MAX_REPLY_BYTES = 256 * 1024
_CANARY_TEXT = "what is my balance"
_CANARY_INTENT = "check_balance"
_CANARY_CONFIDENCE = 0.5


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    """The base of what comes over the wire; fields that are not named here are ignored."""


class _Keys(_Wire, frozen=True):
    expect: str
    slot: str | None = None


class _Custom(_Wire, frozen=True):
    expect: str | None = None
    slot: str | None = None
    keys: _Keys | None = None
    secret: bool = False
    interruptible: bool = True
    do: Literal["transfer", "hang_up"] | None = None
    reason: str | None = None


class _BotMessage(_Wire, frozen=True):
    text: str | None = None
    custom: _Custom | None = None


class _Intent(_Wire, frozen=True):
    name: str | None = None
    confidence: float | None = None


class _Answer(_Wire, frozen=True):
    messages: tuple[_BotMessage, ...]
    intent: _Intent | None = None
    slots: dict[str, Any] = {}
    active_form: str | None = None


class _Parse(_Wire, frozen=True):
    intent: _Intent


_Struct = TypeVar("_Struct", bound=_Wire)


class RasaEngine:
    """`DialogueEngine` over HTTP.

    Args:
        session: shared with others; not closed here.
        url: where Rasa listens, for example `http://localhost:5005`.
        token: shared with Rasa's voice channel, which takes it as a bearer token.
        api_token: for Rasa's own API (`--auth-token`), which takes it only in the query string;
            None: the same as `token`.
        timeout_s: how long one answer may take, connection included.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        api_token: str | None = None,
        timeout_s: float = 4.0,
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._token = token
        self._api_token = token if api_token is None else api_token
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def respond(self, call_sid: str, message: Message, context: TurnContext) -> Reply:
        """See `DialogueEngine`."""
        answer = await self._post(
            "/webhooks/voice/webhook",
            {
                "sender": call_sid,
                "message": _written(message),
                "metadata": {
                    "silences": context.silences,
                    "misses": context.misses,
                    "verified": context.verified,
                },
            },
            _Answer,
            headers={"Authorization": f"Bearer {self._token}"},
        )
        intent = answer.intent or _Intent()
        return Reply(
            actions=_actions(answer.messages),
            intent=intent.name,
            confidence=intent.confidence,
            slots=answer.slots,
            active_form=answer.active_form,
        )

    async def check(self) -> None:
        """See `DialogueEngine`. A port that answers is not enough: Rasa's
        LogisticRegressionClassifier can fail to load in silence and then knows no intent.
        """
        parsed = await self._post(
            "/model/parse", {"text": _CANARY_TEXT}, _Parse, params={"token": self._api_token}
        )
        confidence = parsed.intent.confidence or 0.0
        if parsed.intent.name != _CANARY_INTENT or confidence < _CANARY_CONFIDENCE:
            raise DialogueUnavailable(
                f"Rasa takes {_CANARY_TEXT!r} for {parsed.intent.name!r} with confidence "
                f"{confidence:.2f}: its model is not loaded, or not trained for this line"
            )

    async def _post(
        self,
        path: str,
        content: Mapping[str, object],
        shape: type[_Struct],
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> _Struct:
        try:
            async with self._session.post(
                self._url + path,
                data=msgspec.json.encode(content),
                headers={"Content-Type": "application/json", **(headers or {})},
                params=params,
                timeout=self._timeout,
                allow_redirects=False,  # a redirect would carry the token elsewhere
            ) as response:
                if response.status != 200:
                    raise DialogueUnavailable(f"Rasa answered with status {response.status}")
                body = await _bounded(response)
        except TimeoutError as error:
            raise DialogueUnavailable("Rasa did not answer in time") from error
        except aiohttp.ClientError as error:
            # Not the error's own words: they can hold the address, and that the token.
            kind = type(error).__name__
            raise DialogueUnavailable(f"Rasa cannot be reached ({kind})") from None
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Not chained: the error's words can hold a piece of what was said.
            raise DialogueUnavailable("Rasa's answer cannot be read") from None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_REPLY_BYTES:
            raise DialogueUnavailable(f"Rasa's answer is longer than {_MAX_REPLY_BYTES} bytes")
    return bytes(body)


def _written(message: Message) -> str:
    """The message as Rasa reads it. Only a signal may begin with a slash: what was said must not
    pass for one.
    """
    if isinstance(message, Signal):
        values = msgspec.json.encode(dict(message.values)).decode() if message.values else ""
        return f"/{message.name}{values}"
    return _NOT_A_COMMAND.sub("", message.text).rstrip() or "/no_match"


def _actions(messages: Sequence[_BotMessage]) -> tuple[BotAction, ...]:
    """What the line does, in order, ending with exactly one question, transfer or hang-up.

    The last question stays open, whatever is said behind it; with none, the caller is listened to
    all the same. The first transfer or hang-up ends the call when everything has been said.

    Raises:
        DialogueUnavailable: there is nothing to do, or a question expects something unknown.
    """
    spoken: list[Say | Ask] = []
    question: Question | None = None
    end: Transfer | HangUp | None = None
    for message in messages:
        custom = message.custom or _Custom()
        asked = _question(custom)
        question = asked or question
        end = end or _end(custom)
        text = (message.text or "").strip()
        if text and asked:
            spoken.append(Ask(text=text, question=asked, interruptible=custom.interruptible))
        elif text:
            spoken.append(Say(text=text, interruptible=custom.interruptible))
    if not spoken and question is None and end is None:
        raise DialogueUnavailable("Rasa's answer says nothing and does nothing")
    if end is not None:
        return (*map(_only_said, spoken), end)
    if spoken and isinstance(spoken[-1], Ask) and spoken[-1].question is question:
        return (*map(_only_said, spoken[:-1]), spoken[-1])
    return (*map(_only_said, spoken), Ask(text="", question=question or Question(expect=FREE)))


def _only_said(action: Say | Ask) -> Say:
    return Say(text=action.text, interruptible=action.interruptible)


def _question(custom: _Custom) -> Question | None:
    if custom.expect is None:
        return None
    try:
        return Question(
            expect=Expect.parse(custom.expect),
            slot=custom.slot,
            keys=Expect.parse(custom.keys.expect) if custom.keys else None,
            keys_slot=custom.keys.slot if custom.keys else None,
            secret=custom.secret,
        )
    except ValueError as error:
        raise DialogueUnavailable(f"Rasa's answer has an {error}") from error


def _end(custom: _Custom) -> Transfer | HangUp | None:
    if custom.do == "transfer":
        return Transfer(reason=custom.reason or "unstated")
    return HangUp() if custom.do == "hang_up" else None
