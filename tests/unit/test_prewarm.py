"""Which sentences are prepared before the first call, and when."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import aiohttp
import msgspec
import pytest
from aiohttp import web
from pydantic import SecretStr

from ivr import prewarm
from ivr.call import prompts
from ivr.prewarm import Prewarmer, dialogue_prompts, fixed_sentences, own_prompts

TOKEN = SecretStr("rasa-token")


class Voice:
    """Says what it was asked to prepare."""

    ready = True

    def __init__(self) -> None:
        self.prepared: list[str] = []

    async def prepare(self, texts: Iterable[str]) -> None:
        self.prepared.extend(texts)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prewarm, "RETRY_S", 0.001)
    monkeypatch.setattr(prewarm, "GIVE_WAY_S", 0.001)


# ---------------------------------------------------------------- which sentences


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("", []),
        ("How can I help? You can press 0.", ["How can I help? You can press 0."]),
        ("Thanks, {first_name}. Anything else?", ["Anything else?"]),
        ("You owe {amount}. It is due {date}.", []),
        ("Hello! This is {name}. I am a machine.", ["Hello!", "I am a machine."]),
    ],
)
def test_of_a_response_what_never_changes_is_prepared(text: str, fixed: list[str]):
    assert fixed_sentences(text) == fixed


def test_everything_the_line_says_by_itself_is_prepared():
    own = own_prompts("Monday to Friday, 8 a m to 8 p m")
    assert set(prompts.FIXED) <= set(own)
    assert any("You're next in line, and the wait is about 1 minute." in text for text in own)
    assert any("about 5 minutes" in text for text in own)
    assert any("Monday to Friday" in text for text in own)
    assert any("queue is full" in text for text in own)
    assert len(own) == len(set(own))


# ---------------------------------------------------------------- what Rasa says


class Rasa:
    """Answers `/domain` with one thing after the other, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""

    def knows(self, domain: object) -> None:
        self.answers.append((200, msgspec.json.encode(domain)))

    async def domain(self, request: web.Request) -> web.Response:
        self.asked.append((request.headers["Accept"], request.query.get("token")))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, body=body, content_type="application/json")


@pytest.fixture
async def rasa(aiohttp_server) -> Rasa:
    fake = Rasa()
    app = web.Application()
    app.router.add_get("/domain", fake.domain)
    server = await aiohttp_server(app)
    fake.url = str(server.make_url("")).rstrip("/")
    return fake


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


DOMAIN = {
    "responses": {
        "utter_greet": [{"text": "Hello."}, {"text": "Good day.", "channel": "voice"}],
        "utter_balance": [{"text": "You owe {amount}. Anything else?"}],
        "utter_transfer": [{"custom": {"do": "transfer"}}],
        "utter_nothing": [{"text": None}],
    },
    "intents": ["greet"],
}


async def test_what_an_admin_wrote_is_asked_of_rasa(rasa: Rasa, http):
    rasa.knows(DOMAIN)
    found = await dialogue_prompts(http, rasa.url, TOKEN)
    assert found == ["Hello.", "Good day.", "Anything else?"]
    assert rasa.asked == [("application/json", "rasa-token")]


@pytest.mark.parametrize("body", [b"not json", b"[]", b"{}", b'{"responses": {"utter": ["text"]}}'])
async def test_an_answer_that_is_no_domain_is_told_apart(rasa: Rasa, http, body: bytes):
    rasa.answers.append((200, body))
    with pytest.raises(msgspec.DecodeError):
        await dialogue_prompts(http, rasa.url, TOKEN)


async def test_it_is_asked_until_it_answers_and_then_all_is_prepared(rasa: Rasa, http):
    rasa.answers.extend([(503, b"{}"), (200, b"[]")])
    rasa.knows(DOMAIN)
    voice = Voice()
    warmer = Prewarmer(
        voice, ["Own."], lambda: dialogue_prompts(http, rasa.url, TOKEN), lambda: False
    )
    await warmer.run()
    assert warmer.done
    assert voice.prepared == ["Own.", "Hello.", "Good day.", "Anything else?"]
    assert len(rasa.asked) == 3


# ---------------------------------------------------------------- when


async def test_while_calls_run_nothing_is_prepared():
    calls = 1
    voice = Voice()

    async def nothing() -> list[str]:
        return []

    warmer = Prewarmer(voice, ["Own."], nothing, lambda: calls > 0)
    preparing = asyncio.create_task(warmer.run())
    await asyncio.sleep(0.02)
    assert voice.prepared == []
    assert not warmer.done
    calls = 0
    await preparing
    assert voice.prepared == ["Own."]
