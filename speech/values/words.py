"""The words of spoken values: tokens, number words, and the small words around them."""

import re

ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
"""0 to 19."""

TENS = {
    word: value * 10
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
} | {"fourty": 40}

ZERO = frozenset({"zero", "oh", "o", "nought", "naught"})
"""The names of the digit 0."""

_STEMS = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}
ORDINALS = {
    **{_STEMS.get(value, f"{word}th"): value for word, value in ONES.items() if value},
    "twentieth": 20,
    "thirtieth": 30,
}
"""First to twentieth, and thirtieth (the rest are a ten and one of these)."""

FILLERS = frozenset({"uh", "um", "uhm", "er", "erm", "hmm", "hm", "ah", "eh", "mm", "huh"})
"""Sounds of thinking: they carry nothing wherever they stand."""

POLITE = frozenset(
    "please thank you thanks okay ok that's that is it all there go alright sir madam ma'am".split()
)
"""Words that may follow a value without changing it."""

CORRECTIONS: tuple[tuple[str, ...], ...] = tuple(
    sorted(
        (
            tuple(phrase.split())
            for phrase in (
                "no wait",
                "no no",
                "no sorry",
                "no i mean",
                "no",
                "wait no",
                "wait",
                "sorry",
                "i'm sorry",
                "sorry i mean",
                "i mean",
                "i meant",
                "scratch that",
                "correction",
                "actually",
                "actually no",
                "hold on",
                "let me start over",
                "let me start again",
                "start over",
                "start again",
                "make that",
                "rather",
                "oops",
            )
        ),
        key=len,
        reverse=True,
    )
)
"""What a speaker says before beginning a value again, longest first."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[$%/.]", re.UNICODE)


def tokens(text: str) -> list[str]:
    """Lower-case words and runs of figures; hyphens separate, punctuation goes.

    `$`, `%`, `/` and a point inside a number stay, for they change a number's meaning; a comma
    between thousands is dropped. "12th" gives "12", "th".
    """
    text = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", text)
    return _TOKEN.findall(text)


def without_fillers(words: list[str]) -> list[str]:
    """The words without sounds of thinking."""
    return [word for word in words if word not in FILLERS]


def split_corrections(words: list[str]) -> list[list[str]]:
    """The stretches between corrections: "four two no wait four three" gives two of them."""
    stretches: list[list[str]] = [[]]
    index = 0
    while index < len(words):
        phrase = next((p for p in CORRECTIONS if tuple(words[index : index + len(p)]) == p), None)
        if phrase is None:
            stretches[-1].append(words[index])
            index += 1
        else:
            stretches.append([])
            index += len(phrase)
    return stretches


def below_hundred(words: list[str], at: int) -> list[tuple[int, int]]:
    """Ways to read a number from 0 to 99 at a place, as (value, words used), longest first.

    "forty two" reads as 42 and as 40.
    """
    if at >= len(words):
        return []
    word = words[at]
    if word.isascii() and word.isdigit() and len(word) <= 2:
        return [(int(word), 1)]
    if word in ZERO:
        return [(0, 1)]
    if word in ONES:
        return [(ONES[word], 1)]
    if word not in TENS:
        return []
    ways = [(TENS[word], 1)]
    if at + 1 < len(words) and 1 <= ONES.get(words[at + 1], 0) <= 9:
        ways.insert(0, (TENS[word] + ONES[words[at + 1]], 2))
    return ways
