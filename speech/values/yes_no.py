"""Yes and no, in the many ways people say them."""

from speech.values.value import Value
from speech.values.words import FILLERS, tokens


def _phrases(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((tuple(t.split()) for t in texts), key=len, reverse=True))


_YES = _phrases(
    "yes", "yeah", "yep", "yup", "yea", "ya", "yes please", "yes it is", "yes i do", "yes i am",
    "yes that's right", "yes that's correct", "yes that is right", "yes that is correct",
    "that's right", "that is right", "that's correct", "that is correct", "that's true",
    "you got it", "of course", "absolutely", "definitely", "certainly", "affirmative", "correct",
    "i think so", "yes i think so", "sounds good", "go ahead", "please do", "uh huh",
    "mm hmm", "mhm",
)  # fmt: skip
"""Say yes also when something else follows or goes before."""

_NO = _phrases(
    "no", "nope", "nah", "naw", "no thanks", "no thank you", "not really", "no not really",
    "no it isn't", "no it's not", "no i don't", "no i'm not", "negative", "not at all", "no way",
    "that's wrong", "that is wrong", "that's not right", "that is not right", "that's not correct",
    "that is not correct", "that's incorrect", "that is incorrect", "incorrect", "not correct",
    "of course not", "certainly not", "absolutely not", "definitely not", "not right now",
    "i don't think so", "no i don't think so", "not yet", "that isn't right", "that isn't correct",
)  # fmt: skip

_WEAK_YES = _phrases(
    "right", "sure", "sure thing", "okay", "ok", "fine", "that's fine", "that is fine", "alright",
    "all right", "exactly", "true", "indeed", "it is", "i do", "i did", "i am", "that's it",
)  # fmt: skip
"""Mean yes only with nothing but small words beside them: "okay so what is ..." is no yes."""

_WEAK_NO = _phrases(
    "i don't", "i do not", "i'm not", "i am not", "it isn't", "it's not", "it is not", "i didn't",
    "i did not", "wrong", "never", "don't", "not now", "false",
)  # fmt: skip

_UNSURE = _phrases(
    "not sure", "maybe", "perhaps", "i don't know", "don't know", "i do not know", "no idea",
    "i guess", "not certain", "i forgot", "yeah right", "yeah no", "no doubt", "no problem",
    "not wrong", "no wait", "wait", "or", "why not",
)  # fmt: skip

_POLITE = _phrases("thank you", "thanks", "please", "sir", "ma'am", "uh uh", *FILLERS)
_NEUTRAL = frozenset("well so oh i i'm it's it then and but".split())


def parse_yes_no(text: str) -> Value:
    """`yes` or `no` in one reading; neither when both are said, or when it sounds unsure."""
    words = tokens(text)
    meanings: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        kind, used = _meaning(words, at)
        meanings.append((kind, " ".join(words[at : at + used])))
        at += used
    kinds = [kind for kind, _ in meanings if kind not in {"neutral", "polite"}]
    answers = {kind.removeprefix("weak ") for kind in kinds} - {"other"}
    if len(answers) != 1 or "unsure" in answers:
        return Value(rest=text)
    answer = answers.pop()
    confidence = 1.0 if answer in kinds else 0.8
    if "other" not in kinds:
        return Value(value=answer, confidence=confidence)
    if not _stands_out(kinds, answer):
        return Value(rest=text)
    rest = " ".join(said for kind, said in meanings if kind in {"other", "neutral"})
    return Value(value=answer, confidence=confidence * 0.9, rest=rest)


def _stands_out(kinds: list[str], answer: str) -> bool:
    """A plain yes or no opens or closes the sentence: "i have no account" is no answer."""
    return kinds[0] == answer or kinds[-1] == answer


def _meaning(words: list[str], at: int) -> tuple[str, int]:
    """What the phrase at a place means, and its length; the longest phrase wins."""
    best = ("neutral" if words[at] in _NEUTRAL else "other", 1)
    best = ("unsure", 1) if words[at] in {"not", "isn't", "never"} else best
    longest = 0
    for kind, phrases in (
        ("unsure", _UNSURE),
        ("polite", _POLITE),
        ("no", _NO),
        ("yes", _YES),
        ("weak no", _WEAK_NO),
        ("weak yes", _WEAK_YES),
    ):
        for phrase in phrases:
            if len(phrase) > longest and tuple(words[at : at + len(phrase)]) == phrase:
                best, longest = (kind, len(phrase)), len(phrase)
    return best
