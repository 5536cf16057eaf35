"""Listening: voice activity, turn detection and recognition of one caller, frame by frame."""

from collections import deque
from collections.abc import Callable
from datetime import date

from audio.frame import FRAME_MS, AudioFrame
from audio.vad import VoiceDetector
from ivr.call.turn_policy import TurnDetector, TurnEvent, TurnTiming, silence_needed_ms
from speech.expect import FREE, Expect
from speech.ports import Recogniser, Utterance

PRE_ROLL_MS = 300
"""Sound from before the onset that the recogniser gets too, so that no first consonant is lost."""


class Ears:
    """Decides what is speech and feeds only that to the recogniser.

    Attributes:
        expect: what the line waits for; it sets the silence that ends a turn.
        last_silence_ms: the silence that ended the last turn.
        last_speech_ms: how much voice it had.
    """

    def __init__(
        self,
        *,
        recogniser: Recogniser,
        detector: VoiceDetector,
        timing: TurnTiming,
        today: Callable[[], date],
    ) -> None:
        self.expect: Expect = FREE
        self.last_silence_ms = 0
        self.last_speech_ms = 0
        self._recogniser = recogniser
        self._detector = detector
        self._timing = timing
        self._today = today
        self._turn = TurnDetector(timing=timing)
        self._pre_roll: deque[AudioFrame] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        self._utterance: Utterance | None = None
        self._judged: tuple[str, Expect, int] | None = None

    @property
    def caller_speaks(self) -> bool:
        """Whether a turn of the caller is under way."""
        return self._turn.speaking

    def hear(self, frame: AudioFrame, *, line_speaks: bool) -> TurnEvent | None:
        """Take the next frame and say what it brought about."""
        needed_ms = self.silence_needed_ms
        event = self._turn.frame(
            voiced=self._detector.is_voiced(frame),
            line_speaks=line_speaks,
            silence_needed_ms=needed_ms,
        )
        if event is TurnEvent.TURN_ENDED:
            self.last_silence_ms = needed_ms
        elif self._turn.speaking:
            self.last_speech_ms = self._turn.speech_ms
        self._pre_roll.append(frame)
        if event is TurnEvent.SPEECH_BEGAN:
            self._utterance = self._recogniser.utterance(self.expect)
            for earlier in self._pre_roll:
                self._utterance.feed(earlier)
        elif self._utterance is not None:
            self._utterance.feed(frame)
        return event

    @property
    def silence_needed_ms(self) -> int:
        """The silence that would end the current turn."""
        partial = self._utterance.partial if self._utterance is not None else ""
        # The judgement parses the words; it is made once for each new partial, not for each frame.
        if self._judged is None or self._judged[:2] != (partial, self.expect):
            needed = silence_needed_ms(self.expect, partial, self._timing, self._today())
            self._judged = (partial, self.expect, needed)
        return self._judged[2]

    def take_utterance(self) -> Utterance:
        """The utterance of the turn that just ended; the next turn makes its own."""
        if self._utterance is None:
            raise RuntimeError("no turn has ended")
        utterance, self._utterance = self._utterance, None
        return utterance

    def close(self) -> None:
        """Throw away what is being recognised."""
        if self._utterance is not None:
            self._utterance.discard()
            self._utterance = None
