"""The composition root: the only place where real parts are chosen and joined."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import redis.asyncio as redis
import structlog
from aiohttp import web
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from dialog.crm.database import Database, open_database
from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerDatabaseUnavailable
from dialog.crm.schema import UnknownSchema
from dialog.crm.seed import load_seed
from dialog.rasa import RasaEngine
from dialog.verification import VerificationPolicy
from handoff.desk import HandoffDesk, QueuePolicy
from handoff.sentiment import SentimentMeter
from handoff.store import HandoffStore, Spool, keep_flushing
from ivr.api import Api
from ivr.call.backlog import Backlog
from ivr.call.factory import SessionFactory, SharedParts
from ivr.call.handover import HandOver
from ivr.call.live import LiveCalls
from ivr.call.store import RedisCallStore
from ivr.call.summary_builder import SummaryBuilder
from ivr.call.turn_policy import TurnTiming
from ivr.desk import IvrDesk
from ivr.health import HealthChecks
from ivr.idempotency import RedisLedger, RedisUsedTokens
from ivr.internal_api import InternalApi
from ivr.metrics import CallMetrics
from ivr.pages import HOLD_MUSIC_PATH, Pages
from ivr.prewarm import Prewarmer, dialogue_prompts, own_prompts
from ivr.readiness import calls_check, readiness_checks
from ivr.run.store import EmbeddedStore
from ivr.settings import Settings, SettingsWrong
from speech.ports import SynthesiserUnavailable
from speech.recognition.model import ModelMissing, resolve
from speech.recognition.vosk import VoskRecogniser
from speech.synthesis.piper import PiperSynthesiser
from speech.synthesis.voice import VoiceMissing, find_voice
from telephony.routes import TelephonyPorts
from telephony.routes import setup as setup_telephony
from telephony.settings import TelephonySettings

log = structlog.get_logger(__name__)

STORE_TIMEOUT_S = 1.0
"""A store that takes longer counts as away: the caller must not wait for it."""

SPOOL_EVERY_S = 2.0

LAST_WORDS_S = 5.0
"""How long the conversations that are cut off at the end may take to put their affairs in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apps:
    """What the server serves, and how it stops.

    Attributes:
        public: for Twilio and browsers.
        internal: for the dialogue's actions.
        stopping: once it is set, new calls are refused in words and the server is not ready.
        calls: how many calls run.
        end_calls: cuts off those that still run; Twilio then asks what comes next for each.
    """

    public: web.Application
    internal: web.Application
    stopping: asyncio.Event
    calls: Callable[[], int]
    end_calls: Callable[[], Awaitable[None]]


