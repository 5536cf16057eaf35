"""What the line has said, in words: from its API, and from `<Say>` in its TwiML."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ivr.caller.web import ApiCall, ApiTurn, LineFailed, Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Something that the line said; `heard` when Twilio itself spoke it, so that it was audible."""

    who: str
    text: str
    heard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """A moment of the conversation: how many turns and `<Say>`s came before it."""

    turns: int = 0
    says: int = 0


class Words:
    """The words of one call.

    Args:
        web: where the line's record is read.
        call_sid: of the call.
        unverified: what must not be said before the record shows the caller as verified.
    """

    def __init__(self, web: Web, call_sid: str, unverified: Sequence[re.Pattern[str]]) -> None:
        self._web = web
        self._call_sid = call_sid
        self._unverified = unverified
        self._said: list[str] = []
        self.raw: dict[str, Any] = {}
        """The line's record as it came last."""
        self.record = ApiCall()
        """The same, read."""
        self.disclosed: set[str] = set()
        """Patterns of `unverified` that were said too early."""

    def say(self, text: str) -> None:
        """Twilio spoke this itself."""
        self._said.append(text)

    async def refresh(self) -> None:
        """Read the record again.

        Raises:
            LineUnreachable, LineFailed: it cannot be had.
        """
        raw = await self._web.call(self._call_sid)
        if raw is None:
            return
        try:
            self.record = msgspec.convert(raw, ApiCall)
        except msgspec.ValidationError as error:
            raise LineFailed(f"the record of the call is not as agreed: {error}") from error
        self.raw = raw
        if not (self.record.customer and self.record.customer.verified):
            self.disclosed |= {
                pattern.pattern for pattern in self._unverified if find(pattern, self.line())
            }

    @property
    def now(self) -> Since:
        """This moment."""
        return Since(turns=len(self.record.turns), says=len(self._said))

    def line(self, since: Since | None = None) -> list[Spoken]:
        """What assistant and agents have said since a moment, else from the beginning."""
        begin = since or Since()
        return _spoken(self.record.turns[begin.turns :]) + [
            Spoken(who="assistant", text=text, heard=True) for text in self._said[begin.says :]
        ]

    def before(self, since: Since) -> set[str]:
        """The texts said before a moment."""
        turns = {turn.text for turn in _spoken(self.record.turns[: since.turns])}
        return turns | set(self._said[: since.says])


def find(pattern: re.Pattern[str], spoken: Iterable[Spoken]) -> Spoken | None:
    """The first that matches."""
    return next((one for one in spoken if pattern.search(one.text)), None)


def _spoken(turns: Iterable[ApiTurn]) -> list[Spoken]:
    return [Spoken(who=turn.who, text=turn.text) for turn in turns if turn.who != "caller"]
