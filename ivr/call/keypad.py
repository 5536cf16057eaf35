"""Keys (A6): digits, `*` repeat, `#` end, `0` a person. Pure; time comes in as frames."""

from dataclasses import dataclass
from enum import Enum, auto

from dialog.types import Question
from speech.expect import Expect, ExpectKind

ACCOUNT_DIGITS = 6

BETWEEN_KEYS_MS = 3000
"""A longer pause ends the entry."""

LONE_ZERO_MS = 1500
"""Where a number is expected it may begin with 0; a 0 that nothing follows asks for a person."""


class KeyCommand(Enum):
    """A key that stands for a command."""

    PERSON = auto()
    REPEAT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysEntered:
    """A whole entry, without the `#`."""

    digits: str


def expected_digits(question: Question) -> int | None:
    """How many digits the question takes by keys; 0 when it takes none, None when any number."""
    expect: Expect = question.keys or question.expect
    match expect.kind:
        case ExpectKind.DIGITS:
            return expect.length
        case ExpectKind.ACCOUNT_NUMBER:
            return ACCOUNT_DIGITS
        case ExpectKind.DATE | ExpectKind.AMOUNT:
            return None
        case ExpectKind.YES_NO:
            return 1
        case ExpectKind.NAME | ExpectKind.FREE:
            return 0


class Keypad:
    """Collects the keys of one caller into entries."""

    def __init__(self) -> None:
        self._digits = ""
        self._idle_ms = 0

    @property
    def collecting(self) -> bool:
        """Whether an entry has begun."""
        return bool(self._digits)

    def press(self, key: str, question: Question) -> KeysEntered | KeyCommand | None:
        """Take a key; what it completes, if anything."""
        wanted = expected_digits(question)
        self._idle_ms = 0
        if key == "*":
            self._digits = ""
            return KeyCommand.REPEAT
        if key == "#":
            return self._end() if self._digits else None
        if not key.isdigit():
            return None  # A-D exist on no telephone that callers have
        if key == "0" and wanted in (0, 1):
            self._digits = ""
            return KeyCommand.PERSON
        self._digits += key
        return self._enter() if wanted and len(self._digits) >= wanted else None

    def tick(self, elapsed_ms: int) -> KeysEntered | KeyCommand | None:
        """Let time pass; a long enough pause completes the entry."""
        if not self._digits:
            return None
        self._idle_ms += elapsed_ms
        limit_ms = LONE_ZERO_MS if self._digits == "0" else BETWEEN_KEYS_MS
        return self._end() if self._idle_ms >= limit_ms else None

    def clear(self) -> None:
        """Forget what has been typed."""
        self._digits = ""

    def _end(self) -> KeysEntered | KeyCommand:
        """An entry that is shorter than wanted; of zeros alone it asks for a person."""
        if set(self._digits) == {"0"}:
            self._digits = ""
            return KeyCommand.PERSON
        return self._enter()

    def _enter(self) -> KeysEntered:
        entered = KeysEntered(digits=self._digits)
        self._digits = ""
        return entered
