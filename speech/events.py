"""What a recogniser reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word; times count from the start of the recognised stretch of speech."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said in one utterance.

    Attributes:
        text: the best reading, lower case, numbers as words; empty when nothing was understood.
        words: the words of `text`.
        confidence: mean word confidence, 0 to 1; 0 for an empty text.
        alternatives: other readings, best first, without `text` itself.
        final: False while the caller may still be speaking.
    """

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    alternatives: tuple[str, ...] = ()
    final: bool = True

    @property
    def readings(self) -> tuple[str, ...]:
        """`text` and the alternatives, best first."""
        return (self.text, *self.alternatives)
