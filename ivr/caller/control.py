"""Twilio's call control: carries out the line's TwiML until the call ends."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from ivr.caller.handset import Handset
from ivr.caller.scenario import Scenario
from ivr.caller.stream import MediaStream, StreamEnd, Timing
from ivr.caller.twiml import (
    ConnectVerb,
    DialVerb,
    EnqueueVerb,
    HangupVerb,
    PauseVerb,
    PlayVerb,
    RedirectVerb,
    RejectVerb,
    SayVerb,
    TwimlError,
    Verb,
    parse_twiml,
)
from ivr.caller.web import LineFailed, LineUnreachable, Web
from ivr.caller.words import Words

MAX_DOCUMENTS: Final = 30
"""A call that goes through more documents goes round in a circle."""

CUT_OFF_MS: Final = 200
"""More sound than this, unplayed when the line closes the stream, is a sentence cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """The document to go on with."""

    url: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """The call is over."""

    how: str


class CallControl:
    """One call on Twilio's side.

    Args:
        scenario: who calls whom.
        call_sid: of the call.
        web: the way to the line.
        handset: the caller's sound.
        words: told what Twilio itself says.
        timing: how fast.
    """

    def __init__(  # noqa: PLR0913 - the parts of one call, all named at the only call
        self,
        scenario: Scenario,
        *,
        call_sid: str,
        web: Web,
        handset: Handset,
        words: Words,
        timing: Timing,
    ) -> None:
        self.hang_up = asyncio.Event()
        """Set it to hang up."""
        self.over = asyncio.Event()
        """Set when the call has ended."""
        self.ended = "failed"
        """How it ended, once it has; see `report.CallResult`."""
        self.queue: str | None = None
        self.failures: list[str] = []
        self.streams: list[MediaStream] = []
        self._scenario = scenario
        self._call_sid = call_sid
        self._web = web
        self._handset = handset
        self._words = words
        self._timing = timing
        self._begun = time.monotonic()
        self._status = "ringing"
        self._waits: EnqueueVerb | None = None
        self._queue_sid = "QU" + secrets.token_hex(16)

    async def ring(self) -> None:
        """Place the call and carry it to its end.

        Raises:
            LineUnreachable: nobody answers at the line's address when the call is placed.
        """
        try:
            document = await self._request(_Next(url=self._url("/twilio/voice"), form={}))
            self._status = "in-progress"
            await self._carry(document)
        finally:
            self.over.set()

    async def _carry(self, document: tuple[Verb, ...] | _Ended) -> None:
        try:
            for _ in range(MAX_DOCUMENTS):
                if isinstance(document, _Ended):
                    break
                step = await self._document(document)
                document = step if isinstance(step, _Ended) else await self._request(step)
            else:
                self.failures.append(f"the call took {MAX_DOCUMENTS} documents and did not end")
                document = _Ended(how="failed")
            self.ended = document.how
            # A caller in the queue goes on waiting there: the call is not completed.
            if self.ended != "queued":
                await self._complete()
        except (LineFailed, LineUnreachable) as error:
            self.failures.append(str(error))

    async def leave_queue(self) -> None:
        """Hang up in the queue, if the call has ended there."""
        if self._waits is None:
            return
        action, self._waits = self._waits.action, None
        form = {"QueueResult": "hangup", "QueueSid": self._queue_sid, "QueueTime": "1"}
        try:
            if action:
                await self._web.webhook(action, self._form() | form)
            await self._complete()
        except (LineFailed, LineUnreachable) as error:
            self.failures.append(str(error))

    async def _complete(self) -> None:
        await self._web.webhook(self._url("/twilio/status"), self._completed())

    async def _request(self, step: _Next) -> tuple[Verb, ...] | _Ended:
        """Ask for a document."""
        try:
            text = await self._web.webhook(step.url, self._form() | dict(step.form))
            return parse_twiml(text, step.url)
        except (TwimlError, LineFailed) as error:
            # Twilio says "an application error has occurred" and hangs up.
            self.failures.append(f"{step.url}: {error}")
            return _Ended(how="failed")

    async def _document(self, verbs: tuple[Verb, ...]) -> _Next | _Ended:
        for verb in verbs:
            step = await self._verb(verb)
            if self.hang_up.is_set():
                return _Ended(how="caller_hung_up")
            if step is not None:
                return step
        return _Ended(how="hangup")

    async def _verb(self, verb: Verb) -> _Next | _Ended | None:  # noqa: PLR0911 - one for each verb
        match verb:
            case SayVerb(text=text):
                self._words.say(text)
            case PlayVerb(url=url):
                await self._web.sound(url)
            case PauseVerb(seconds=seconds):
                await self._pause(seconds)
            case ConnectVerb():
                return await self._connect(verb)
            case RedirectVerb(url=url):
                return _Next(url=url, form={})
            case EnqueueVerb():
                return await self._enqueue(verb)
            case DialVerb():
                return _Ended(how="dialled")
            case RejectVerb():
                return _Ended(how="rejected")
            case HangupVerb():
                return _Ended(how="hangup")
        return None

    async def _pause(self, seconds: float) -> None:
        waiting = asyncio.create_task(self.hang_up.wait())
        await asyncio.wait({waiting}, timeout=self._timing.real_s(seconds))
        waiting.cancel()

    async def _connect(self, verb: ConnectVerb) -> _Next | None:
        form: dict[str, str] = {}
        try:
            socket = await self._web.stream(verb.url)
        except LineFailed as error:
            # Twilio logs it and goes on at the action.
            self.failures.append(str(error))
        else:
            self._handset.connect(round((time.monotonic() - self._begun) * 1000))
            stream = MediaStream(
                socket,
                handset=self._handset,
                account_sid=self._web.connection.account_sid,
                call_sid=self._call_sid,
                parameters=verb.parameters,
                timing=self._timing,
                hang_up=self.hang_up,
                problem=self.failures.append,
            )
            self.streams.append(stream)
            end = await stream.run()
            left_ms = self._handset.playout.pending_ms
            if end is StreamEnd.CLOSED and left_ms > CUT_OFF_MS:
                self.failures.append(f"the line closed the stream with {left_ms} ms still to play")
            form = {"StreamSid": stream.stream_sid}
        return _Next(url=verb.action, form=form) if verb.action else None

    async def _enqueue(self, verb: EnqueueVerb) -> _Ended:
        self.queue = verb.queue
        self._waits = verb
        if verb.wait_url:
            form = self._form() | {
                "QueueSid": self._queue_sid,
                "QueueTime": "0",
                "QueuePosition": "1",
                "CurrentQueueSize": "1",
                "AvgQueueTime": "0",
            }
            text = await self._web.webhook(verb.wait_url, form)
            await self._hold(text, verb.wait_url)
        return _Ended(how="queued")

    async def _hold(self, text: str, url: str) -> None:
        """Take in what the caller would hear in the queue, without waiting for it to be played."""
        try:
            verbs = parse_twiml(text, url)
        except TwimlError as error:
            raise LineFailed(f"{url}: {error}") from error
        for verb in verbs:
            match verb:
                case SayVerb(text=words):
                    self._words.say(words)
                case PlayVerb(url=sound):
                    await self._web.sound(sound)
                case _:
                    pass

    def _url(self, path: str) -> str:
        return self._web.connection.public_url + path

    def _form(self) -> dict[str, str]:
        """What Twilio sends with every request of a call."""
        return {
            "AccountSid": self._web.connection.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self._call_sid,
            "CallStatus": self._status,
            "Called": self._scenario.to,
            "Caller": self._scenario.caller,
            "Direction": "inbound",
            "From": self._scenario.caller,
            "To": self._scenario.to,
        }

    def _completed(self) -> dict[str, str]:
        return self._form() | {
            "CallStatus": "completed",
            "CallDuration": str(round(time.monotonic() - self._begun)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": "0",
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
