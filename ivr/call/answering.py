"""From what the caller did to what the line does next: understanding, rules, engine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from dialog.interpreter import interpret
from dialog.ports import DialogueEngine
from dialog.types import CallerInput, Keys, Message, Question, Signal, Silence, Speech, Transfer
from dialog.verification import VerificationStatus
from handoff.rules import CallView, first_match
from ivr.call.keypad import KeyCommand, KeysEntered
from ivr.call.listener import Heard, SpeechEnded
from ivr.call.logbook import Logbook
from ivr.call.memory import CallMemory
from ivr.call.progress import NOISE_MS, Progress
from ivr.call.steps import Escalated, Resume, Step, text_of
from ivr.call.stopwatch import Stopwatch
from speech.events import Transcript
from speech.ports import RecogniserUnavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Works out the next step of one call; it says nothing itself.

    Attributes:
        now: the date and time where the callers are.
    """

    memory: CallMemory
    engine: DialogueEngine
    logbook: Logbook
    progress: Progress
    stopwatch: Stopwatch
    now: Callable[[], datetime]
    locale: str

    async def begin(self) -> Step:
        """The first step of a call.

        Raises:
            DialogueUnavailable: the engine gave no usable answer.
        """
        return await self._ask_engine(Signal(name="call_started"))

    async def next_step(self, heard: Heard, question: Question) -> Step | None:
        """What follows from what the caller did; None when it was nothing.

        Raises:
            DialogueUnavailable: the engine gave no usable answer.
        """
        match heard:
            case SpeechEnded():
                return await self._take_speech(heard, question)
            case Silence():
                self.progress.silent()
                return await self._answer(heard, question)
            case KeysEntered(digits=digits):
                self._caller_acted()
                return await self._answer(Keys(digits=digits), question)
            case KeyCommand.REPEAT:
                self._caller_acted()
                self.logbook.caller_said("[*]")
                return await self._ask_engine(Signal(name="repeat"))
            case KeyCommand.PERSON:
                return self.person_wanted()

    def person_wanted(self) -> Escalated:
        """The caller pressed 0."""
        self._caller_acted()
        self.logbook.caller_said("[0]")
        found = first_match(CallView(pressed_zero=True))
        if found is None:
            raise RuntimeError("no rule brings a person on key 0")
        return Escalated(escalation=found)

    def _caller_acted(self) -> None:
        self.progress.active()
        self.stopwatch.start(end_of_turn_ms=0)

    async def _take_speech(self, heard: SpeechEnded, question: Question) -> Step | None:
        self.stopwatch.start(end_of_turn_ms=heard.end_of_turn_ms, at=heard.ended_at)
        try:
            transcript = await heard.utterance.finish()
        except RecogniserUnavailable as error:
            log.error("recogniser_unavailable", call_sid=self.memory.call_sid, error=str(error))
            return await self._answer(Speech(transcript=Transcript(text="")), question)
        self.stopwatch.lap("recognise")
        if transcript.text:
            self.progress.active()
        elif heard.stopped_line:
            if not self.progress.noise_is_answer():
                return Resume()
        elif heard.speech_ms < NOISE_MS:
            return None
        return await self._answer(Speech(transcript=transcript), question)

    async def _answer(self, caller_input: CallerInput, question: Question) -> Step:
        got = interpret(
            caller_input,
            question,
            self.memory.vault,
            today=self.now().date(),
            locale=self.locale,
            verified=self.memory.record.customer.verified,
        )
        silence = isinstance(caller_input, Silence)
        if not silence:
            self.logbook.caller_said(got.shown)
        # A person is asked for in words that everybody knows: the rule decides, not the engine.
        words = caller_input.transcript.text if isinstance(caller_input, Speech) else ""
        if found := first_match(CallView(text=words)):
            return Escalated(escalation=found)
        return await self._ask_engine(got.message, silence=silence)

    async def _ask_engine(self, message: Message, *, silence: bool = False) -> Step:
        context = self.progress.context(verified=self.memory.record.customer.verified)
        reply = await self.engine.respond(self.memory.call_sid, message, context)
        self.stopwatch.lap("dialogue")
        self.progress.engine_took(reply.intent, silence=silence)
        if not silence:
            self.logbook.understood(reply)
        state = self.memory.verification.state
        self.logbook.verification(state)
        transfer = next((act for act in reply.actions if isinstance(act, Transfer)), None)
        found = first_match(
            CallView(
                misses=self.progress.misses,
                verification_locked=state.status is VerificationStatus.LOCKED,
                engine_wants_transfer=transfer.reason if transfer else None,
            )
        )
        if found is None:
            return reply
        return Escalated(escalation=found, preface=text_of(reply) if transfer else "")
