"""Text cut into clauses, each of which the voice speaks in one breath."""

import re

_LONG = 90
"""Characters above which a sentence is cut at its commas: about six seconds of speech."""
_LONG_FIRST = 45
"""The same for the first sentence, which the caller waits for."""
_TINY = 12
"""Fewer characters than this are joined to a neighbour: alone they sound clipped."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
_PAUSE = re.compile(r"(?<=[,;:])\s+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|No|vs|e\.g|i\.e|[A-Z])\.$")
_NUMBER_WORD = re.compile(
    r"^(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty"
    r"|(?:\w+ty-)?(?:\w+th|first|second|third|one|two|three|four|five|six|seven|eight|nine))$"
)


def split(text: str) -> list[str]:
    """The clauses of a text, in order; joined by spaces they are the text.

    Sentences; long ones are cut at commas, the first one sooner, so that the first sound comes
    early. No clause is tiny unless the whole text is. A text without a word has none.
    """
    clauses: list[str] = []
    for sentence in _sentences(" ".join(text.split())):
        clauses += _at_pauses(sentence, first=not clauses)
    return _without_tiny(clauses)


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    begin = 0
    for gap in _SENTENCE_END.finditer(text):
        sentence = text[begin : gap.end()].rstrip()
        if not _ABBREVIATION.search(sentence):
            sentences.append(sentence)
            begin = gap.end()
    if begin < len(text):
        sentences.append(text[begin:])
    return sentences


def _at_pauses(sentence: str, *, first: bool) -> list[str]:
    """A long sentence cut at its commas into pieces that are not long, where it has commas.

    It is never cut within a date or a number that is read in groups.
    """
    if len(sentence) <= (_LONG_FIRST if first else _LONG):
        return [sentence]
    pieces: list[str] = []
    for piece in _PAUSE.split(sentence):
        limit = _TINY if first and len(pieces) == 1 else _LONG
        if pieces and (_within_number(pieces[-1], piece) or len(pieces[-1]) + len(piece) < limit):
            pieces[-1] += f" {piece}"
        else:
            pieces.append(piece)
    return pieces


def _within_number(left: str, right: str) -> bool:
    return _is_number(left.rsplit(maxsplit=1)[-1]) and _is_number(right.split(maxsplit=1)[0])


def _is_number(word: str) -> bool:
    return bool(_NUMBER_WORD.match(word.lower().strip(",;:.!?")))


def _without_tiny(pieces: list[str]) -> list[str]:
    """Tiny pieces joined to the next one; the last one to the one before."""
    joined: list[str] = []
    for piece in pieces:
        if joined and len(joined[-1]) < _TINY:
            joined[-1] += f" {piece}"
        else:
            joined.append(piece)
    if len(joined) > 1 and len(joined[-1]) < _TINY:
        last = joined.pop()
        joined[-1] += f" {last}"
    return joined
