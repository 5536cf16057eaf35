"""The synthesiser port on Piper: wording, clauses, cache, and the voice process."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from speech.clauses import split
from speech.ports import SynthesiserUnavailable
from speech.synthesis.cache import DEFAULT_LIMIT_BYTES, PromptCache
from speech.synthesis.sound import for_the_line
from speech.synthesis.voice import Voice
from speech.synthesis.worker import VoiceWorker, command
from speech.wording import spoken

_SOUND_VERSION = 1
"""Raised when wording or levels change so that sounds kept on disk must be made again."""
_CLAUSE_LIMIT_S = 10.0


class PiperSynthesiser:
    """The line's voice; one for the process.

    Clauses that were said before come from the cache, even while the voice process is gone. The
    same clause asked for twice at once is made once.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        cache_dir: Path | None = Path("var") / "cache" / "voice",
        cache_bytes: int = DEFAULT_LIMIT_BYTES,
        clause_limit_s: float = _CLAUSE_LIMIT_S,
        worker: VoiceWorker | None = None,
    ) -> None:
        """Nothing runs until `start`.

        Args:
            voice: which voice.
            cache_dir: where prepared prompts are kept; None keeps nothing on disk.
            cache_bytes: bound of the cache in memory.
            clause_limit_s: how long a clause may take, waiting for its turn included.
            worker: the voice process, where it is not the usual one.
        """
        folder = None if cache_dir is None else cache_dir / f"{voice.name}-v{_SOUND_VERSION}"
        self._cache = PromptCache(folder, limit_bytes=cache_bytes)
        self._clause_limit_s = clause_limit_s
        self._worker = worker or VoiceWorker(command(voice), clause_limit_s=clause_limit_s)
        self._in_work: dict[str, asyncio.Task[bytes]] = {}

    @property
    def ready(self) -> bool:
        """Whether new texts can be spoken now (cached ones always can)."""
        return self._worker.ready

    async def start(self) -> None:
        """Start the voice process (about 4 s).

        Raises:
            SynthesiserUnavailable: it did not start; it is tried again until `stop`.
        """
        await self._worker.start()

    async def stop(self) -> None:
        """End the voice process; what is being synthesised is given up."""
        pending = list(self._in_work.values())
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await self._worker.stop()

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make sure that fixed prompts are in the cache and on disk.

        Only for what is the same for everybody: it is kept on disk.

        Raises:
            SynthesiserUnavailable: the voice is gone; what was prepared until then stays.
        """
        for text in texts:
            for clause in split(spoken(text)):
                if self._cache.get(clause) is None or not self._cache.is_kept(clause):
                    sound = await self._sound(clause)
                    await asyncio.to_thread(self._cache.put, clause, sound, keep=True)

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """8 kHz mu-law of the text, clause by clause.

        A consumer may stop at any clause: what is being made then goes to the cache.

        Raises:
            SynthesiserUnavailable: the voice is gone or too slow, and no copy is cached.
        """
        for clause in split(spoken(text)):
            if sound := await self._sound(clause):
                yield sound

    async def _sound(self, clause: str) -> bytes:
        if (cached := self._cache.get(clause)) is not None:
            return cached
        task = self._in_work.get(clause)
        if task is None:
            task = asyncio.create_task(self._make(clause), name="clause")
            self._in_work[clause] = task
            task.add_done_callback(lambda done: self._made(clause, done))
        try:
            async with asyncio.timeout(self._clause_limit_s):
                # Shielded: a caller who interrupts must not cut the exchange with the process.
                return await asyncio.shield(task)
        except TimeoutError:
            raise SynthesiserUnavailable("the voice took too long") from None

    async def _make(self, clause: str) -> bytes:
        pcm, rate_hz = await self._worker.synthesise(clause)
        sound = await asyncio.to_thread(for_the_line, pcm, rate_hz, clause)
        self._cache.put(clause, sound)
        return sound

    def _made(self, clause: str, task: asyncio.Task[bytes]) -> None:
        self._in_work.pop(clause, None)
        if not task.cancelled():
            task.exception()  # asked for, so that a failure nobody waits for is not reported again
