"""What every dialogue engine promises: Rasa behind its voice channel, and the scripted fake."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web

from dialog.ports import DialogueEngine, DialogueUnavailable
from dialog.rasa import RasaEngine
from dialog.types import Ask, HangUp, Question, Reply, Said, Say, Signal, Transfer, TurnContext
from speech.expect import FREE, Expect
from tests.fakes.engine import FakeEngine
from tests.fakes.rasa_server import TOKEN, RasaServer, serve

CALL = "CA0123456789abcdef0123456789abcdef"

# One conversation, told twice: as the actions the line performs, and as Rasa's channel writes it.
REPLIES = {
    "/call_started": Reply(
        actions=(
            Say(text="Hello, I am an automated assistant.", interruptible=False),
            Ask(text="How can I help?", question=Question(expect=FREE)),
        ),
        intent="call_started",
        confidence=1.0,
    ),
    "what do i owe": Reply(
        actions=(
            Ask(
                text="What is your date of birth?",
                question=Question(
                    expect=Expect.parse("date"),
                    slot="date_of_birth",
                    keys=Expect.parse("digits(4)"),
                    keys_slot="pin",
                    secret=True,
                ),
            ),
        ),
        intent="check_balance",
        confidence=0.93,
        slots={"account_number": "042817"},
        active_form="verification_form",
    ),
    "an agent please": Reply(
        actions=(Say(text="I will get someone."), Transfer(reason="asked_for_a_person")),
        intent="agent",
        confidence=0.9,
    ),
    "goodbye": Reply(actions=(Say(text="Goodbye."), HangUp()), intent="goodbye", confidence=0.8),
}
WIRE = {
    "/call_started": {
        "messages": [
            {"text": "Hello, I am an automated assistant.", "custom": {"interruptible": False}},
            {"text": "How can I help?", "custom": {"expect": "free"}},
        ],
        "intent": {"name": "call_started", "confidence": 1.0},
        "slots": {},
        "active_form": None,
    },
    "what do i owe": {
        "messages": [
            {
                "text": "What is your date of birth?",
                "custom": {
                    "expect": "date",
                    "slot": "date_of_birth",
                    "keys": {"expect": "digits(4)", "slot": "pin"},
                    "secret": True,
                },
            }
        ],
        "intent": {"name": "check_balance", "confidence": 0.93},
        "slots": {"account_number": "042817"},
        "active_form": "verification_form",
    },
    "an agent please": {
        "messages": [
            {
                "text": "I will get someone.",
                "custom": {"do": "transfer", "reason": "asked_for_a_person"},
            }
        ],
        "intent": {"name": "agent", "confidence": 0.9},
        "slots": {},
        "active_form": None,
    },
    "goodbye": {
        "messages": [{"text": "Goodbye.", "custom": {"do": "hang_up"}}],
        "intent": {"name": "goodbye", "confidence": 0.8},
        "slots": {},
        "active_form": None,
    },
}

Breaks = Callable[[], None]


@pytest.fixture(params=["fake", "rasa"])
async def engine_and_fault(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[DialogueEngine, Breaks]]:
    """An engine, and a way to break it."""
    if request.param == "fake":
        fake = FakeEngine(REPLIES)
        yield fake, lambda: setattr(fake, "available", False)
        return
    server = RasaServer(WIRE)
    async with serve(server) as url, aiohttp.ClientSession() as session:

        def break_it() -> None:
            server.answer = lambda: web.json_response({"error": "broken"}, status=500)

        yield RasaEngine(session=session, url=url, token=TOKEN, timeout_s=60), break_it


@pytest.fixture
def engine(engine_and_fault: tuple[DialogueEngine, Breaks]) -> DialogueEngine:
    return engine_and_fault[0]


async def test_the_start_of_a_call_is_answered_with_a_greeting_and_a_question(
    engine: DialogueEngine,
):
    reply = await engine.respond(CALL, Signal(name="call_started"), TurnContext())

    assert reply == REPLIES["/call_started"]


async def test_words_are_answered_with_all_that_the_engine_knows(engine: DialogueEngine):
    reply = await engine.respond(CALL, Said(text="what do i owe"), TurnContext(misses=1))

    assert reply == REPLIES["what do i owe"]


@pytest.mark.parametrize("words", ["an agent please", "goodbye"])
async def test_an_end_comes_after_its_words(engine: DialogueEngine, words: str):
    reply = await engine.respond(CALL, Said(text=words), TurnContext())

    assert reply == REPLIES[words]


@pytest.mark.parametrize("key", list(REPLIES))
async def test_every_answer_ends_with_a_question_a_transfer_or_the_end_of_the_call(
    engine: DialogueEngine, key: str
):
    message = Signal(name=key[1:]) if key.startswith("/") else Said(text=key)
    reply = await engine.respond(CALL, message, TurnContext())

    assert isinstance(reply.actions[-1], Ask | Transfer | HangUp)
    assert all(isinstance(action, Say) for action in reply.actions[:-1])


async def test_no_usable_answer_is_a_failure_and_not_an_empty_reply(engine: DialogueEngine):
    with pytest.raises(DialogueUnavailable):
        await engine.respond(CALL, Said(text="something that crashes it"), TurnContext())


async def test_an_engine_that_understands_is_ready(engine: DialogueEngine):
    await engine.check()


async def test_a_broken_engine_says_so(engine_and_fault: tuple[DialogueEngine, Breaks]):
    engine, break_it = engine_and_fault
    break_it()

    with pytest.raises(DialogueUnavailable):
        await engine.check()
    with pytest.raises(DialogueUnavailable):
        await engine.respond(CALL, Said(text="goodbye"), TurnContext())
