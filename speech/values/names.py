"""Names, matched with the names that are possible."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from speech.values.value import Value
from speech.values.words import split_corrections, tokens, without_fillers

_LEAD_INS = frozenset(
    "my name is it's its this i'm i am the hi hello yes yeah sure well so under for "
    "first last full speaking here please thank you thanks".split()
)
_NEAR = 0.8
"""How alike (difflib's ratio) what was heard and a candidate must be."""
_AHEAD = 0.1
"""How much less alike the second best must be."""
_LONGEST_WORDS = 4


def parse_name(text: str, candidates: Sequence[str] | None) -> Value:
    """The candidate that sounds like what was said; without candidates, the words of the name."""
    words = split_corrections(without_fillers(tokens(text)))[-1]
    said = " ".join(word for word in words if word not in _LEAD_INS)
    if not said:
        return Value(rest=text)
    if candidates is None:
        if len(said.split()) > _LONGEST_WORDS or any(map(str.isdigit, said)):
            return Value(rest=text)
        return Value(value=said, confidence=0.6)
    alike = sorted(
        ((SequenceMatcher(None, said, name.lower()).ratio(), name) for name in set(candidates)),
        reverse=True,
    )
    if not alike or alike[0][0] < _NEAR:
        return Value(rest=text)
    if len(alike) > 1 and alike[0][0] - alike[1][0] < _AHEAD:
        return Value(rest=text)
    return Value(value=alike[0][1], confidence=alike[0][0])
