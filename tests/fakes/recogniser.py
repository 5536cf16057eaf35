"""A recogniser that hears what a script says."""

from collections.abc import Iterable

from audio.frame import FRAME_MS, AudioFrame
from speech.events import Transcript, Word
from speech.expect import Expect
from speech.ports import RecogniserUnavailable

_WORD_MS = 200


class ScriptedRecogniser:
    """`Recogniser` whose utterances have known words, whatever is fed.

    Args:
        script: the words of each utterance, in order, or a whole `Transcript`. After the last one,
            nothing is understood.

    Attributes:
        available: False makes `finish` fail.
        expected: what each utterance was to answer, in order.
    """

    def __init__(self, script: Iterable[str | Transcript] = ()) -> None:
        self._script = iter(script)
        self.available = True
        self.expected: list[Expect] = []

    def utterance(self, expect: Expect) -> "ScriptedUtterance":
        self.expected.append(expect)
        scripted = next(self._script, "")
        if isinstance(scripted, str):
            scripted = _transcript(scripted)
        return ScriptedUtterance(self, scripted)


class ScriptedUtterance:
    """An utterance that shows one more word of its script for each 200 ms that are fed."""

    def __init__(self, recogniser: ScriptedRecogniser, transcript: Transcript) -> None:
        self._recogniser = recogniser
        self._transcript = transcript
        self.fed_ms = 0
        self.discarded = False

    def feed(self, frame: AudioFrame) -> None:
        assert frame.rate_hz == 8000
        self.fed_ms += FRAME_MS

    @property
    def partial(self) -> str:
        return " ".join(self._transcript.text.split()[: self.fed_ms // _WORD_MS])

    @property
    def lag_ms(self) -> int:
        return 0

    async def finish(self) -> Transcript:
        if not self._recogniser.available:
            raise RecogniserUnavailable("the script says so")
        return self._transcript if self.fed_ms else Transcript(text="")

    def discard(self) -> None:
        self.discarded = True


def _transcript(text: str) -> Transcript:
    words = tuple(
        Word(text=word, start_ms=at * _WORD_MS, end_ms=(at + 1) * _WORD_MS, confidence=1.0)
        for at, word in enumerate(text.split())
    )
    return Transcript(text=text, words=words, confidence=1.0 if words else 0.0)
