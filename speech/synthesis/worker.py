"""The voice process as seen from the server: started, asked, and started again when it dies."""

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

import structlog

from speech.ports import SynthesiserUnavailable
from speech.synthesis.frames import BrokenFrame, Request, Response, pack, read_response
from speech.synthesis.voice import Voice

_log = structlog.get_logger(__name__)

_MODULE = "speech.synthesis.piper_worker"
_MOST_THREADS = 2
"""A second thread halves the time to the first sound (250 instead of 440 ms for 3.5 s of speech)
for a sixth more processor time."""
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 2.0
_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0


def command(voice: Voice) -> tuple[str, ...]:
    """How the voice process is started."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    return (sys.executable, "-m", _MODULE, "--voice", str(voice.path), "--threads", str(threads))


class VoiceWorker:
    """One voice process. Texts are spoken one after the other, in the order they were asked for."""

    def __init__(self, argv: Sequence[str], *, clause_limit_s: float = 10.0) -> None:
        """Nothing runs until `start`.

        Args:
            argv: the command that starts the process.
            clause_limit_s: a text that takes longer ends the process, which is then started anew.
        """
        self._argv = argv
        self._clause_limit_s = clause_limit_s
        self._ids = itertools.count(1)
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._backoff_s = _FIRST_BACKOFF_S

    @property
    def ready(self) -> bool:
        """Whether a text can be spoken now."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process and keep it running until `stop`.

        Raises:
            SynthesiserUnavailable: it did not become ready; it is tried again until `stop`.
        """
        try:
            self._process = await self._spawn()
        except (OSError, BrokenFrame, TimeoutError) as error:
            raise SynthesiserUnavailable(
                f"the voice process did not start ({type(error).__name__}) and is tried again: "
                f"run `{' '.join(self._argv[1:3])}` to see why"
            ) from error
        finally:
            self._keeper = asyncio.create_task(self._keep(), name="voice process")

    async def stop(self) -> None:
        """End the process. Doing it twice is harmless."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        if self._process is not None:
            await _end(self._process)
            self._process = None

    async def synthesise(self, text: str) -> tuple[bytes, int]:
        """Signed 16-bit samples of a text, and their rate in hertz.

        Not to be cancelled half-way: the answer of the process would be read by the next text.
        `PiperSynthesiser` runs it in a task of its own.

        Raises:
            SynthesiserUnavailable: the process is gone, too slow, or cannot speak the text.
        """
        async with self._turn:
            process = self._process
            if process is None or process.returncode is not None:
                raise SynthesiserUnavailable("the voice process is not running")
            try:
                async with asyncio.timeout(self._clause_limit_s):
                    response, sound = await _ask(process, Request(id=next(self._ids), text=text))
            except BaseException as error:
                # Out of step, too slow or cancelled: only a new process is sure to be in step.
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                if isinstance(error, BrokenFrame | TimeoutError | OSError):
                    raise SynthesiserUnavailable(
                        f"the voice process failed ({type(error).__name__})"
                    ) from error
                raise
        self._backoff_s = _FIRST_BACKOFF_S
        if response.error:
            raise SynthesiserUnavailable(f"the voice cannot speak this ({response.error})")
        return sound, response.rate_hz

    async def _spawn(self) -> Process:
        # A session of its own: Ctrl-C is for the server, which then ends the voice in order.
        process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        try:
            async with asyncio.timeout(_START_LIMIT_S):
                response, _ = await read_response(_out(process))
        except BaseException:
            await _end(process)
            raise
        if response.id != 0:
            await _end(process)
            raise BrokenFrame("the first frame does not say that the voice is ready")
        return process

    async def _keep(self) -> None:
        """Start the process again whenever it has died, more slowly each time it fails."""
        while True:
            if self._process is not None:
                code = await self._process.wait()
                self._process = None
                _log.warning("the voice process died and is started again", code=code)
            await asyncio.sleep(self._backoff_s)
            self._backoff_s = min(self._backoff_s * 2, _LONGEST_BACKOFF_S)
            try:
                self._process = await self._spawn()
            except (OSError, BrokenFrame, TimeoutError) as error:
                _log.warning("the voice process did not start", error=type(error).__name__)


async def _ask(process: Process, request: Request) -> tuple[Response, bytes]:
    stdin = process.stdin
    if stdin is None:  # pragma: no cover - it is started with pipes
        raise BrokenFrame("no pipe")
    stdin.write(pack(request))
    await stdin.drain()
    response, sound = await read_response(_out(process))
    if response.id != request.id:
        raise BrokenFrame("an answer to another question")
    return response, sound


def _out(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:  # pragma: no cover - it is started with pipes
        raise BrokenFrame("no pipe")
    return process.stdout


async def _end(process: Process) -> None:
    """Close the input, which ends the process; kill it when it does not listen."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_LIMIT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
