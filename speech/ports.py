"""The ports behind which a recogniser and a synthesiser stand."""

from collections.abc import AsyncIterator
from typing import Protocol

from audio.frame import AudioFrame
from speech.events import Transcript
from speech.expect import Expect


class RecogniserUnavailable(Exception):
    """Speech recognition cannot answer; the caller is offered keys and a person."""


class SynthesiserUnavailable(Exception):
    """The voice cannot answer; only prompts that are already prepared can be played."""


class Utterance(Protocol):
    """The recognition of one utterance of one caller."""

    def feed(self, frame: AudioFrame) -> None:
        """Take the next frame without waiting; decoding happens in the background, in order.

        Frames beyond the bound of the queue are dropped and counted (`lag_ms` shows it coming).
        """
        ...

    @property
    def partial(self) -> str:
        """The words understood so far."""
        ...

    @property
    def lag_ms(self) -> int:
        """How much fed audio is not decoded yet."""
        ...

    async def finish(self) -> Transcript:
        """Decode what remains and give the final reading.

        Raises:
            RecogniserUnavailable: decoding failed or took too long.
        """
        ...

    def discard(self) -> None:
        """Throw the utterance away; nothing more is decoded."""
        ...


class Recogniser(Protocol):
    """Makes utterances; one for the whole process."""

    def utterance(self, expect: Expect) -> Utterance:
        """Begin an utterance that answers a question with this expectation."""
        ...


class Synthesiser(Protocol):
    """Turns a text into the line's voice."""

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """8 kHz mu-law sound of the text, one piece for each clause, the first as soon as possible.

        Raises:
            SynthesiserUnavailable: while iterating, when the voice is gone and no copy is cached.
        """
        ...
