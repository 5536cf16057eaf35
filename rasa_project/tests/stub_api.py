"""A stand-in for the IVR server's internal API, with the same answers and a few faults.

    python tests/stub_api.py --port 15056

`POST /faults {"mode": "ok" | "unavailable" | "slow" | "garbage"}` chooses how it misbehaves. A
reference is the secret itself behind `secret:`.
"""

import argparse
import asyncio
import os

from aiohttp import web

ACCOUNTS = {
    "427193": {"secrets": {"1984-03-12", "4821"}, "balance_cents": 8420},
    "042719": {"secrets": {"2001-01-01"}, "balance_cents": 0},
    "111111": {"secrets": {"2001-01-01"}, "balance_cents": -1200},
    "222222": {"secrets": {"2001-01-01"}, "balance_cents": 123456789},
}
REFERENCE = "secret:"
FIRST_NAME, DUE_DATE = "Dana", "2026-12-01"
TRIES = 3


class StubApi:
    """Accounts, tries and the chosen fault."""

    def __init__(self, token: str) -> None:
        """Nothing has been tried, nothing is broken."""
        self._token = token
        self._accounts: dict[str, str] = {}
        self._tries: dict[str, int] = {}
        self._verified: set[str] = set()
        self._mode = "ok"

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._misbehave])
        root = "/internal/v1/calls/{call_sid}"
        app.router.add_post("/faults", self._choose_fault)
        app.router.add_post(f"{root}/verification/account", self._account)
        app.router.add_post(f"{root}/verification/factor", self._factor)
        app.router.add_get(f"{root}/balance", self._balance)
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: object) -> web.StreamResponse:
        if request.path == "/faults":
            return await handler(request)
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.json_response({"error": "unauthorised"}, status=401)
        if self._mode == "unavailable":
            return web.json_response({"error": "database_unavailable"}, status=503)
        if self._mode == "slow":
            await asyncio.sleep(10)
        if self._mode == "garbage":
            return web.Response(text="not json", content_type="application/json")
        return await handler(request)

    async def _choose_fault(self, request: web.Request) -> web.Response:
        self._mode = (await request.json())["mode"]
        return web.json_response({"mode": self._mode})

    async def _account(self, request: web.Request) -> web.Response:
        call = request.match_info["call_sid"]
        self._accounts[call] = (await request.json())["account_number"]
        return web.json_response({"status": "locked" if self._left(call) == 0 else "need_factor"})

    async def _factor(self, request: web.Request) -> web.Response:
        call = request.match_info["call_sid"]
        account = ACCOUNTS.get(self._accounts.get(call, ""), {"secrets": set()})
        secret = (await request.json())["ref"][len(REFERENCE) :]
        if self._left(call) and secret in account["secrets"]:
            self._verified.add(call)
            return web.json_response({"status": "verified", "tries_left": self._left(call)})
        self._tries[call] = self._tries.get(call, 0) + 1
        status = "mismatch" if self._left(call) else "locked"
        return web.json_response({"status": status, "tries_left": self._left(call)})

    async def _balance(self, request: web.Request) -> web.Response:
        call = request.match_info["call_sid"]
        if call not in self._verified and not call.startswith("known"):
            return web.json_response({"error": "not_verified"}, status=403)
        number = self._accounts.get(call, "427193")
        return web.json_response(
            {
                "balance_cents": ACCOUNTS[number]["balance_cents"],
                "currency": "USD",
                "due_date": None if number == "222222" else DUE_DATE,
                "first_name": FIRST_NAME,
            }
        )

    def _left(self, call: str) -> int:
        return max(TRIES - self._tries.get(call, 0), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=15056)
    arguments = parser.parse_args()
    stub = StubApi(os.environ["IVR_INTERNAL_TOKEN"])
    web.run_app(stub.application(), host="127.0.0.1", port=arguments.port)