@asynccontextmanager
async def build_app(settings: Settings) -> AsyncIterator[Apps]:
    """Open every part, join them, and close them at the end.

    Raises:
        SettingsWrong: a setting is missing or a part cannot be opened with it.
    """
    if not settings.twilio_auth_token.get_secret_value():
        raise SettingsWrong(
            "TWILIO_AUTH_TOKEN is not set: requests could not be told from forgeries. "
            "It stands on the first page of the Twilio console; ivr run makes one up for trying out"
        )
    if not settings.ivr_internal_token.get_secret_value():
        raise SettingsWrong(
            "IVR_INTERNAL_TOKEN is not set: the dialogue and its actions could not be told from "
            "strangers. Make up a long random one, and give it to this server, to Rasa and to its "
            "actions; ivr run does so by itself"
        )
    async with AsyncExitStack() as stack:
        stopping = asyncio.Event()
        metrics = CallMetrics()
        client = await _open_store(settings, stack)
        pins = PinHasher()
        database = await _open_customers(settings, pins, stack)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        engine = RasaEngine(
            session=http,
            url=settings.rasa_url,
            token=settings.ivr_internal_token.get_secret_value(),
            api_token=settings.rasa_token.get_secret_value(),
        )
        recogniser, voice = await _open_speech(settings, stack)

        live = LiveCalls()
        backlog = Backlog()
        store = RedisCallStore(client, keep_s=settings.keep_s)
        handoffs = HandoffStore(client, keep_s=settings.keep_s)
        spool = Spool(folder=settings.ivr_var_dir / "spool")
        desk = HandoffDesk(
            handoffs,
            spool,
            QueuePolicy(
                skill=settings.ivr_queue,
                limit=settings.ivr_queue_limit,
                people=settings.ivr_people,
            ),
            settings.hours,
            lambda: datetime.now(settings.zone),
        )
        builder = SummaryBuilder(database.customers, SentimentMeter(), lambda: datetime.now(UTC))
        handover = HandOver(builder, desk, store, metrics, lambda: datetime.now(UTC))
        factory = SessionFactory(
            SharedParts(
                recogniser=recogniser,
                synthesiser=voice,
                engine=engine,
                customers=database.customers,
                pins=pins,
                store=store,
                handover=handover,
                live=live,
                backlog=backlog,
                metrics=metrics,
                timing=TurnTiming(),
                policy=VerificationPolicy(),
                clock=time.monotonic,
                now=lambda: datetime.now(settings.zone),
                no_input_ms=settings.ivr_no_input_ms,
                locale=settings.ivr_locale,
            )
        )
        prewarmer = Prewarmer(
            voice,
            own_prompts(settings.hours.spoken),
            lambda: dialogue_prompts(http, settings.rasa_url, settings.rasa_token),
            lambda: len(live) > 0,
        )
        health = HealthChecks(
            {
                **readiness_checks(client, database, engine, (recogniser, voice), prewarmer),
                "calls": lambda: calls_check(stopping),
            },
            clock=time.monotonic,
        )
        calls = IvrDesk(
            live=live,
            store=store,
            handover=handover,
            metrics=metrics,
            queue=settings.ivr_queue,
            max_calls=settings.ivr_max_calls,
            accepts_calls=lambda: not stopping.is_set(),
        )
        stack.push_async_callback(calls.close)
        public = web.Application(client_max_size=64 * 1024)
        public.add_routes(Pages(health, metrics).routes())
        public.add_routes(Api(live, store, desk).routes(settings.ivr_api_token))
        lines = setup_telephony(
            public,
            settings=TelephonySettings(
                auth_token=settings.twilio_auth_token.get_secret_value(),
                public_url=settings.base_url,
                account_sid=settings.twilio_account_sid,
                fallback_queue=settings.ivr_queue,
                hold_music_url=settings.base_url + HOLD_MUSIC_PATH,
            ),
            ports=TelephonyPorts(
                desk=calls,
                conversation=factory,
                ledger=RedisLedger(client),
                used_tokens=RedisUsedTokens(client),
                tally=metrics,
            ),
        )
        internal = web.Application(client_max_size=16 * 1024)
        internal.add_routes(
            InternalApi(live, database.customers).routes(settings.ivr_internal_token)
        )
        in_background = [
            keep_flushing(spool, handoffs, settings.ivr_queue, every_s=SPOOL_EVERY_S),
            prewarmer.run(),
            backlog.run(),
        ]
        for work in in_background:
            stack.push_async_callback(_cancel, asyncio.create_task(work))
        yield Apps(
            public=public,
            internal=internal,
            stopping=stopping,
            calls=lambda: max(len(live), len(lines)),
            end_calls=lambda: lines.close(LAST_WORDS_S),
        )


async def _open_store(settings: Settings, stack: AsyncExitStack) -> redis.Redis:
    url = settings.redis_url
    if not url:
        embedded = EmbeddedStore(
            settings.ivr_var_dir / "store", settings.ivr_var_dir / "log" / "store.log"
        )
        stack.push_async_callback(embedded.stop)
        url = await embedded.start()
    client = redis.from_url(
        url,
        socket_timeout=STORE_TIMEOUT_S,
        socket_connect_timeout=STORE_TIMEOUT_S,
        # No retries here: each caller of the store has its own way to go on without it.
        retry=Retry(NoBackoff(), 0),
        health_check_interval=10,
    )
    stack.push_async_callback(client.aclose)
    return client


async def _open_customers(settings: Settings, pins: PinHasher, stack: AsyncExitStack) -> Database:
    try:
        database = await stack.enter_async_context(open_database(settings.database))
    except (ValueError, CustomerDatabaseUnavailable, UnknownSchema) as error:
        raise SettingsWrong(f"DATABASE_URL: {error}") from error
    if settings.demo_customers:
        today = datetime.now(settings.zone).date()
        await database.seed(load_seed(today), pins)
    return database


async def _open_speech(
    settings: Settings, stack: AsyncExitStack
) -> tuple[VoskRecogniser, PiperSynthesiser]:
    try:
        model = resolve(settings.vosk_model or None)
        recogniser = stack.enter_context(VoskRecogniser(model))
        voice = PiperSynthesiser(
            find_voice(settings.piper_voice or None),
            cache_dir=settings.ivr_cache_dir / "voice",
        )
    except (ModelMissing, VoiceMissing) as error:
        raise SettingsWrong(str(error)) from error
    log.info("speech_model", model=model.name, rate_hz=model.rate_hz, compact=model.compact)
    stack.push_async_callback(voice.stop)
    try:
        await voice.start()
    except SynthesiserUnavailable as error:
        # Prepared sentences can still be played, and the process is started again and again.
        log.error("voice_not_started", error=str(error))
    return recogniser, voice


async def _cancel(task: asyncio.Task[None]) -> None:
    while not task.done():
        # More than once: on Python 3.11 redis-py, while it sends, can lose a cancellation
        # (`asyncio.wait_for`, python/cpython issue 86296).
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    if not task.cancelled() and (error := task.exception()):
        log.error("background_work_failed", error=type(error).__name__)
