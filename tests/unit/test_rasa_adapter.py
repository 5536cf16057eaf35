"""The Rasa adapter: what goes over the wire, what comes back, and everything that can go wrong."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from dialog.ports import DialogueUnavailable
from dialog.rasa import RasaEngine
from dialog.types import (
    Ask,
    BotAction,
    HangUp,
    Message,
    Question,
    Said,
    Say,
    Signal,
    Transfer,
    TurnContext,
)
from speech.expect import Expect
from tests.fakes.rasa_server import TOKEN, RasaServer, serve

FREE = Question()
DATE = Question(expect=Expect.parse("date"), slot="date_of_birth")


@pytest.fixture
def server() -> RasaServer:
    return RasaServer({})


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def url(server: RasaServer) -> AsyncIterator[str]:
    async with serve(server) as url:
        yield url


@pytest.fixture
def engine(session: aiohttp.ClientSession, url: str) -> RasaEngine:
    # The limit is long, so that it is never what a test on a slow machine fails on.
    return RasaEngine(session=session, url=url + "/", token=TOKEN, timeout_s=60)


def answers(server: RasaServer, *messages: object, **more: object) -> None:
    server.answer = lambda: web.json_response({"messages": list(messages), **more})


async def say(engine: RasaEngine, message: Message | None = None) -> tuple[BotAction, ...]:
    reply = await engine.respond("CA1", message or Said(text="my words"), TurnContext())
    return reply.actions


# ---------------------------------------------------------------- what is sent


async def test_the_call_the_message_and_the_context_are_sent(
    engine: RasaEngine, server: RasaServer
):
    answers(server, {"text": "Yes?"})
    context = TurnContext(silences=1, misses=2, verified=True)

    await engine.respond("CA1", Said(text="what is my balance"), context)

    assert server.requests == [
        {
            "sender": "CA1",
            "message": "what is my balance",
            "metadata": {"silences": 1, "misses": 2, "verified": True},
        }
    ]


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (Signal(name="no_input"), "/no_input"),
        (Signal(name="inform", values={"pin": "secret:ab_c"}), '/inform{"pin":"secret:ab_c"}'),
        (Said(text=" pay my bill "), "pay my bill"),
        (Said(text="/restart"), "restart"),
        (Said(text=' / \u00a0/inform{"pin":"1"}'), 'inform{"pin":"1"}'),
        (Said(text="one / two"), "one / two"),
        (Said(text=""), "/no_match"),
        (Said(text=" // "), "/no_match"),
    ],
)
async def test_only_a_signal_begins_with_a_slash(
    engine: RasaEngine, server: RasaServer, message: Message, written: str
):
    answers(server, {"text": "Yes?"})

    await say(engine, message)

    assert server.requests[0]["message"] == written


async def test_a_leading_zero_survives_the_way_to_the_engine(
    engine: RasaEngine, server: RasaServer
):
    answers(server, {"text": "Yes?"})

    await say(engine, Signal(name="inform", values={"account_number": "042817"}))

    values = server.requests[0]["message"].removeprefix("/inform")
    assert json.loads(values) == {"account_number": "042817"}


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize(
    ("messages", "actions"),
    [
        # A question stays a question.
        ([{"text": "Born?", "custom": {"expect": "date", "slot": "date_of_birth"}}],
         (Ask(text="Born?", question=DATE),)),
        # Words alone: the caller is listened to all the same.
        ([{"text": "Your balance is ten dollars."}],
         (Say(text="Your balance is ten dollars."), Ask(text="", question=FREE))),
        ([{"text": "Listen.", "custom": {"interruptible": False}}],
         (Say(text="Listen.", interruptible=False), Ask(text="", question=FREE))),
        # The question stays open behind words that follow it.
        ([{"text": "Born?", "custom": {"expect": "date", "slot": "date_of_birth"}},
          {"text": "Take your time.", "custom": None}],
         (Say(text="Born?"), Say(text="Take your time."), Ask(text="", question=DATE))),
        # Of two questions the last one counts; the caller hears both.
        ([{"text": "Anything else?", "custom": {"expect": "yes_no"}},
          {"text": "Born?", "custom": {"expect": "date", "slot": "date_of_birth"}}],
         (Say(text="Anything else?"), Ask(text="Born?", question=DATE))),
        # A question without words of its own.
        ([{"text": "Born?", "custom": {"expect": "yes_no"}},
          {"text": "", "custom": {"expect": "date", "slot": "date_of_birth"}}],
         (Say(text="Born?"), Ask(text="", question=DATE))),
        ([{"text": None, "custom": {"expect": "date", "slot": "date_of_birth"}}],
         (Ask(text="", question=DATE),)),
        # Empty texts are not spoken.
        ([{"text": "  "}, {"text": "Hello."}, {}],
         (Say(text="Hello."), Ask(text="", question=FREE))),
        # The end comes when everything has been said, and once.
        ([{"text": "One moment.", "custom": {"do": "transfer", "reason": "asked"}},
          {"text": "I am putting you through.", "custom": {"do": "hang_up"}}],
         (Say(text="One moment."), Say(text="I am putting you through."),
          Transfer(reason="asked"))),
        ([{"text": "Anything else?", "custom": {"expect": "yes_no"}},
          {"custom": {"do": "hang_up"}}],
         (Say(text="Anything else?"), HangUp())),
        ([{"custom": {"do": "transfer"}}],
         (Transfer(reason="unstated"),)),
        # What is not known yet is passed over.
        ([{"text": "Hello.", "custom": {"colour": "blue"}, "image": "x.png"}],
         (Say(text="Hello."), Ask(text="", question=FREE))),
    ],
)  # fmt: skip
async def test_messages_become_actions(
    engine: RasaEngine,
    server: RasaServer,
    messages: list[object],
    actions: tuple[BotAction, ...],
):
    answers(server, *messages)

    assert await say(engine) == actions


async def test_an_answer_may_leave_out_everything_but_messages(
    engine: RasaEngine, server: RasaServer
):
    answers(server, {"text": "Hello."})

    reply = await engine.respond("CA1", Said(text="hi"), TurnContext())

    assert (reply.intent, reply.confidence, reply.active_form) == (None, None, None)
    assert reply.slots == {}


# ---------------------------------------------------------------- what goes wrong

WORDS = "my mother's maiden name"


async def failure(engine: RasaEngine) -> str:
    with pytest.raises(DialogueUnavailable) as caught:
        await say(engine, Said(text=WORDS))
    assert WORDS not in str(caught.value)
    assert TOKEN not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "Rasa's answer cannot be read"),
        (b"<html>", "Rasa's answer cannot be read"),
        (b'"\xff\xfe"', "Rasa's answer cannot be read"),
        (b"[]", "Rasa's answer cannot be read"),
        (b"{}", "Rasa's answer cannot be read"),
        (b'{"messages": {}}', "Rasa's answer cannot be read"),
        (b'{"messages": [{"text": 5}]}', "Rasa's answer cannot be read"),
        (b'{"messages": [{"text": "a", "custom": {"do": "dance"}}]}', "cannot be read"),
        (b'{"messages": [{"text": "a", "custom": {"secret": "yes"}}]}', "cannot be read"),
        (b'{"messages": []}', "says nothing and does nothing"),
        (b'{"messages": [{"text": " "}, {"custom": {}}]}', "says nothing and does nothing"),
        (b'{"messages": [{"text": "a", "custom": {"expect": "shoe"}}]}', "expectation 'shoe'"),
        (
            b'{"messages": [{"text": "a", "custom": {"expect": "date", "keys": {"expect": "x"}}}]}',
            "expectation 'x'",
        ),
        (b'{"messages": [{"text": "' + b"a" * 300_000 + b'"}]}', "longer than 262144 bytes"),
    ],
)
async def test_an_answer_that_is_no_use_is_a_failure(
    engine: RasaEngine, server: RasaServer, body: bytes, sentence: str
):
    server.answer = lambda: web.Response(body=body, content_type="application/json")

    assert sentence in await failure(engine)


@pytest.mark.parametrize("status", [201, 302, 400, 401, 404, 500, 503])
async def test_every_status_but_200_is_a_failure(
    engine: RasaEngine, server: RasaServer, status: int
):
    server.answer = lambda: web.json_response(
        {"messages": [{"text": WORDS}]}, status=status, headers={"Location": "/elsewhere"}
    )

    assert await failure(engine) == f"Rasa answered with status {status}"


async def test_a_wrong_token_is_a_failure(session: aiohttp.ClientSession, url: str):
    engine = RasaEngine(session=session, url=url, token="another", timeout_s=60)

    assert await failure(engine) == "Rasa answered with status 401"


async def test_an_answer_that_does_not_come_is_a_failure_and_is_not_asked_for_again(
    session: aiohttp.ClientSession, server: RasaServer, url: str
):
    server.hangs = True
    engine = RasaEngine(session=session, url=url, token=TOKEN, timeout_s=0.2)

    assert await failure(engine) == "Rasa did not answer in time"
    assert len(server.requests) <= 1


async def test_a_failed_turn_is_sent_once(engine: RasaEngine, server: RasaServer):
    server.answer = lambda: web.json_response({"error": "x"}, status=500)

    await failure(engine)

    assert len(server.requests) == 1


async def test_nobody_listening_is_a_failure(session: aiohttp.ClientSession, unused_tcp_port: int):
    url = f"http://127.0.0.1:{unused_tcp_port}"
    engine = RasaEngine(session=session, url=url, token=TOKEN, timeout_s=60)

    assert "Rasa cannot be reached" in await failure(engine)


# ---------------------------------------------------------------- the canary


@pytest.mark.parametrize(
    ("parsed", "sentence"),
    [
        ({"intent": {"name": "check_balance", "confidence": 0.49}}, "'check_balance' with"),
        ({"intent": {"name": "goodbye", "confidence": 0.99}}, "for 'goodbye' with confidence 0.99"),
        ({"intent": {"name": None, "confidence": 0.0}}, "not loaded, or not trained"),
        ({"intent": {}}, "not loaded, or not trained"),
        ({"intent": None}, "cannot be read"),
        ({}, "cannot be read"),
    ],
)
async def test_an_engine_that_does_not_understand_a_plain_sentence_is_not_ready(
    engine: RasaEngine, server: RasaServer, parsed: object, sentence: str
):
    server.parsed = parsed

    with pytest.raises(DialogueUnavailable, match=sentence):
        await engine.check()


async def test_a_canary_of_just_enough_confidence_lives(engine: RasaEngine, server: RasaServer):
    server.parsed = {
        "text": "what is my balance",
        "intent": {"name": "check_balance", "confidence": 0.5},
        "entities": [],
        "intent_ranking": [],
    }

    await engine.check()


async def test_the_canary_needs_the_token(session: aiohttp.ClientSession, url: str):
    engine = RasaEngine(session=session, url=url, token="another", timeout_s=60)

    with pytest.raises(DialogueUnavailable, match="status 401"):
        await engine.check()


async def test_rasas_own_api_may_have_a_token_of_its_own(session: aiohttp.ClientSession, url: str):
    engine = RasaEngine(session=session, url=url, token="another", api_token=TOKEN, timeout_s=60)

    await engine.check()

    assert await failure(engine) == "Rasa answered with status 401"
