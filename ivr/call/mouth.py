"""Speaking: clause by clause, interruptible at once, and honest about what was heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import structlog

from audio.frame import LINE_RATE_HZ
from audio.line import Line, MarkReached
from speech.ports import Synthesiser

log = structlog.get_logger(__name__)

MARK_EVERY_MS = 400
"""What was heard is known to this precision: a mark follows each stretch of this length."""

MARK_GRACE_S = 5.0
"""How long after the sound should have ended a last mark may come; then the call goes on."""

_BYTES_PER_MS = LINE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How a text fared: what was played of it, and where its unheard part begins."""

    heard_ms: int
    interrupted: bool
    resume_ms: int = 0


@dataclass(slots=True, kw_only=True)
class _Playback:
    """The text being spoken."""

    number: int
    interruptible: bool
    sent_ms: int = 0
    heard_ms: int = 0
    clause_starts_ms: list[int] = field(default_factory=list)
    complete: bool = False
    interrupted: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def mark_name(self) -> str:
        return f"{self.number}.{self.sent_ms}"


class Mouth:
    """The line's voice in one call.

    Attributes:
        heard_ms: how much of the newest text has been played.
    """

    def __init__(
        self, line: Line, synthesiser: Synthesiser, *, grace_s: float = MARK_GRACE_S
    ) -> None:
        self._line = line
        self._synthesiser = synthesiser
        self._grace_s = grace_s
        self._playback: _Playback | None = None
        self._producer: asyncio.Task[None] | None = None
        self._count = 0
        self._sent_ms = 0
        self.heard_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether something is being played."""
        return self._playback is not None

    @property
    def interruptible(self) -> bool:
        """Whether something is being played that the caller may stop."""
        return self._playback is not None and self._playback.interruptible

    async def say(
        self,
        text: str,
        *,
        interruptible: bool = True,
        skip_ms: int = 0,
        on_first_sound: Callable[[], None] = lambda: None,
    ) -> Spoken:
        """Speak a text and wait until it has been heard or stopped.

        Args:
            text: what to say; each of its lines is spoken by itself.
            interruptible: whether `interrupt` stops it.
            skip_ms: leave out this much of the beginning (it was heard before).
            on_first_sound: called when the first sound has been handed to the line.

        Raises:
            SynthesiserUnavailable: the voice failed; what was sent before may have been heard.
        """
        self._count += 1
        playback = _Playback(number=self._count, interruptible=interruptible)
        self._playback = playback
        self.heard_ms = self._sent_ms = 0
        self._producer = asyncio.create_task(
            self._produce(playback, text, skip_ms, on_first_sound), name="mouth"
        )
        try:
            await asyncio.wait({self._producer})
            if not self._producer.cancelled():
                self._producer.result()
                await self._wait_until_played(playback)
        finally:
            self._producer.cancel()
            self._playback = None
        return Spoken(
            heard_ms=playback.heard_ms,
            interrupted=playback.interrupted,
            resume_ms=skip_ms
            + max((ms for ms in playback.clause_starts_ms if ms <= playback.heard_ms), default=0),
        )

    async def _produce(
        self, playback: _Playback, text: str, skip_ms: int, on_first_sound: Callable[[], None]
    ) -> None:
        to_skip = skip_ms * _BYTES_PER_MS
        step = MARK_EVERY_MS * _BYTES_PER_MS
        async for whole in self._clauses(text):
            sound, to_skip = whole[to_skip:], max(0, to_skip - len(whole))
            playback.clause_starts_ms.append(playback.sent_ms)
            for start in range(0, len(sound), step):
                piece = sound[start : start + step]
                await self._line.play(piece)
                if playback.sent_ms == 0:
                    on_first_sound()
                playback.sent_ms += len(piece) // _BYTES_PER_MS
                self._sent_ms = playback.sent_ms
                await self._line.mark(playback.mark_name())
        playback.complete = True
        if playback.heard_ms >= playback.sent_ms:
            playback.over.set()

    async def _clauses(self, text: str) -> AsyncIterator[bytes]:
        for line in text.splitlines():
            async for sound in self._synthesiser.speak(line):
                yield sound

    async def _wait_until_played(self, playback: _Playback) -> None:
        remaining_s = (playback.sent_ms - playback.heard_ms) / 1000
        try:
            async with asyncio.timeout(remaining_s + self._grace_s):
                await playback.over.wait()
        except TimeoutError:
            log.warning("mark_missing", unheard_ms=playback.sent_ms - playback.heard_ms)

    def mark_reached(self, mark: MarkReached) -> None:
        """Take a mark that came back; marks of earlier texts, and cleared ones, say nothing."""
        playback = self._playback
        number, _, sent_ms = mark.name.partition(".")
        if playback is None or mark.cleared or number != str(playback.number):
            return
        self.heard_ms = playback.heard_ms = max(playback.heard_ms, int(sent_ms))
        if playback.complete and playback.heard_ms >= playback.sent_ms:
            playback.over.set()

    async def silence(self) -> None:
        """Drop what is still being played, of a text whose `say` was cancelled."""
        if self._producer is not None:
            await asyncio.wait({self._producer})
        if self.heard_ms < self._sent_ms:
            await self._line.clear()

    async def interrupt(self) -> None:
        """Fall silent at once, if what is spoken may be interrupted."""
        playback = self._playback
        if playback is None or not playback.interruptible or playback.interrupted:
            return
        playback.interrupted = True
        if self._producer is not None:
            self._producer.cancel()  # first the producer, or it would fill what clear empties
            await asyncio.wait({self._producer})
        await self._line.clear()
        playback.over.set()
