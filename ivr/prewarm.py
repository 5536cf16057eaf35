"""Prepares what the line will say before the first caller hears it.

The dialogue's fixed sentences are asked of Rasa itself, so that what an admin edits is prepared
too; of a response with a variable in it, the sentences without one are prepared.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import aiohttp
import msgspec
import structlog
from pydantic import SecretStr

from handoff.desk import NobodyThere, Placement, Queued, spoken_placement
from ivr.call import prompts
from speech.ports import SynthesiserUnavailable

log = structlog.get_logger(__name__)

RETRY_S = 2.0
"""Between two tries while Rasa or the voice is not there."""

TRIES = 3
"""A prompt that a running voice fails at so often is left for the call that needs it."""

GIVE_WAY_S = 0.5
"""While calls run nothing is prepared: what their callers wait for is spoken first."""

_SENTENCE = re.compile(r"[^.?!]+[.?!]")
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class PreparingVoice(Protocol):
    """What is needed of the voice."""

    @property
    def ready(self) -> bool:
        """Whether new texts can be spoken now."""
        ...

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make sure that they can be played at once.

        Raises:
            SynthesiserUnavailable: the voice is gone, or cannot speak one of them.
        """
        ...


class Prewarmer:
    """Prepares all prompts once.

    Attributes:
        done: whether all have been seen to.
        skipped: how many could not be prepared.
    """

    def __init__(
        self,
        voice: PreparingVoice,
        own: Sequence[str],
        dialogue: Callable[[], Awaitable[list[str]]],
        calls_run: Callable[[], bool],
    ) -> None:
        self.done = False
        self.skipped = 0
        self._voice = voice
        self._own = own
        self._dialogue = dialogue
        self._calls_run = calls_run

    async def run(self) -> None:
        """Prepare what the IVR says, then, once Rasa answers, what the dialogue says."""
        await self._prepare(self._own)
        while True:
            try:
                sentences = await self._dialogue()
                break
            except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
                await asyncio.sleep(RETRY_S)
        await self._prepare(sentences)
        self.done = True
        prompts_there = len(self._own) + len(sentences) - self.skipped
        log.info("voice_prepared", prompts=prompts_there, skipped=self.skipped)

    async def _prepare(self, texts: Sequence[str]) -> None:
        for text in texts:
            while self._calls_run():  # noqa: ASYNC110  # calls do not know of us
                await asyncio.sleep(GIVE_WAY_S)
            await self._prepare_one(text)

    async def _prepare_one(self, text: str) -> None:
        for _ in range(TRIES):
            while not self._voice.ready:  # noqa: ASYNC110  # it is started again without us
                await asyncio.sleep(RETRY_S)
            try:
                await self._voice.prepare([text])
            except SynthesiserUnavailable as error:
                log.warning("prompt_not_prepared", error=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                return
        self.skipped += 1
        log.error("prompt_skipped", prompt=text, tries=TRIES)


def own_prompts(open_again: str, longest_wait: int = 5) -> list[str]:
    """What the IVR says by itself, the usual hand-overs included."""
    placements: list[Placement] = [
        Queued(position=None, wait_s=None),
        *(Queued(position=1, wait_s=60 * minutes) for minutes in range(1, longest_wait + 1)),
        NobodyThere(why="closed", open_again=open_again),
        NobodyThere(why="full", open_again=open_again),
    ]
    return [*prompts.FIXED, *(spoken_placement(placement) for placement in placements)]


async def dialogue_prompts(
    http: aiohttp.ClientSession, rasa_url: str, token: SecretStr
) -> list[str]:
    """The fixed sentences of the dialogue's responses.

    Raises:
        aiohttp.ClientError, TimeoutError, msgspec.DecodeError: Rasa does not tell them (yet).
    """
    async with http.get(
        f"{rasa_url}/domain",
        params={"token": token.get_secret_value()},
        headers={"Accept": "application/json"},
        timeout=_TIMEOUT,
    ) as response:
        response.raise_for_status()
        domain = msgspec.json.decode(await response.read(), type=_Domain)
    texts = [
        variation.text or "" for variations in domain.responses.values() for variation in variations
    ]
    return [sentence for text in texts for sentence in fixed_sentences(text)]


class _Variation(msgspec.Struct):
    text: str | None = None


class _Domain(msgspec.Struct):
    responses: dict[str, list[_Variation]]


def fixed_sentences(text: str) -> list[str]:
    """A response without a variable as a whole; of any other, the sentences that hold none."""
    if "{" not in text:
        return [text] if text else []
    return [found.strip() for found in _SENTENCE.findall(text) if "{" not in found]
