"""The JSON API, as machines that hold the token see it."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from handoff.desk import HandoffDesk, QueuePolicy
from handoff.hours import OpeningHours
from handoff.store import Spool
from handoff.summary import SummaryUnreadable
from ivr.api import PREFIX, Api, describe
from tests.fakes.line import HangUp, Press
from tests.fakes.office import ANSWER, CALL, HEARD_OUT, NOON, PAUSE, Office, speech

TOKEN = "the-api-token"
READS = {"Authorization": f"Bearer {TOKEN}"}
KINDS = {str: "string", int: "integer", list: "array", dict: "object", bool: "boolean"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, {"what is my balance": ANSWER}, ["what is my balance"])


def app_of(office: Office, folder: Path, token: str = TOKEN) -> web.Application:
    desk = HandoffDesk(
        office.handoffs,
        Spool(folder=folder / "spool"),
        QueuePolicy(),
        OpeningHours.parse("always"),
        lambda: NOON,
    )
    app = web.Application()
    app.add_routes(Api(office.live, office.calls, desk).routes(SecretStr(token)))
    return app


@pytest.fixture
async def api(office: Office, tmp_path: Path, aiohttp_client) -> TestClient:
    return await aiohttp_client(app_of(office, tmp_path))


async def ask(api: TestClient, path: str, **headers: str) -> tuple[int, dict]:
    async with api.get(f"{PREFIX}{path}", headers=headers or READS) as answer:
        assert answer.content_type == "application/json"
        return answer.status, await answer.json()


# ---------------------------------------------------------------- who may read


@pytest.mark.parametrize(
    "header",
    [
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        "Bearer \N{SNOWMAN}",
    ],
)
@pytest.mark.parametrize("path", [f"/calls/{CALL}", "/handoffs/h1"])
async def test_without_the_token_nothing_is_told(api: TestClient, path: str, header: str):
    status, body = await ask(api, path, Authorization=header)
    assert (status, body) == (401, {"error": "a valid bearer token is needed"})


async def test_bytes_that_are_no_text_are_no_token_either(api: TestClient):
    status, _ = await ask(api, f"/calls/{CALL}", Authorization="Bearer \udcff\udcfe")
    assert status == 401


async def test_an_empty_token_lets_nobody_in(office: Office, tmp_path: Path, aiohttp_client):
    api = await aiohttp_client(app_of(office, tmp_path, token=""))
    for header in ("Bearer ", "Bearer", ""):
        status, _ = await ask(api, f"/calls/{CALL}", Authorization=header)
        assert status == 401


async def test_a_refusal_says_how_to_prove_oneself(api: TestClient):
    async with api.get(f"{PREFIX}/calls/{CALL}") as answer:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


# ---------------------------------------------------------------- calls


async def test_a_call_that_was_handed_over_is_told_in_the_agreed_form(
    api: TestClient, office: Office
):
    await office.call(HEARD_OUT, speech(), PAUSE, HEARD_OUT, Press(keys="0"))
    status, call = await ask(api, f"/calls/{CALL}")
    assert status == 200
    assert set(call) >= {
        "call_sid",
        "state",
        "customer",
        "turns",
        "outcome",
        "escalation",
        "handoff_id",
        "latency_ms",
    }
    assert call["call_sid"] == CALL
    assert call["state"] == "ended"
    assert call["customer"] == {"id": None, "verified": False, "method": None}
    assert call["outcome"] == "transferred"
    assert call["escalation"] == {"reason": "key_zero", "evidence": "pressed 0", "at_turn": 3}
    assert call["handoff_id"] in office.handoffs.saved
    assert [turn["who"] for turn in call["turns"]] == [
        "assistant",
        "caller",
        "assistant",
        "caller",
        "assistant",
    ]
    for turn in call["turns"]:
        assert list(turn) == ["who", "text", "at_ms", "confidence", "intent", "heard_ms"]
    caller = call["turns"][1]
    assert (caller["text"], caller["intent"]) == ("what is my balance", "check_balance")
    assert caller["confidence"] == 0.97
    assert caller["heard_ms"] is None
    for latency in call["latency_ms"]:
        assert list(latency) == [
            "turn",
            "end_of_turn",
            "recognise",
            "dialogue",
            "synthesise",
            "total",
        ]


async def test_what_is_not_there_is_null(api: TestClient, office: Office):
    await office.call(HEARD_OUT, HangUp(reason="lost"))
    _, call = await ask(api, f"/calls/{CALL}")
    assert call["outcome"] is call["escalation"] is call["handoff_id"] is None


async def test_a_call_of_another_process_comes_from_the_store(
    api: TestClient, office: Office, tmp_path: Path
):
    elsewhere = Office(tmp_path, {}, [])
    await elsewhere.call(HEARD_OUT, HangUp())
    office.calls.saved = elsewhere.calls.saved
    status, call = await ask(api, f"/calls/{CALL}")
    assert (status, call["outcome"]) == (200, "caller_hung_up")


async def test_a_call_that_never_was_is_not_found(api: TestClient):
    assert await ask(api, "/calls/CA0") == (404, {"error": "there is no such call"})


async def test_without_the_store_only_the_calls_of_this_process_are_told(
    api: TestClient, office: Office
):
    office.calls.available = False
    await office.call(HEARD_OUT, HangUp())
    assert (await ask(api, f"/calls/{CALL}"))[0] == 200
    status, body = await ask(api, "/calls/CA0")
    assert status == 503
    assert "try again" in body["error"]


# ---------------------------------------------------------------- hand-offs


async def test_a_hand_off_is_told_with_its_schema(api: TestClient, office: Office):
    _, record = await office.call(HEARD_OUT, Press(keys="0"))
    status, summary = await ask(api, f"/handoffs/{record.handoff_id}")
    assert status == 200
    assert summary["schema_version"] == 1
    assert summary["id"] == record.handoff_id
    assert summary["call_sid"] == CALL
    assert summary["escalation"]["reason"] == "key_zero"


async def test_a_hand_off_that_never_was_is_not_found(api: TestClient):
    assert await ask(api, "/handoffs/h1") == (404, {"error": "there is no such hand-off"})


async def test_while_the_store_is_away_what_is_on_disk_is_told_and_the_rest_is_unknown(
    api: TestClient, office: Office
):
    office.handoffs.away = {"save", "load", "enqueue"}
    _, record = await office.call(HEARD_OUT, Press(keys="0"))
    assert (await ask(api, f"/handoffs/{record.handoff_id}"))[0] == 200
    status, body = await ask(api, "/handoffs/another")
    assert status == 503
    assert "try again" in body["error"]


async def test_a_damaged_summary_is_said_to_be_so(
    api: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch
):
    async def damaged(_handoff_id: str) -> None:
        raise SummaryUnreadable("summary is damaged")

    monkeypatch.setattr(office.handoffs, "load", damaged)
    assert await ask(api, "/handoffs/h1") == (503, {"error": "summary is damaged"})


# ---------------------------------------------------------------- the description


async def test_the_description_is_open_and_covers_every_route(api: TestClient):
    async with api.get(f"{PREFIX}/openapi.json") as answer:
        described = await answer.json()
    assert described == describe()
    routes = {
        resource.canonical
        for resource in api.app.router.resources()
        if resource.canonical.startswith(PREFIX)
    }
    assert routes == {path for path in described["paths"] if path.startswith(PREFIX)}


def test_the_description_is_whole():
    described = describe()
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"]
    assert described["info"]["version"]
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["responses"]
            named = {one["name"] for one in operation.get("parameters", [])}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    schemas = described["components"]["schemas"]
    references = list(_references(described))
    assert "#/components/schemas/CallRecord" in references
    assert {name.rpartition("/")[2] for name in references} <= set(schemas)


async def test_an_answer_is_as_it_is_described(api: TestClient, office: Office):
    _, record = await office.call(HEARD_OUT, Press(keys="0"))
    described = describe()
    for path, name in ((f"/calls/{CALL}", "CallRecord"), (f"/handoffs/{record.handoff_id}", "")):
        _, body = await ask(api, path)
        _fits(body, {"$ref": f"#/components/schemas/{name or 'HandoffSummary'}"}, described)


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return (
        [found for value in node for found in _references(value)] if isinstance(node, list) else []
    )


def _fits(value: object, schema: dict, described: dict) -> None:
    """As much of JSON Schema as the types of the API need."""
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    options = schema.get("anyOf", [schema])
    if value is None:
        assert {"type": "null"} in options
        return None
    fitting = [one for one in options if one != {"type": "null"}]
    if len(fitting) == 1 and fitting[0] is not schema:
        return _fits(value, fitting[0], described)
    kind = KINDS.get(type(value), "number")
    assert any(one.get("type", kind) in {kind, "number"} for one in options), (value, schema)
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value)
        for name, known in schema.get("properties", {}).items():
            _fits(value.get(name), known, described)
    if isinstance(value, list):
        for one in value:
            _fits(one, schema["items"], described)
    return None
