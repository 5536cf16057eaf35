"""One call, from the first sound to the last."""

import asyncio
from dataclasses import dataclass, replace

import structlog

from audio.line import Line
from dialog.ports import DialogueUnavailable
from dialog.types import Ask, Question, Reply, Say, Who
from dialog.verification import Verification
from handoff.rules import Escalation, Reason
from ivr.call.answering import Answering
from ivr.call.handover import HandOver
from ivr.call.listener import Listener
from ivr.call.memory import CallMemory
from ivr.call.mouth import Mouth
from ivr.call.progress import SILENCES_LIMIT
from ivr.call.prompts import CUT_OFF, ENGINE_GONE
from ivr.call.record import CallRecord
from ivr.call.steps import Escalated, Resume, Step, as_ask, ends_call, last_ask
from ivr.call.store import RecordKeeper
from ivr.metrics import CallMetrics
from speech.ports import SynthesiserUnavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What a session works with; `ivr.call.factory` makes them for each stream."""

    line: Line
    listener: Listener
    mouth: Mouth
    answering: Answering
    keeper: RecordKeeper
    handover: HandOver
    metrics: CallMetrics


class CallSession:
    """Runs one call: listens, asks what comes next, speaks, hands over, and ends in order.

    Attributes:
        memory: what outlives the stream.
        ended: set when everything about the call has been put away.
    """

    def __init__(self, parts: SessionParts, memory: CallMemory) -> None:
        self.memory = memory
        self.ended = asyncio.Event()
        self._parts = parts
        self._logbook = parts.answering.logbook
        self._current: Ask = Ask(text="", question=Question())
        self._interrupted_at_ms: int | None = None
        self._handing_over = False
        self._is_put_away = False

    @property
    def call_sid(self) -> str:
        """Twilio's name of the call."""
        return self.memory.call_sid

    @property
    def record(self) -> CallRecord:
        """What is known of the call."""
        return self.memory.record

    @property
    def verification(self) -> Verification:
        """Who the caller is."""
        return self.memory.verification

    async def run(self) -> None:
        """Carry the call to its end.

        A failure of ours ends the stream; Twilio's next request (`stream_ended`) finds the record
        and brings the caller to a person.
        """
        keeping = asyncio.create_task(self._parts.keeper.run(), name="keeper")
        try:
            async with asyncio.TaskGroup() as group:
                talk = group.create_task(self._converse(keeping), name="converse")
                group.create_task(self._listen(talk), name="listen")
        except* Exception as failures:
            log.error("call_failed", call_sid=self.call_sid, exc_info=failures)
        finally:
            await self._put_away(keeping)
            self.ended.set()

    # ------------------------------------------------------------ the two halves

    async def _listen(self, talk: asyncio.Task[None]) -> None:
        closed = await self._parts.listener.run()
        if closed.reason == "stop" and self.record.outcome in {None, "transferred"}:
            self.record.outcome = "caller_hung_up"
        if not talk.done():
            log.info("line_closed", call_sid=self.call_sid, reason=closed.reason)
            talk.cancel()

    async def _converse(self, keeping: asyncio.Task[None]) -> None:
        try:
            await self._talk_until_person_wanted()
        except DialogueUnavailable as error:
            log.error("dialogue_unavailable", call_sid=self.call_sid, error=str(error))
            await self._hand_over(_our_fault("dialogue engine gone"))
        except SynthesiserUnavailable as error:
            log.error("voice_unavailable", call_sid=self.call_sid, error=str(error))
            await self._hand_over(_our_fault("voice gone"))
        except Exception:
            self.record.outcome = self.record.outcome or "failed"
            raise
        finally:
            # Before the line closes: Twilio then asks what comes next, perhaps another node, and
            # that must find how the call ended.
            try:
                await self._put_away(keeping)
            finally:
                await self._parts.line.close()

    async def _talk_until_person_wanted(self) -> None:
        """Key 0 wins at any moment: while the engine thinks, the line speaks or says goodbye."""
        talk = asyncio.create_task(self._talk(), name="talk")
        zero = asyncio.create_task(self._parts.listener.person_wanted.wait(), name="zero")
        try:
            await asyncio.wait({talk, zero}, return_when=asyncio.FIRST_COMPLETED)
            if not talk.done() and not self._handing_over:
                talk.cancel()
                await asyncio.wait({talk})
                await self._parts.mouth.silence()
                await self._perform(self._parts.answering.person_wanted())
            else:
                await talk
        finally:
            zero.cancel()
            talk.cancel()
            await asyncio.gather(zero, talk, return_exceptions=True)

    async def _talk(self) -> None:
        step = await self._open()
        while not await self._perform(step):
            step = await self._next_step()

    async def _open(self) -> Step:
        question = self.memory.last_ask
        if question is not None:  # the call goes on after its stream was lost
            return Reply(actions=(Say(text=CUT_OFF), question))
        return await self._parts.answering.begin()

    async def _next_step(self) -> Step:
        heard = await self._parts.listener.next()
        while (
            step := await self._parts.answering.next_step(heard, self._current.question)
        ) is None:
            heard = await self._parts.listener.next(still_waiting=True)
        return step

    # ------------------------------------------------------------ the line's turn

    async def _perform(self, step: Step) -> bool:
        """Say a step; True when it ended the call."""
        match step:
            case Escalated(escalation=escalation, preface=preface):
                await self._hand_over(escalation, preface=preface)
                return True
            case Resume():
                if self._interrupted_at_ms is not None:
                    await self._say(self._current, skip_ms=self._interrupted_at_ms)
                return False
            case Reply():
                ask = as_ask(step)
                self._logbook.line_says(ask.text)
                if ends_call(step):
                    silences = self._parts.answering.progress.silences
                    self.record.outcome = "no_input" if silences >= SILENCES_LIMIT else "completed"
                else:
                    self.memory.last_ask = last_ask(step)
                await self._say(ask)
                return ends_call(step)

    async def _say(self, ask: Ask, *, skip_ms: int = 0) -> None:
        """Speak into the newest assistant turn, and be ready for the answer while speaking."""
        self._current = ask
        self._interrupted_at_ms = None
        self._parts.listener.expect(ask.question)
        if not ask.text:
            return
        mouth = self._parts.mouth
        try:
            spoken = await mouth.say(
                ask.text,
                interruptible=ask.interruptible,
                skip_ms=skip_ms,
                on_first_sound=self._first_sound,
            )
        finally:
            self._logbook.line_was_heard(skip_ms + mouth.heard_ms)
        if spoken.interrupted:
            self._interrupted_at_ms = spoken.resume_ms
            self._parts.metrics.barge_ins.inc()

    def _first_sound(self) -> None:
        latency = self._parts.answering.stopwatch.stop(turn=self._logbook.newest(Who.CALLER))
        if latency is not None:
            self.record.latency_ms.append(latency)
            self._parts.metrics.observe(latency)

    async def _hand_over(self, escalation: Escalation, *, preface: str = "") -> None:
        """Hand the call over. From the moment it is queued it ends with a person, come what may:
        a stream that is lost now is not resumed, and Twilio's voice says what was not heard."""
        self._handing_over = True
        if escalation.reason is Reason.SERVICE_UNAVAILABLE and not preface:
            preface = ENGINE_GONE
        text, outcome = await self._parts.handover.prepare(self.record, escalation)
        if outcome == "transferred":
            text = f"{preface}\n{text}".strip()
        self.record.outcome = outcome
        self.record.unsaid = " ".join(text.split())
        self._logbook.line_says(text)
        try:
            await self._say(replace(self._current, text=text, interruptible=False))
        except SynthesiserUnavailable:
            log.error("hand_over_unsaid", call_sid=self.call_sid)
        else:
            self.record.unsaid = None

    # ------------------------------------------------------------ the end

    async def _put_away(self, keeping: asyncio.Task[None]) -> None:
        """Store the final record, whatever ended the call. Doing it twice changes nothing."""
        if self._is_put_away:
            return
        self._is_put_away = True
        record = self.record
        record.state = "ended"
        record.ended_at = self._parts.handover.now_utc().isoformat(timespec="milliseconds")
        self.memory.vault.clear()
        if record.outcome is not None:
            self._parts.metrics.ended.labels(outcome=record.outcome).inc()
        if record.outcome == "caller_hung_up" and record.handoff_id is not None:
            await self._parts.handover.withdraw(record.handoff_id)
        self._parts.keeper.stop()
        await keeping


def _our_fault(evidence: str) -> Escalation:
    return Escalation(reason=Reason.SERVICE_UNAVAILABLE, evidence=evidence)
