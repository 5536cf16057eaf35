"""The result of reading a value from speech."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value read from what was said.

    Attributes:
        value: the value in its written form; None when nothing fits or when in doubt.
        confidence: 0 to 1, from how plainly it was said and how far the readings agree; 0 without
            a value. The recogniser's own confidence is not in it.
        rest: the words that are not part of the value.
    """

    value: str | None = None
    confidence: float = 0.0
    rest: str = ""
