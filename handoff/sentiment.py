"""How the caller feels, from the words of their turns."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


class Mood(StrEnum):
    """The label an agent reads."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """A mood with its score from -1 (angry) to 1 (pleased), and the scores turn by turn."""

    mood: Mood
    score: float
    by_turn: list[float]


# VADER's own thresholds for its compound score (Hutto and Gilbert 2014).
_POSITIVE_FROM = 0.05
_NEGATIVE_TO = -0.05


class SentimentMeter:
    """Scores texts with VADER; loading its lexicon takes a while, so make one for the process."""

    def __init__(self) -> None:
        self._analyser = SentimentIntensityAnalyzer()

    def measure(self, texts: Sequence[str]) -> Sentiment:
        """Sentiment over a caller's turns, the later ones weighing more."""
        scores = [float(self._analyser.polarity_scores(text)["compound"]) for text in texts]
        weights = range(1, len(scores) + 1)
        score = sum(s * w for s, w in zip(scores, weights, strict=True)) / max(sum(weights), 1)
        return Sentiment(mood=_mood(score), score=round(score, 3), by_turn=scores)


def _mood(score: float) -> Mood:
    if score >= _POSITIVE_FROM:
        return Mood.POSITIVE
    return Mood.NEGATIVE if score <= _NEGATIVE_TO else Mood.NEUTRAL
