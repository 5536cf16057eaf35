"""How well the call goes: silences, misunderstandings, noise. Pure."""

from dataclasses import dataclass

from dialog.types import TurnContext

SILENCES_LIMIT = 3
"""B8: the third silence in a row ends the call in words."""

NOISES_LIMIT = 2
"""So often the line goes on after a noise stopped it; after that, noise is an answer that was not
understood. Otherwise a noisy line would repeat one clause for ever."""

NOISE_MS = 300
"""A stretch of sound shorter than this in which no word was found is no answer at all."""

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope", "no_match"})
"""Intents by which the engine says that it did not understand."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """Counts what goes wrong in a row.

    Attributes:
        silences: questions without any answer; anything the caller does resets it.
        misses: answers that were not understood. Only an understood one resets it: a caller who is
            silent in between is no nearer to what they want.
        noises: times the line was stopped by something without words; words reset it.
    """

    silences: int = 0
    misses: int = 0
    noises: int = 0

    def context(self, *, verified: bool) -> TurnContext:
        """What the engine is told."""
        return TurnContext(silences=self.silences, misses=self.misses, verified=verified)

    def silent(self) -> None:
        """The caller did nothing within the time allowed."""
        self.silences += 1

    def active(self) -> None:
        """The caller said words or pressed a key."""
        self.silences = self.noises = 0

    def noise_is_answer(self) -> bool:
        """Note that something without words stopped the line; whether it is an answer now."""
        self.noises += 1
        return self.noises > NOISES_LIMIT

    def engine_took(self, intent: str | None, *, silence: bool) -> None:
        """Note what the engine made of the caller's turn."""
        if intent in NOT_UNDERSTOOD:
            self.misses += 1
        elif not silence:
            self.misses = 0
