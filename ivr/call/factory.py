"""Makes a session for each stream, from the parts that all calls share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from audio.line import Line
from audio.vad import VoiceDetector
from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerRepository
from dialog.ports import DialogueEngine
from dialog.secrets import SecretVault
from dialog.verification import Verification, VerificationPolicy
from ivr.call.answering import Answering
from ivr.call.backlog import Backlog
from ivr.call.ears import Ears
from ivr.call.handover import HandOver
from ivr.call.listener import Listener
from ivr.call.live import LiveCalls
from ivr.call.logbook import Logbook
from ivr.call.memory import CallMemory
from ivr.call.mouth import Mouth
from ivr.call.progress import Progress
from ivr.call.record import CallRecord
from ivr.call.session import CallSession, SessionParts
from ivr.call.stopwatch import Stopwatch
from ivr.call.store import CallStore, RecordKeeper
from ivr.call.turn_policy import TurnTiming
from ivr.desk import FROM_PARAMETER
from ivr.metrics import CallMetrics
from speech.ports import Recogniser, Synthesiser
from telephony.events import StreamStarted

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedParts:
    """What all calls of a process share; `ivr.app` chooses each."""

    recogniser: Recogniser
    synthesiser: Synthesiser
    engine: DialogueEngine
    customers: CustomerRepository
    pins: PinHasher
    store: CallStore
    handover: HandOver
    live: LiveCalls
    backlog: Backlog
    metrics: CallMetrics
    timing: TurnTiming
    policy: VerificationPolicy
    clock: Callable[[], float]
    now: Callable[[], datetime]
    no_input_ms: int
    locale: str


class SessionFactory:
    """Runs one session for each open stream: telephony's `Conversation`."""

    def __init__(self, shared: SharedParts) -> None:
        self._shared = shared

    async def __call__(self, line: Line, started: StreamStarted) -> None:
        """Talk with the caller until the line closes; a call that lost its stream goes on."""
        shared = self._shared
        memory = shared.live.memory(started.call_sid) or self._new_memory(started)
        memory.streams += 1
        memory.record.state, memory.record.ended_at = "active", None
        keeper = RecordKeeper(shared.store, memory.record)
        session = CallSession(self._parts(line, memory, keeper), memory)
        shared.live.add(session)
        shared.metrics.active.inc()
        log.info("call_started", call_sid=started.call_sid, stream=memory.streams)
        try:
            await session.run()
        finally:
            shared.metrics.active.dec()
            shared.live.remove(session)
            if not keeper.complete:
                shared.backlog.add(keeper)
            log.info(
                "call_ended",
                call_sid=started.call_sid,
                outcome=memory.record.outcome,
                turns=len(memory.record.turns),
            )

    def _new_memory(self, started: StreamStarted) -> CallMemory:
        shared = self._shared
        return CallMemory(
            record=CallRecord(
                call_sid=started.call_sid,
                caller_phone=started.parameters.get(FROM_PARAMETER, ""),
                started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            ),
            verification=Verification(
                customers=shared.customers, pins=shared.pins, policy=shared.policy
            ),
            vault=SecretVault(clock=shared.clock),
            began_s=shared.clock(),
        )

    def _parts(self, line: Line, memory: CallMemory, keeper: RecordKeeper) -> SessionParts:
        shared = self._shared
        mouth = Mouth(line, shared.synthesiser)
        ears = Ears(
            recogniser=shared.recogniser,
            detector=VoiceDetector(),
            timing=shared.timing,
            today=lambda: shared.now().date(),
        )
        listener = Listener(
            line=line,
            ears=ears,
            mouth=mouth,
            clock=shared.clock,
            no_input_ms=shared.no_input_ms,
        )
        answering = Answering(
            memory=memory,
            engine=shared.engine,
            logbook=Logbook(memory.record, keeper, shared.clock, memory.began_s),
            progress=Progress(),
            stopwatch=Stopwatch(shared.clock),
            now=shared.now,
            locale=shared.locale,
        )
        return SessionParts(
            line=line,
            listener=listener,
            mouth=mouth,
            answering=answering,
            keeper=keeper,
            handover=shared.handover,
            metrics=shared.metrics,
        )
