"""A voice that hums: a tone as long as the words are many."""

import math
from collections.abc import AsyncIterator
from struct import pack

from audio import mulaw
from audio.frame import LINE_RATE_HZ
from speech.clauses import split
from speech.ports import SynthesiserUnavailable

WORD_MS = 60
_TONE_HZ = 440
_LEVEL = 8000


class ToneSynthesiser:
    """`Synthesiser` whose sound is 60 ms of a tone for each word.

    Attributes:
        available: False makes it fail as a voice that is gone.
        spoken: the clauses that were spoken, in order.
    """

    def __init__(self) -> None:
        self.available = True
        self.spoken: list[str] = []

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        for clause in split(text):
            if not self.available:
                raise SynthesiserUnavailable("the test says so")
            self.spoken.append(clause)
            yield _tone(len(clause.split()) * WORD_MS)


def _tone(length_ms: int) -> bytes:
    count = length_ms * LINE_RATE_HZ // 1000
    step = 2 * math.pi * _TONE_HZ / LINE_RATE_HZ
    samples = (round(_LEVEL * math.sin(step * at)) for at in range(count))
    return mulaw.encode(pack(f"<{count}h", *samples))
