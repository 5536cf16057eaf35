"""How each part is asked whether it works, and what the public is told when it does not."""

import asyncio
from collections.abc import Mapping

import redis.asyncio as redis

from dialog.crm.database import Database
from dialog.crm.ports import CustomerDatabaseUnavailable
from dialog.ports import DialogueUnavailable
from dialog.rasa import RasaEngine
from ivr.health import Check, NotReady
from ivr.prewarm import Prewarmer
from speech.recognition.vosk import VoskRecogniser
from speech.synthesis.piper import PiperSynthesiser


def readiness_checks(
    client: redis.Redis,
    database: Database,
    engine: RasaEngine,
    speech: tuple[VoskRecogniser, PiperSynthesiser],
    prewarmer: Prewarmer,
) -> Mapping[str, Check]:
    """One check for each part that a call needs."""
    recogniser, voice = speech

    async def store_check() -> str:
        try:
            await client.ping()
        except redis.ConnectionError as error:
            raise ConnectionError(str(error)) from error
        return "answers"

    async def database_check() -> str:
        try:
            await database.check()
        except CustomerDatabaseUnavailable as error:
            raise NotReady(str(error)) from error
        return "answers"

    async def dialogue_check() -> str:
        try:
            await engine.check()
        except DialogueUnavailable as error:
            raise NotReady(str(error)) from error
        return "understands"

    async def recogniser_check() -> str:
        kind = recogniser.kind
        compact = ", the compact model" if kind.compact else ""
        return f"{kind.name}, {kind.rate_hz} Hz{compact}"

    async def voice_check() -> str:
        if not voice.ready:
            raise NotReady("the voice process does not run: it is started again")
        return "speaks"

    async def prompts_check() -> str:
        if not prewarmer.done:
            raise NotReady("being prepared: about a minute the first time")
        return f"prepared, {prewarmer.skipped} left out" if prewarmer.skipped else "prepared"

    return {
        "store": store_check,
        "database": database_check,
        "dialogue": dialogue_check,
        "recogniser": recogniser_check,
        "voice": voice_check,
        "prompts": prompts_check,
    }


async def calls_check(stopping: asyncio.Event) -> str:
    """Whether new calls are taken."""
    if stopping.is_set():
        raise NotReady("stopping: running calls are finished, new ones are refused")
    return "taken"
