"""One call, from the first sound to the last."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from audio.line import Line
from dialog.interpreter import interpret
from dialog.ports import DialogueEngine, DialogueUnavailable
from dialog.types import (
    Ask,
    CallerInput,
    Keys,
    Message,
    Question,
    Reply,
    Signal,
    Silence,
    Speech,
    Transfer,
    TurnContext,
    Who,
)
from dialog.verification import VerificationStatus
from handoff.rules import CallView, Escalation, Reason, first_match
from ivr.call.handover import HandOver
from ivr.call.keypad import KeyCommand, KeysEntered
from ivr.call.listener import Heard, Listener, SpeechEnded
from ivr.call.logbook import Logbook
from ivr.call.memory import CallMemory
from ivr.call.mouth import Mouth
from ivr.call.prompts import CUT_OFF, ENGINE_GONE
from ivr.call.record import Outcome
from ivr.call.steps import Escalated, Resume, Step, as_ask, ends_call, text_of
from ivr.call.stopwatch import Stopwatch
from ivr.call.store import RecordKeeper
from ivr.metrics import CallMetrics
from speech.events import Transcript
from speech.ports import RecogniserUnavailable, SynthesiserUnavailable

log = structlog.get_logger(__name__)

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope", "no_match"})
"""Intents by which the engine says that it did not understand."""

SILENCES_LIMIT = 3
"""B8: the third silence in a row ends the call in words."""

NOISE_MS = 300
"""A stretch of sound shorter than this in which no word was found is noise, not an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What a session works with; `ivr.app` chooses the parts.

    Attributes:
        clock: seconds, monotonic.
        now: the date and time where the callers are.
    """

    line: Line
    listener: Listener
    mouth: Mouth
    engine: DialogueEngine
    keeper: RecordKeeper
    handover: HandOver
    metrics: CallMetrics
    clock: Callable[[], float]
    now: Callable[[], datetime]
    locale: str


class CallSession:
    """Runs one call: listens, asks the dialogue, speaks, hands over, and keeps the record."""

    def __init__(self, parts: SessionParts, memory: CallMemory) -> None:
        self.memory = memory
        self.record = memory.record
        self.verification = memory.verification
        self.ended = asyncio.Event()
        self._parts = parts
        self._question = Question()
        self._silences = 0
        self._misses = 0
        self._interrupted_at_ms: int | None = None
        self._log = Logbook(memory.record, parts.keeper, parts.clock)
        self._stopwatch = Stopwatch(parts.clock)

    @property
    def call_sid(self) -> str:
        """Twilio's name of the call."""
        return self.record.call_sid

    async def run(self) -> None:
        """Carry the call to its end. A failure of ours ends the stream; Twilio's next request
        (`stream_ended`) then finds the record and brings the caller to a person."""
        keeping = asyncio.create_task(self._parts.keeper.run(), name="keeper")
        try:
            async with asyncio.TaskGroup() as group:
                talk = group.create_task(self._converse(), name="converse")
                group.create_task(self._listen(talk), name="listen")
        except* Exception as failures:
            kinds = [type(error).__name__ for error in failures.exceptions]
            log.error("call_failed", call_sid=self.call_sid, errors=kinds, exc_info=failures)
        finally:
            self._parts.keeper.stop()
            await keeping
            await self._close()

    # ------------------------------------------------------------ the two halves

    async def _listen(self, talk: asyncio.Task[None]) -> None:
        closed = await self._parts.listener.run()
        if not talk.done():
            if closed.reason == "stop" and self.record.outcome is None:
                self._outcome("caller_hung_up")
            talk.cancel()
            log.info("line_closed", call_sid=self.call_sid, reason=closed.reason)

    async def _converse(self) -> None:
        try:
            step = await self._open()
            while True:
                ended = await self._perform(step)
                if ended:
                    return
                step = await self._next_step()
        except DialogueUnavailable as error:
            log.error("dialogue_unavailable", call_sid=self.call_sid, error=str(error))
            await self._hand_over(
                Escalation(reason=Reason.SERVICE_UNAVAILABLE, evidence="dialogue engine gone"),
                preface=ENGINE_GONE,
            )
        except SynthesiserUnavailable as error:
            log.error("voice_unavailable", call_sid=self.call_sid, error=str(error))
            await self._hand_over(
                Escalation(reason=Reason.SERVICE_UNAVAILABLE, evidence="voice gone"),
                preface=ENGINE_GONE,
            )
        finally:
            await self._parts.line.close()

    async def _open(self) -> Step:
        last_ask = self.memory.last_ask
        if last_ask is not None:  # the call goes on after its stream was lost
            again = replace(last_ask, text=f"{CUT_OFF}\n{last_ask.text}")
            return Reply(actions=(again,))
        return await self._engine_answer(Signal(name="call_started"))

    # ------------------------------------------------------------ the caller's turn

    async def _next_step(self) -> Step:
        while True:
            heard = await self._parts.listener.next()
            step = await self._take(heard)
            if step is not None:
                return step

    async def _take(self, heard: Heard) -> Step | None:
        match heard:
            case KeyCommand.PERSON:
                self._stopwatch.start(end_of_turn_ms=0)
                self._log.caller_said("[0]")
                return Escalated(
                    escalation=Escalation(reason=Reason.KEY_ZERO, evidence="pressed 0")
                )
            case KeyCommand.REPEAT:
                self._stopwatch.start(end_of_turn_ms=0)
                self._log.caller_said("[*]")
                return await self._engine_answer(Signal(name="repeat"))
            case KeysEntered(digits=digits):
                self._stopwatch.start(end_of_turn_ms=0)
                return await self._answer(Keys(digits=digits))
            case Silence():
                return await self._answer(heard)
            case SpeechEnded():
                return await self._take_speech(heard)

    async def _take_speech(self, heard: SpeechEnded) -> Step | None:
        self._stopwatch.start(end_of_turn_ms=heard.end_of_turn_ms, at=heard.ended_at)
        try:
            transcript = await heard.utterance.finish()
        except RecogniserUnavailable as error:
            log.error("recogniser_unavailable", call_sid=self.call_sid, error=str(error))
            transcript = Transcript(text="")
        self._stopwatch.lap("recognise")
        if not transcript.text and heard.stopped_line:
            return Resume()
        if not transcript.text and heard.speech_ms < NOISE_MS:
            return None
        return await self._answer(Speech(transcript=transcript))

    async def _answer(self, caller_input: CallerInput) -> Step:
        got = interpret(
            caller_input,
            self._question,
            self.memory.vault,
            today=self._parts.now().date(),
            locale=self._parts.locale,
        )
        words = ""
        if isinstance(caller_input, Silence):
            self._silences += 1
        else:
            self._silences = 0
            self._log.caller_said(got.shown)
        if isinstance(caller_input, Speech):
            words = caller_input.transcript.text
        # A person is asked for in words that everybody knows: the rule decides, not the engine.
        if found := first_match(CallView(text=words)):
            return Escalated(escalation=found)
        return await self._engine_answer(got.message)

    async def _engine_answer(self, message: Message) -> Step:
        context = TurnContext(
            silences=self._silences, misses=self._misses, verified=self.record.customer.verified
        )
        reply = await self._parts.engine.respond(self.call_sid, message, context)
        self._stopwatch.lap("dialogue")
        self._misses = self._misses + 1 if reply.intent in NOT_UNDERSTOOD else 0
        self._log.understood(reply)
        self._log.verification(self.verification.state)
        transfer = next((act for act in reply.actions if isinstance(act, Transfer)), None)
        found = first_match(
            CallView(
                misses=self._misses,
                verification_locked=self.verification.state.status is VerificationStatus.LOCKED,
                engine_wants_transfer=transfer.reason if transfer else None,
            )
        )
        if found is None:
            return reply
        return Escalated(escalation=found, preface=text_of(reply) if transfer else "")

    # ------------------------------------------------------------ the line's turn

    async def _perform(self, step: Step) -> bool:
        """Say a step; True when it ended the call."""
        match step:
            case Escalated(escalation=escalation, preface=preface):
                await self._hand_over(escalation, preface=preface)
                return True
            case Resume():
                if self._interrupted_at_ms is not None and self.memory.last_ask is not None:
                    await self._say(self.memory.last_ask, skip_ms=self._interrupted_at_ms)
                return False
            case Reply():
                ask = as_ask(step)
                self._log.line_says(ask.text)
                await self._say(ask)
                if ends_call(step):
                    self._outcome("no_input" if self._silences >= SILENCES_LIMIT else "completed")
                    return True
                return False

    async def _say(self, ask: Ask, *, skip_ms: int = 0) -> None:
        """Speak into the newest assistant turn, and be ready for the answer while speaking."""
        self.memory.last_ask = ask
        self._question = ask.question
        self._parts.listener.expect(ask.question)
        if not ask.text:
            return
        spoken = await self._parts.mouth.say(
            ask.text,
            interruptible=ask.interruptible,
            skip_ms=skip_ms,
            on_first_sound=self._first_sound,
        )
        self._interrupted_at_ms = spoken.resume_ms if spoken.interrupted else None
        if spoken.interrupted:
            self._parts.metrics.barge_ins.inc()
        self._log.line_was_heard(skip_ms + spoken.heard_ms)

    def _first_sound(self) -> None:
        latency = self._stopwatch.stop(turn=self._log.newest(Who.CALLER))
        if latency is None:
            return
        self.record.latency_ms.append(latency)
        self._parts.metrics.observe(latency)

    async def _hand_over(self, escalation: Escalation, *, preface: str = "") -> None:
        text, outcome = await self._parts.handover.prepare(self.record, escalation)
        ask = Ask(text=f"{preface}\n{text}".strip(), question=Question(), interruptible=False)
        self._log.line_says(ask.text)
        try:
            await self._say(ask)
        except SynthesiserUnavailable:
            self.record.unsaid = " ".join(ask.text.split())
        self._outcome(outcome)

    async def _close(self) -> None:
        self.record.state = "ended"
        self.record.ended_at = self._parts.handover.now_utc().isoformat()
        if self.record.outcome == "caller_hung_up" and self.record.handoff_id is not None:
            await self._parts.handover.withdraw(self.record.handoff_id)
        await self._parts.keeper.flush()
        self.ended.set()

    def _outcome(self, outcome: Outcome) -> None:
        self.record.outcome = outcome
        self._parts.metrics.ended.labels(outcome=outcome).inc()
