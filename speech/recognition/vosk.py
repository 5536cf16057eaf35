"""The recogniser port on Vosk: one model for the process, decoding in a few threads."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import structlog
import vosk

from audio.frame import LINE_RATE_HZ, AudioFrame
from speech.events import Transcript
from speech.expect import Expect
from speech.ports import RecogniserUnavailable
from speech.recognition.decoder import Decoder
from speech.recognition.model import ModelMissing, SpeechModel

_log = structlog.get_logger(__name__)

_BYTES_PER_MS = LINE_RATE_HZ * 2 // 1000
_BATCH_BYTES = 100 * _BYTES_PER_MS
"""Decoded at a time when the decoder keeps up."""
_MOST_BYTES = 500 * _BYTES_PER_MS
"""Decoded at a time when it has fallen behind: bounds how long one call holds a thread."""
_QUEUE_BYTES = 10_000 * _BYTES_PER_MS
"""What may wait to be decoded; more is dropped."""
_FINISH_LIMIT_S = 5.0


class VoskRecogniser:
    """Recognises English with a Vosk model; one for the process.

    No grammar is given to Vosk, whatever is expected: with the compact model a short grammar turns
    half of all other sentences into false keywords, and a caller who says "agent" instead of the
    number that was asked for must be heard. What is expected decides between the readings instead
    (`speech.values`).
    """

    def __init__(
        self,
        kind: SpeechModel,
        *,
        threads: int | None = None,
        finish_limit_s: float = _FINISH_LIMIT_S,
    ) -> None:
        """Load the model (about 0.15 s and 20 MB for the compact one).

        Args:
            kind: which model.
            threads: how many utterances are decoded at once; as many as there are processors.
            finish_limit_s: how long `finish` may take.

        Raises:
            ModelMissing: the files cannot be loaded.
        """
        vosk.SetLogLevel(-1)
        self.kind = kind
        try:
            self._model = vosk.Model(str(kind.path))
            Decoder(self._model, kind).accept(bytes(_BATCH_BYTES))
        except Exception as error:  # the library raises nothing more exact
            raise ModelMissing(
                f"the speech model {kind.path} cannot be loaded: it is incomplete or damaged; "
                "delete it and fetch it again, or name another one in VOSK_MODEL"
            ) from error
        self._pool = ThreadPoolExecutor(threads or os.cpu_count(), thread_name_prefix="vosk")
        self._finish_limit_s = finish_limit_s

    def utterance(self, expect: Expect) -> "VoskUtterance":  # noqa: ARG002 - the port's signature; see the class
        """Begin an utterance. Must be called where an event loop runs."""
        return VoskUtterance(self._model, self.kind, self._pool, self._finish_limit_s)

    def close(self) -> None:
        """Let the threads end; nothing can be recognised afterwards."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class VoskUtterance:
    """One utterance: frames wait here, and are decoded in order by one thread at a time."""

    def __init__(
        self, model: vosk.Model, kind: SpeechModel, pool: ThreadPoolExecutor, finish_limit_s: float
    ) -> None:
        """Begin; the recogniser itself is made by the thread that first decodes."""
        self._loop = asyncio.get_running_loop()
        self._pool = pool
        self._model = model
        self._kind = kind
        self._decoder: Decoder | None = None
        self._finish_limit_s = finish_limit_s
        self._waiting = bytearray()
        self._in_work = 0
        self._job: asyncio.Future[str] | None = None
        self._failed = False
        self._closed = False
        self._partial = ""
        self.dropped_frames = 0

    def feed(self, frame: AudioFrame) -> None:
        """Take the next frame (8 kHz) without waiting; drop it when 10 s wait already.

        Raises:
            ValueError: the frame has another rate.
        """
        if frame.rate_hz != LINE_RATE_HZ:
            raise ValueError(f"a frame at {frame.rate_hz} Hz: the line has {LINE_RATE_HZ} Hz")
        if self._closed or self._failed:
            return
        if len(self._waiting) + self._in_work + len(frame.pcm) > _QUEUE_BYTES:
            if not self.dropped_frames:
                _log.warning("recognition is behind: frames are dropped", lag_ms=self.lag_ms)
            self.dropped_frames += 1
            return
        self._waiting += frame.pcm
        self._decode_next()

    @property
    def partial(self) -> str:
        """The words understood so far."""
        return self._partial

    @property
    def lag_ms(self) -> int:
        """How much fed audio is not decoded yet."""
        return (len(self._waiting) + self._in_work) // _BYTES_PER_MS

    async def finish(self) -> Transcript:
        """Decode what remains and give the final reading; empty when nothing was fed.

        Raises:
            RecogniserUnavailable: decoding failed, or took too long.
        """
        self._closed = True
        try:
            async with asyncio.timeout(self._finish_limit_s):
                return await self._finish()
        except RecogniserUnavailable:
            raise
        except Exception as error:  # the library raises nothing more exact
            self._fail(type(error).__name__)
            raise RecogniserUnavailable("decoding failed, or took too long") from error

    def discard(self) -> None:
        """Throw the utterance away; what is being decoded (half a second at most) runs out."""
        self._closed = True
        self._waiting.clear()

    async def _finish(self) -> Transcript:
        while self._job is not None:
            await asyncio.wait({self._job})
        if self._failed:
            raise RecogniserUnavailable("decoding failed")
        if self._decoder is None and not self._waiting:
            return Transcript(text="")
        rest = self._take(len(self._waiting))
        transcript = await self._loop.run_in_executor(self._pool, self._finish_in_thread, rest)
        self._in_work = 0
        return transcript

    def _decode_next(self) -> None:
        """Give the pool the next batch, if there is one and none is in work."""
        if self._job is not None or self._failed or len(self._waiting) < _BATCH_BYTES:
            return
        batch = self._take(_MOST_BYTES)
        try:
            self._job = self._loop.run_in_executor(self._pool, self._accept_in_thread, batch)
        except RuntimeError as error:  # the pool is closed
            self._fail(type(error).__name__)
        else:
            self._job.add_done_callback(self._decoded)

    def _decoded(self, job: asyncio.Future[str]) -> None:
        self._job = None
        self._in_work = 0
        if job.cancelled():
            self._fail("cancelled")
        elif error := job.exception():
            self._fail(type(error).__name__)
        else:
            self._partial = job.result()
            self._decode_next()

    def _fail(self, error: str) -> None:
        self._failed = True
        self._waiting.clear()
        self._in_work = 0
        _log.warning("recognition failed", error=error)

    def _take(self, size: int) -> bytes:
        batch = bytes(self._waiting[:size])
        del self._waiting[:size]
        self._in_work = len(batch)
        return batch

    def _accept_in_thread(self, pcm: bytes) -> str:
        return self._in_thread().accept(pcm)

    def _finish_in_thread(self, pcm: bytes) -> Transcript:
        return self._in_thread().finish(pcm)

    def _in_thread(self) -> Decoder:
        if self._decoder is None:
            self._decoder = Decoder(self._model, self._kind)
        return self._decoder
