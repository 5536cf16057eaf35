"""What the dialogue's actions get to know of a caller: nothing, until the caller is verified."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from ivr.internal_api import InternalApi
from telephony.events import StreamStarted
from tests.fakes.line import FakeLine
from tests.fakes.office import CALL, NOBODY, Office

TOKEN = "the-internal-token"
TRUSTED = {"Authorization": f"Bearer {TOKEN}"}
DANA = {"account_number": "427193"}
NEED_FACTOR = {"status": "need_factor"}


class Caller:
    """A call that goes on while the actions ask."""

    def __init__(self, office: Office, api: TestClient) -> None:
        self.office = office
        self.api = api

    async def ask(
        self, path: str, body: object = None, *, call_sid: str = CALL, headers=TRUSTED
    ) -> tuple[int, object]:
        url = f"/internal/v1/calls/{call_sid}/{path}"
        method = "GET" if body is None else "POST"
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.api.request(method, url, headers=headers, **(sent if body else {})) as got:
            return got.status, await got.json()

    def secret(self, kind: str, value: str) -> dict[str, str]:
        """What the caller said, as the dialogue gets it."""
        return {"ref": self.office.live.memory(CALL).vault.put(kind, value)}

    async def verify(self) -> None:
        assert await self.ask("verification/account", DANA) == (200, NEED_FACTOR)
        status, _ = await self.ask("verification/factor", self.secret("pin", "4821"))
        assert status == 200


@pytest.fixture
async def caller(tmp_path: Path, aiohttp_client: Callable) -> AsyncIterator[Caller]:
    office = Office(tmp_path, NOBODY, [])
    app = web.Application(client_max_size=16 * 1024)
    app.add_routes(InternalApi(office.live, office.customers).routes(SecretStr(TOKEN)))
    over = asyncio.Event()
    line = FakeLine(breath=lambda: pause(line, over))
    started = StreamStarted(
        call_sid=CALL,
        stream_sid="MZ1",
        parameters={},
        encoding="audio/x-mulaw",
        rate_hz=8000,
        channels=1,
    )
    call = asyncio.create_task(office.factory(line, started))
    while office.live.session(CALL) is None:  # noqa: ASYNC110  # the call tells nobody
        await asyncio.sleep(0)
    yield Caller(office, await aiohttp_client(app))
    over.set()
    line.closed = True
    await call


async def pause(line: FakeLine, over: asyncio.Event) -> None:
    """The call stands still once the greeting has begun."""
    await asyncio.sleep(0)
    if line.sent:
        await over.wait()


# ---------------------------------------------------------------- verification


async def test_a_caller_with_account_and_pin_hears_the_balance(caller: Caller):
    await caller.verify()
    status, balance = await caller.ask("balance")
    assert status == 200
    assert balance == {
        "balance_cents": 8420,
        "currency": "USD",
        "due_date": "2026-12-01",
        "first_name": "Dana",
    }
    tried = caller.office.live.memory(CALL).record.tried
    assert [(one.what, one.outcome) for one in tried] == [
        ("verification", "verified by pin"),
        ("balance", "told"),
    ]


async def test_a_date_of_birth_will_do_too(caller: Caller):
    await caller.ask("verification/account", DANA)
    said = caller.secret("date_of_birth", "1984-03-12")
    assert await caller.ask("verification/factor", said) == (
        200,
        {"status": "verified", "tries_left": 3},
    )


async def test_before_that_nothing_is_told(caller: Caller):
    refused = (403, {"error": "not_verified"})
    assert await caller.ask("balance") == refused
    await caller.ask("verification/account", DANA)
    assert await caller.ask("balance") == refused
    await caller.ask("verification/factor", caller.secret("pin", "0000"))
    assert await caller.ask("balance") == refused


async def test_an_account_that_does_not_exist_looks_like_one_that_does(caller: Caller):
    for number in ("427193", "000000", "", "no number at all"):
        got = await caller.ask("verification/account", {"account_number": number})
        assert got == (200, NEED_FACTOR)
    said = caller.secret("pin", "4821")
    assert await caller.ask("verification/factor", said) == (
        200,
        {"status": "mismatch", "tries_left": 2},
    )


async def test_three_wrong_factors_lock_and_the_right_one_no_longer_helps(caller: Caller):
    await caller.ask("verification/account", DANA)
    answers = [
        (await caller.ask("verification/factor", caller.secret("pin", pin)))[1]
        for pin in ("0000", "1111", "2222", "4821")
    ]
    assert [one["status"] for one in answers] == ["mismatch", "mismatch", "locked", "locked"]
    assert [one["tries_left"] for one in answers] == [2, 1, 0, 0]
    assert (await caller.ask("balance"))[0] == 403


async def test_a_reference_is_good_once_and_one_that_is_gone_costs_no_try(caller: Caller):
    await caller.ask("verification/account", DANA)
    said = caller.secret("pin", "0000")
    assert (await caller.ask("verification/factor", said))[1]["tries_left"] == 2
    assert await caller.ask("verification/factor", said) == (409, {"error": "unknown_reference"})
    made_up = {"ref": "secret:guessed"}
    assert (await caller.ask("verification/factor", made_up))[0] == 409
    last = await caller.ask("verification/factor", caller.secret("pin", "4821"))
    assert last == (200, {"status": "verified", "tries_left": 2})


# ---------------------------------------------------------------- trouble


async def test_only_who_has_the_token_may_ask(caller: Caller):
    await caller.verify()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        assert (await caller.ask("balance", headers=headers))[0] == 401
        assert (await caller.ask("verification/account", DANA, headers=headers))[0] == 401
        said = caller.secret("pin", "4821")
        assert (await caller.ask("verification/factor", said, headers=headers))[0] == 401


async def test_a_call_that_does_not_run_here_is_unknown(caller: Caller):
    unknown = (404, {"error": "unknown_call"})
    assert await caller.ask("balance", call_sid="CA0") == unknown
    assert await caller.ask("verification/account", DANA, call_sid="CA0") == unknown
    assert await caller.ask("verification/factor", {"ref": "x"}, call_sid="CA0") == unknown


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"\xff",
        b"[]",
        b"{}",
        b'{"account_number": 427193}',
        b'{"account_number": "1", "ref": "2"}',
        b'{"ref": null}',
    ],
)
@pytest.mark.parametrize("path", ["verification/account", "verification/factor"])
async def test_what_cannot_be_read_is_refused_and_changes_nothing(
    caller: Caller, path: str, body: bytes
):
    assert await caller.ask(path, body) == (400, {"error": "malformed"})
    assert caller.office.live.memory(CALL).verification.state.tries == 0


async def test_a_secret_that_proves_nothing_is_refused(caller: Caller):
    await caller.ask("verification/account", DANA)
    said = caller.secret("favourite_colour", "blue")
    assert (await caller.ask("verification/factor", said))[0] == 400


async def test_without_the_database_it_is_said_so_and_no_try_is_lost(caller: Caller):
    await caller.ask("verification/account", DANA)
    caller.office.customers.available = False
    gone = (503, {"error": "database_unavailable"})
    assert await caller.ask("verification/account", DANA) == gone
    assert await caller.ask("verification/factor", caller.secret("pin", "4821")) == gone
    caller.office.customers.available = True
    last = await caller.ask("verification/factor", caller.secret("pin", "4821"))
    assert last == (200, {"status": "verified", "tries_left": 3})
    caller.office.customers.available = False
    assert await caller.ask("balance") == gone
