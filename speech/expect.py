"""What a question expects as its answer.

From it follow the recogniser's hints, the silence that ends the turn, the handling of keys and the
parsing of the value.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_PATTERN = re.compile(r"([a-z_]+)(?:\((\d{1,2})\))?")


class ExpectKind(StrEnum):
    """The kinds of answer that the line can understand."""

    YES_NO = "yes_no"
    DIGITS = "digits"
    ACCOUNT_NUMBER = "account_number"
    DATE = "date"
    AMOUNT = "amount"
    NAME = "name"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """One expectation, written `date`, `digits(4)`, `free` and so on.

    Attributes:
        kind: what sort of value.
        length: how many digits; only for `digits`, None where any number will do.
    """

    kind: ExpectKind
    length: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Expect":
        """Read the written form.

        Raises:
            ValueError: the text names no known expectation; the sentence says which exist.
        """
        match = _PATTERN.fullmatch(text.strip())
        known = ", ".join(kind.value for kind in ExpectKind)
        if match is None or match[1] not in set(ExpectKind):
            raise ValueError(f"unknown expectation {text!r}: use one of {known}, or digits(n)")
        kind = ExpectKind(match[1])
        if match[2] is not None and kind is not ExpectKind.DIGITS:
            raise ValueError(f"{text!r}: only digits takes a length")
        return cls(kind=kind, length=int(match[2]) if match[2] else None)

    def __str__(self) -> str:
        """The written form, as `parse` reads it."""
        return f"{self.kind}({self.length})" if self.length else str(self.kind)


FREE = Expect(kind=ExpectKind.FREE)
