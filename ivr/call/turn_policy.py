"""Whose turn is it? End of turn and barge-in, from voiced frames alone. Pure; time is frames."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from audio.frame import FRAME_MS
from speech.expect import Expect, ExpectKind
from speech.values import parse

# A phrase that ends like this goes on: the caller is looking for words.
_UNFINISHED = frozenset(
    (
        "uh um er the a an my is and or of to for with number are was in on at i'd i'm it's like"
    ).split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTiming:
    """The times of turn-taking.

    Attributes:
        onset_ms: voice within `onset_window_ms` that counts as the beginning of speech.
        barge_in_ms: voice since the onset that stops the line while it speaks.
        complete_ms: silence that ends a turn whose words complete what was asked.
        usual_ms: silence that ends any other turn.
        unfinished_ms: silence granted to an answer that is clearly not finished.
        longest_ms: a turn is ended here even if the caller, or a noise, goes on.
    """

    onset_ms: int = 80
    onset_window_ms: int = 160
    barge_in_ms: int = 260
    complete_ms: int = 420
    usual_ms: int = 720
    unfinished_ms: int = 1400
    longest_ms: int = 30_000


def silence_needed_ms(expect: Expect, partial: str, timing: TurnTiming, today: date) -> int:
    """How long the caller must be silent before the turn is theirs no more (A3).

    It follows from what was asked and from how complete the words so far are: a whole account
    number ends soon, half of one is waited for.
    """
    words = partial.split()
    if not words:
        return timing.usual_ms
    if expect.kind is not ExpectKind.FREE:
        if parse(expect, [partial], today=today).value is not None:
            # "nineteen eighty" is a year, and the beginning of "nineteen eighty four".
            goes_on = expect.kind is ExpectKind.DATE and words[-1] in _TENS
            return timing.usual_ms if goes_on else timing.complete_ms
        if expect.kind is not ExpectKind.YES_NO and _has_number(words):
            return timing.unfinished_ms
    return timing.unfinished_ms if words[-1] in _UNFINISHED else timing.usual_ms


_NUMBER_WORDS = frozenset(
    (
        "zero oh one two three four five six seven eight nine ten double triple twenty thirty "
        "forty fifty sixty seventy eighty ninety nineteen first second third january february "
        "march april may june july august september october november december"
    ).split()
)


def _has_number(words: list[str]) -> bool:
    return any(word in _NUMBER_WORDS or word.isdigit() for word in words)


_TENS = frozenset("twenty thirty forty fifty sixty seventy eighty ninety".split())


class TurnEvent(Enum):
    """What the newest frame brought about."""

    SPEECH_BEGAN = auto()
    BARGE_IN = auto()
    TURN_ENDED = auto()


@dataclass(slots=True, kw_only=True)
class TurnDetector:
    """Follows one caller's speech frame by frame.

    Attributes:
        timing: the times it works with.
        speech_ms: voiced time in the current turn.
        silence_ms: silence since the last voiced frame of the current turn.
    """

    timing: TurnTiming
    speaking: bool = False
    speech_ms: int = 0
    silence_ms: int = 0
    _recent: deque[bool] = field(init=False)
    _barged: bool = False
    _turn_ms: int = 0

    def __post_init__(self) -> None:
        """Size the onset window."""
        self._recent = deque(maxlen=self.timing.onset_window_ms // FRAME_MS)

    def frame(self, *, voiced: bool, line_speaks: bool, silence_needed_ms: int) -> TurnEvent | None:
        """Take one 20 ms frame.

        Args:
            voiced: whether it holds voice.
            line_speaks: whether the line is being heard and may be interrupted.
            silence_needed_ms: the silence that ends a turn now (`silence_needed_ms`).
        """
        if not self.speaking:
            return self._wait_for_onset(voiced=voiced)
        if voiced:
            self.speech_ms += FRAME_MS
            self.silence_ms = 0
        else:
            self.silence_ms += FRAME_MS
        if line_speaks and not self._barged and self.speech_ms >= self.timing.barge_in_ms:
            self._barged = True
            return TurnEvent.BARGE_IN
        self._turn_ms += FRAME_MS
        if self.silence_ms >= silence_needed_ms or self._turn_ms >= self.timing.longest_ms:
            self.reset()
            return TurnEvent.TURN_ENDED
        return None

    def _wait_for_onset(self, *, voiced: bool) -> TurnEvent | None:
        self._recent.append(voiced)
        heard_ms = sum(self._recent) * FRAME_MS
        if heard_ms < self.timing.onset_ms:
            return None
        self.speaking = True
        self.speech_ms = heard_ms
        self.silence_ms = 0
        return TurnEvent.SPEECH_BEGAN

    def reset(self) -> None:
        """Forget the current turn and begin to listen anew."""
        self.speaking = self._barged = False
        self.speech_ms = self.silence_ms = self._turn_ms = 0
        self._recent.clear()
