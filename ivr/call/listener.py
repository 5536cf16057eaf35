"""The listening half of a call: line events in, what the caller did out."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from audio.frame import FRAME_MS, AudioFrame
from audio.line import KeyPressed, Line, LineClosed, MarkReached
from dialog.types import Question, Silence
from ivr.call.ears import Ears
from ivr.call.keypad import KeyCommand, Keypad, KeysEntered
from ivr.call.mouth import Mouth
from ivr.call.turn_policy import TurnEvent
from speech.ports import Utterance

log = structlog.get_logger(__name__)

INBOX_SIZE = 16
"""Answers that wait for the dialogue. More than a few means that nobody takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded:
    """The caller finished speaking; the words are still being worked out.

    Attributes:
        utterance: gives the words.
        ended_at: the clock when the end of the turn was decided, in seconds.
        end_of_turn_ms: silence that was waited for before.
        speech_ms: how much voice the turn had.
        stopped_line: the caller interrupted the line.
    """

    utterance: Utterance
    ended_at: float
    end_of_turn_ms: int
    speech_ms: int
    stopped_line: bool


Heard = SpeechEnded | KeysEntered | KeyCommand | Silence


class Listener:
    """Turns the events of one line into what the caller did, and stops the line when it must.

    Attributes:
        person_wanted: set when the caller pressed 0 for a person.
    """

    def __init__(
        self,
        *,
        line: Line,
        ears: Ears,
        mouth: Mouth,
        clock: Callable[[], float],
        no_input_ms: int,
    ) -> None:
        self._line = line
        self._ears = ears
        self._mouth = mouth
        self._clock = clock
        self._no_input_ms = no_input_ms
        self._keypad = Keypad()
        self._question = Question()
        self.person_wanted = asyncio.Event()
        self._waiting = False
        self._waited_ms = 0
        self._stopped_line = False
        self._inbox: asyncio.Queue[Heard] = asyncio.Queue(maxsize=INBOX_SIZE)

    async def run(self) -> LineClosed:
        """Listen until the line closes; how it closed."""
        try:
            async for event in self._line.events():
                match event:
                    case AudioFrame():
                        await self._hear(event)
                    case KeyPressed(key=key):
                        await self._press(key)
                    case MarkReached():
                        self._mouth.mark_reached(event)
                    case LineClosed():
                        return event
            return LineClosed(reason="lost")
        finally:
            self._ears.close()

    def expect(self, question: Question) -> None:
        """Set what the next answer is measured against, before the question is even heard."""
        self._question = question
        self._ears.expect = question.expect

    async def next(self, *, still_waiting: bool = False) -> Heard:
        """What the caller does next; silence when it takes longer than the limit.

        Args:
            still_waiting: what came before was nothing: the limit runs on.
        """
        if not still_waiting:
            self._waited_ms = 0
        self._waiting = True
        try:
            return await self._inbox.get()
        finally:
            self._waiting = False

    async def _hear(self, frame: AudioFrame) -> None:
        event = self._ears.hear(frame, line_speaks=self._mouth.interruptible)
        if event is TurnEvent.BARGE_IN:
            self._stopped_line = True
            await self._mouth.interrupt()
        elif event is TurnEvent.TURN_ENDED:
            self._end_turn()
        if entered := self._keypad.tick(FRAME_MS):
            self._enter(entered)
        if self._waiting and not self._busy:
            self._waited_ms += FRAME_MS
            if self._waited_ms >= self._no_input_ms:
                self._waiting = False
                self._put(Silence())

    def _end_turn(self) -> None:
        utterance = self._ears.take_utterance()
        if self._mouth.speaking:
            utterance.discard()  # a cough under the line's voice, too short to interrupt it
            return
        self._put(
            SpeechEnded(
                utterance=utterance,
                ended_at=self._clock(),
                end_of_turn_ms=self._ears.last_silence_ms,
                speech_ms=self._ears.last_speech_ms,
                stopped_line=self._stopped_line,
            )
        )
        self._stopped_line = False
        self._keypad.clear()  # half a PIN, then the date in words: the words are the answer

    async def _press(self, key: str) -> None:
        entered = self._keypad.press(key, self._question)
        if entered is None and not self._keypad.collecting:
            return  # the # behind a number that was complete already
        self._waited_ms = 0
        if entered is not KeyCommand.PERSON:  # for a person the session silences everything
            await self._mouth.interrupt()
        if entered is not None:
            self._enter(entered)

    def _enter(self, entered: KeysEntered | KeyCommand) -> None:
        if entered is KeyCommand.PERSON:
            self.person_wanted.set()
        else:
            self._put(entered)

    @property
    def _busy(self) -> bool:
        return self._ears.caller_speaks or self._keypad.collecting or self._mouth.speaking

    def _put(self, heard: Heard) -> None:
        try:
            self._inbox.put_nowait(heard)
        except asyncio.QueueFull:
            if isinstance(heard, SpeechEnded):
                heard.utterance.discard()
            log.warning("answer_dropped", kind=type(heard).__name__)
