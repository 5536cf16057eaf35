"""The port between a call and whatever carries it: a Twilio stream now, a browser later.

A call session sees only a `Line`; each carrier (`telephony.media_socket` for Twilio) is a thin
shell around it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from audio.frame import AudioFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """The caller pressed a key: one of `0`-`9`, `*`, `#`, `A`-`D`."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReached:
    """Everything sent before the mark of this name has been played, or was dropped by `clear`.

    Attributes:
        cleared: dropped by `clear` rather than played.
    """

    name: str
    cleared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineClosed:
    """The far side ended the stream.

    Attributes:
        reason: `stop` when the far side said so, `lost` when the connection broke, `replaced` when
            a second stream of the same call took over, `closed` when we ended it, `shutdown` when
            the server stops, `fault` when the far side sent what cannot be carried on with.
    """

    reason: str


LineEvent = AudioFrame | KeyPressed | MarkReached | LineClosed


class Line(Protocol):
    """One open two-way audio connection to a caller."""

    def events(self) -> AsyncIterator[LineEvent]:
        """What the caller's side sends, in order; ends after `LineClosed`."""
        ...

    async def play(self, mulaw: bytes) -> None:
        """Queue 8 kHz mu-law sound (any length) behind what is queued already."""
        ...

    async def mark(self, name: str) -> None:
        """Ask for `MarkReached(name)` when everything sent so far has been played."""
        ...

    async def clear(self) -> None:
        """Drop whatever has been sent and not yet played; pending marks come back at once."""
        ...

    async def close(self) -> None:
        """End the stream from our side. Doing it twice is harmless."""
        ...
