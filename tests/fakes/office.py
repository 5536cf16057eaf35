"""Everything around the calls of one test, and what its callers and its dialogue do."""

import functools
import itertools
import wave
from datetime import UTC, datetime
from pathlib import Path

from dialog.crm.seed import SeedCustomer, load_seed
from dialog.types import Ask, HangUp, Question, Reply, Say
from dialog.verification import VerificationPolicy
from handoff.desk import HandoffDesk, QueuePolicy
from handoff.hours import OpeningHours
from handoff.sentiment import SentimentMeter
from handoff.store import Spool
from ivr.call.backlog import Backlog
from ivr.call.factory import SessionFactory, SharedParts
from ivr.call.handover import HandOver
from ivr.call.live import LiveCalls
from ivr.call.record import CallRecord
from ivr.call.summary_builder import SummaryBuilder
from ivr.call.turn_policy import TurnTiming
from ivr.metrics import CallMetrics
from speech.expect import Expect
from telephony.events import StreamStarted
from tests.fakes.customers import FakeCustomers
from tests.fakes.engine import FakeEngine
from tests.fakes.line import FakeLine, Quiet, Sound, Until
from tests.fakes.pins import RememberingPins
from tests.fakes.recogniser import ScriptedRecogniser
from tests.fakes.stores import FakeCallStore, FakeHandoffStore
from tests.fakes.synthesiser import ToneSynthesiser

CALL = "CA" + "7" * 32
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPEECH_WAV = Path(__file__).parents[1] / "calls" / "audio" / "dana" / "what_is_my_balance.wav"

GREETING = Reply(
    actions=(Ask(text="Hello, this is the automated assistant.", question=Question()),)
)
ANSWER = Reply(
    actions=(
        Say(text="Here is your answer."),
        Ask(text="Anything else?", question=Question(expect=Expect.parse("yes_no"))),
    ),
    intent="check_balance",
    confidence=0.97,
)
ACCOUNT = Reply(
    actions=(
        Ask(
            text="Your account number?",
            question=Question(expect=Expect.parse("account_number"), slot="account_number"),
        ),
    ),
    intent="check_balance",
)
GOODBYE = Reply(actions=(Say(text="Goodbye then."), HangUp()), intent="deny")
LOST = Reply(actions=(Ask(text="Pardon?", question=Question()),), intent="nlu_fallback")
STILL_THERE = Reply(actions=(Ask(text="Are you there?", question=Question()),), intent="no_input")
NOBODY = {"/no_input": STILL_THERE}
FAREWELL = Reply(actions=(Say(text="I hear nothing. Goodbye."), HangUp()), intent="no_input")


def speech() -> Sound:
    """A recorded caller; which words they said is up to the scripted recogniser."""
    with wave.open(str(SPEECH_WAV)) as file:
        return Sound(pcm=file.readframes(file.getnframes()))


def heard_out(line: FakeLine) -> bool:
    """What the line has said has been played."""
    return bool(line.sent) and not line.playing


HEARD_OUT = Until(condition=heard_out)
PAUSE = Quiet(ms=1500)


@functools.cache
def shared_pins() -> RememberingPins:
    """Hashing takes its time: once for all tests."""
    return RememberingPins()


@functools.cache
def some_customers() -> list[SeedCustomer]:
    """Dana, Miguel and Priya."""
    return load_seed(NOON.date())[:3]


class Office:
    """Everything around the calls of one test."""

    def __init__(self, tmp_path: Path, script: dict[str, Reply], words: list[str]) -> None:
        self.engine = FakeEngine({"/call_started": GREETING, **script})
        self.recogniser = ScriptedRecogniser(words)
        self.voice = ToneSynthesiser()
        self.calls = FakeCallStore()
        self.handoffs = FakeHandoffStore()
        self.live = LiveCalls()
        self.backlog = Backlog()
        self.metrics = CallMetrics()
        pins = shared_pins()
        self.customers = FakeCustomers(some_customers(), pins)
        desk = HandoffDesk(
            self.handoffs,
            Spool(folder=tmp_path / "spool"),
            QueuePolicy(),
            OpeningHours.parse("always"),
            lambda: NOON,
        )
        builder = SummaryBuilder(self.customers, SentimentMeter(), lambda: NOON)
        ticks = itertools.count()
        self.factory = SessionFactory(
            SharedParts(
                recogniser=self.recogniser,
                synthesiser=self.voice,
                engine=self.engine,
                customers=self.customers,
                pins=pins,
                store=self.calls,
                handover=HandOver(builder, desk, self.calls, self.metrics, lambda: NOON),
                live=self.live,
                backlog=self.backlog,
                metrics=self.metrics,
                timing=TurnTiming(),
                policy=VerificationPolicy(),
                clock=lambda: next(ticks) / 1000,
                now=lambda: NOON,
                no_input_ms=3000,
                locale="en-US",
            )
        )

    async def call(self, *steps: object, call_sid: str = CALL) -> tuple[FakeLine, CallRecord]:
        """Place a call; the line and what was stored of it."""
        line = FakeLine(steps)
        started = StreamStarted(
            call_sid=call_sid,
            stream_sid="MZ1",
            parameters={"from": "+15550100001"},
            encoding="audio/x-mulaw",
            rate_hz=8000,
            channels=1,
        )
        await self.factory(line, started)
        memory = self.live.memory(call_sid)
        assert memory is not None
        return line, memory.record

    def messages(self) -> list[object]:
        return [message for _, message, _ in self.engine.heard]
