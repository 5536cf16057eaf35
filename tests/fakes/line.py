"""A line whose caller follows a script, in virtual time: 20 ms pass with every frame it hands out.

What the session plays is "played" at the same pace, so marks come back when the sound before them
has run out, and `clear` drops what has not. No clock is read: a call of two minutes takes as long
as the session's own work.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from audio.frame import FRAME_MS, LINE_RATE_HZ, SAMPLES_PER_FRAME, AudioFrame
from audio.line import KeyPressed, LineClosed, LineEvent, MarkReached

PCM_FRAME_BYTES = SAMPLES_PER_FRAME * 2
QUIET = bytes(PCM_FRAME_BYTES)
MULAW_SILENCE = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The caller makes this sound (8 kHz, 16 bit); the last frame is filled up with silence."""

    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The caller is quiet."""

    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The caller presses keys, a quiet frame after each."""

    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """The caller is quiet until the condition holds, and the test fails when it never does."""

    condition: Callable[["FakeLine"], bool]
    within_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The stream ends."""

    reason: str = "stop"


Step = Sound | Quiet | Press | Until | HangUp


async def let_others_run() -> None:
    """Give every ready task of the loop its turn, a few times over."""
    for _ in range(5):
        await asyncio.sleep(0)


class FakeLine:
    """An `audio.line.Line` for the tests of what is above it.

    Attributes:
        sent: all mu-law sound given to `play`.
        played: what of it the caller has heard; the last frame before a mark filled with silence.
        marks: names given to `mark`, in order.
        clears: how often `clear` was called.
        closed: whether `close` was called.
        now_ms: virtual time since the line opened.
    """

    def __init__(
        self,
        script: Iterable[Step] = (),
        *,
        auto_marks: bool = True,
        limit_ms: int = 300_000,
        breath: Callable[[], Awaitable[None]] = let_others_run,
    ) -> None:
        """`auto_marks`: False keeps everything unplayed, and marks pending, until `clear`.

        After the script the caller is quiet; a line that is not closed after `limit_ms` fails the
        test. `breath` is awaited before each frame: it lets the session work.
        """
        self.sent = bytearray()
        self.played = bytearray()
        self.marks: list[str] = []
        self.clears = 0
        self.closed = False
        self.now_ms = 0
        self._script = list(script)
        self._auto_marks = auto_marks
        self._limit_ms = limit_ms
        self._breath = breath
        self._ahead: deque[bytes | MarkReached] = deque()  # frames and marks not played yet
        self._held = b""
        self._due: list[MarkReached] = []

    @property
    def playing(self) -> bool:
        """Whether something is still to be played."""
        return bool(self._ahead) or bool(self._held)

    # ------------------------------------------------------------ the port

    async def events(self) -> AsyncIterator[LineEvent]:
        """The script's events, then quiet frames, until the line is closed."""
        for step in [*self._script, Quiet(ms=self._limit_ms)]:
            for item in self._plan(step):
                async for event in self._tick(item) if isinstance(item, bytes) else _only(item):
                    yield event
                    if isinstance(event, LineClosed):
                        return
        raise AssertionError(f"nobody closed the line within {self._limit_ms} ms after the script")

    async def play(self, mulaw: bytes) -> None:
        """Queue sound."""
        if self.closed:
            return
        self.sent += mulaw
        sound = self._held + mulaw
        whole = len(sound) - len(sound) % SAMPLES_PER_FRAME
        self._held = sound[whole:]
        self._ahead.extend(
            sound[at : at + SAMPLES_PER_FRAME] for at in range(0, whole, SAMPLES_PER_FRAME)
        )

    async def mark(self, name: str) -> None:
        """Queue a mark."""
        if self.closed:
            return
        self.marks.append(name)
        if self._held:
            self._ahead.append(self._held.ljust(SAMPLES_PER_FRAME, MULAW_SILENCE))
            self._held = b""
        self._ahead.append(MarkReached(name=name))

    async def clear(self) -> None:
        """Drop the sound; the marks are due at once."""
        if self.closed:
            return
        self.clears += 1
        self._held = b""
        marks = [item for item in self._ahead if isinstance(item, MarkReached)]
        self._ahead.clear()
        self._due.extend(replace(mark, cleared=True) for mark in marks)

    async def close(self) -> None:
        """End the line with the next event."""
        self.closed = True

    # ------------------------------------------------------------ the script

    def _plan(self, step: Step) -> Iterator[bytes | LineEvent]:
        """The caller's frames and events, one after the other as time goes on."""
        match step:
            case Sound(pcm=pcm):
                for at in range(0, len(pcm), PCM_FRAME_BYTES):
                    yield pcm[at : at + PCM_FRAME_BYTES].ljust(PCM_FRAME_BYTES, b"\0")
            case Quiet(ms=ms):
                for _ in range(0, ms, FRAME_MS):
                    yield QUIET
            case Press(keys=keys):
                for key in keys:
                    yield KeyPressed(key=key)
                    yield QUIET
            case Until(condition=condition, within_ms=within_ms):
                end_ms = self.now_ms + within_ms
                while not condition(self):
                    if self.now_ms >= end_ms:
                        raise AssertionError(f"it did not come about within {within_ms} ms")
                    yield QUIET
            case HangUp(reason=reason):
                yield LineClosed(reason=reason)

    async def _tick(self, pcm: bytes) -> AsyncIterator[LineEvent]:
        """One frame from the caller, one frame to the caller, and the marks that it reaches."""
        await self._breath()
        for mark in self._take_due():
            yield mark
        if self.closed:
            yield LineClosed(reason="closed")
            return
        yield AudioFrame(
            pcm=pcm,
            rate_hz=LINE_RATE_HZ,
            sequence=self.now_ms // FRAME_MS,
            timestamp_ms=self.now_ms,
        )
        self.now_ms += FRAME_MS
        if self._auto_marks:
            self._reach_marks()
            if self._ahead:
                self.played += cast("bytes", self._ahead.popleft())
                self._reach_marks()
        for mark in self._take_due():
            yield mark

    def _reach_marks(self) -> None:
        while self._ahead and isinstance(self._ahead[0], MarkReached):
            self._due.append(cast("MarkReached", self._ahead.popleft()))

    def _take_due(self) -> list[MarkReached]:
        due, self._due = self._due, []
        return due


async def _only(event: LineEvent) -> AsyncIterator[LineEvent]:
    yield event
