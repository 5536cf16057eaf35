"""`ivr doctor`: every part in one line, and how to mend what is wrong."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import redis.asyncio as redis
from rich.console import Console
from rich.markup import escape

from dialog.crm.database import open_database
from dialog.ports import DialogueUnavailable
from dialog.rasa import RasaEngine
from ivr.run.child import port_is_free
from ivr.run.stack import RASA_MODEL, RASA_PYTHON
from ivr.run.store import server_binary
from ivr.settings import Settings
from speech.recognition.model import resolve
from speech.synthesis.voice import find_voice

MIN_FREE_BYTES = 1 << 30


class Wrong(Exception):
    """A finding: what is wrong, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


Examination = Callable[[Settings], Awaitable[str]]


async def examine(settings: Settings) -> int:
    """Print one line for each part; the number of parts that need mending, as exit code 0 or 1."""
    console = Console(soft_wrap=True, highlight=False)
    wrong = 0
    for part in PARTS:
        try:
            detail = await part.examine(settings)
            console.print(f"[green]✓[/] {part.name}: {escape(detail)}")
        except Exception as error:  # noqa: BLE001  # any trouble of a part is its finding
            wrong += 1
            mend = error.mend if isinstance(error, Wrong) else part.mend
            first = (str(error) or type(error).__name__).splitlines()[0]
            console.print(f"[red]✗[/] {part.name}: {escape(f'{first} — {mend}')}")
    return 1 if wrong else 0


async def _twilio(settings: Settings) -> str:
    if not settings.twilio_auth_token.get_secret_value():
        if (settings.ivr_var_dir / "run.json").exists():
            return "the line that runs here made up a token; Twilio itself needs TWILIO_AUTH_TOKEN"
        raise Wrong(
            "TWILIO_AUTH_TOKEN is not set",
            "copy it from the Twilio console; ivr run makes one up for trying out",
        )
    if not settings.public_url.startswith("https://"):
        raise Wrong(
            "PUBLIC_URL is not an https address", "set it to where Twilio reaches this server"
        )
    return f"calls arrive at {settings.base_url}/twilio/voice"


async def _port(settings: Settings) -> str:
    if port_is_free(settings.ivr_port):
        return f"{settings.ivr_port} is free"
    url = f"http://127.0.0.1:{settings.ivr_port}/healthz"
    timeout = aiohttp.ClientTimeout(total=3)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            if response.status == 200:
                return f"{settings.ivr_port} is served by a running line"
    except (aiohttp.ClientError, TimeoutError):
        pass
    raise Wrong(
        f"{settings.ivr_port} is taken by another program", "set IVR_PORT, or stop that program"
    )


async def _store(settings: Settings) -> str:
    if not settings.redis_url:
        return f"embedded, with {server_binary()}"
    client = redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        info = await client.info("server")
    finally:
        await client.aclose()
    return f"REDIS_URL answers (version {info.get('redis_version', 'unknown')})"


async def _database(settings: Settings) -> str:
    async with open_database(settings.database) as database:
        await database.check()
    return "answers, its tables are up to date"


async def _recogniser(settings: Settings) -> str:
    model = resolve(settings.vosk_model or None)
    compact = ", the compact one that ships with the project" if model.compact else ""
    return f"{model.name}, {model.rate_hz} Hz{compact}"


async def _voice(settings: Settings) -> str:
    return find_voice(settings.piper_voice or None).name


async def _dialogue(settings: Settings) -> str:
    if "rasa_url" not in settings.model_fields_set:
        if not RASA_PYTHON.exists():
            raise Wrong("Rasa is not installed", "run make setup")
        if not RASA_MODEL.exists():
            raise Wrong("the dialogue is not trained", "run make setup")
        return "installed and trained; ivr run starts it"
    token = settings.ivr_internal_token.get_secret_value()
    if not token:
        raise Wrong(
            "IVR_INTERNAL_TOKEN is not set",
            "make up a long random one, and give it to the server, to Rasa and to its actions",
        )
    async with aiohttp.ClientSession() as http:
        engine = RasaEngine(
            session=http,
            url=settings.rasa_url,
            token=token,
            api_token=settings.rasa_token.get_secret_value(),
        )
        try:
            await engine.check()
        except DialogueUnavailable as error:
            raise Wrong(
                str(error),
                "start Rasa, and give it and the server one IVR_INTERNAL_TOKEN (and, where it is "
                "set, one RASA_API_TOKEN)",
            ) from error
    return "RASA_URL answers and understands"


async def _disk(settings: Settings) -> str:
    settings.ivr_var_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.ivr_var_dir).free
    if free < MIN_FREE_BYTES:
        raise Wrong(f"only {free >> 20} MiB are free", "make room, or set IVR_VAR_DIR elsewhere")
    return f"{free >> 30} GiB are free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to examine, and the usual cure."""

    name: str
    examine: Examination
    mend: str


PARTS = (
    Part(name="twilio", examine=_twilio, mend="see the README, Going live"),
    Part(name="port", examine=_port, mend="set IVR_PORT to a free port"),
    Part(name="store", examine=_store, mend="start it, or correct REDIS_URL"),
    Part(name="database", examine=_database, mend="start it, or correct DATABASE_URL"),
    Part(name="recogniser", examine=_recogniser, mend="correct VOSK_MODEL, or unset it"),
    Part(name="voice", examine=_voice, mend="correct PIPER_VOICE, or unset it"),
    Part(name="dialogue", examine=_dialogue, mend="run make setup, or correct RASA_URL"),
    Part(name="disk", examine=_disk, mend="set IVR_VAR_DIR to a folder that can be written"),
)
