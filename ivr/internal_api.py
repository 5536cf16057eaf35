"""What the dialogue's actions may ask: verify a caller, read the balance of a verified one.

It listens on a port of its own, which is not open to the internet. Nothing about an account leaves
here before the caller is verified, whatever the dialogue does.
"""

import msgspec
from aiohttp import web
from pydantic import SecretStr

from dialog.crm.ports import CustomerDatabaseUnavailable, CustomerRepository
from dialog.verification import FactorKind, VerificationStatus
from handoff.summary import Attempt
from ivr.bearer import Handler, requires
from ivr.call.live import LiveCalls
from ivr.call.session import CallSession


class AccountGiven(msgspec.Struct, forbid_unknown_fields=True):
    """The account number that a caller claims."""

    account_number: str


class FactorGiven(msgspec.Struct, forbid_unknown_fields=True):
    """A reference to a secret that the caller gave."""

    ref: str


class InternalApi:
    """The handlers."""

    def __init__(self, live: LiveCalls, customers: CustomerRepository) -> None:
        self._live = live
        self._customers = customers

    def routes(self, token: SecretStr) -> list[web.RouteDef]:
        """All routes, each behind the internal token."""
        call = "/internal/v1/calls/{call_sid}"

        def guard(handler: Handler) -> Handler:
            return requires(token, _answer_errors(handler))

        return [
            web.post(f"{call}/verification/account", guard(self.give_account)),
            web.post(f"{call}/verification/factor", guard(self.check_factor)),
            web.get(f"{call}/balance", guard(self.balance)),
        ]

    async def give_account(self, request: web.Request) -> web.Response:
        """Take the account number; the answer is the same whether it exists or not."""
        session = self._session(request)
        given = msgspec.json.decode(await request.read(), type=AccountGiven)
        await session.verification.give_account(given.account_number)
        return web.json_response({"status": "need_factor"})

    async def check_factor(self, request: web.Request) -> web.Response:
        """Compare a secret; a reference that is gone counts as no try."""
        session = self._session(request)
        given = msgspec.json.decode(await request.read(), type=FactorGiven)
        secret = session.memory.vault.resolve(given.ref)
        if secret is None:
            return web.json_response({"error": "unknown_reference"}, status=409)
        result = await session.verification.check_factor(FactorKind(secret.kind), secret.value)
        outcome = f"{result.status} by {secret.kind.replace('_', ' ')}"
        session.record.tried.append(Attempt(what="verification", outcome=outcome))
        return web.json_response({"status": result.status, "tries_left": result.tries_left})

    async def balance(self, request: web.Request) -> web.Response:
        """What a verified customer owes."""
        session = self._session(request)
        state = session.verification.state
        if state.status is not VerificationStatus.VERIFIED or state.customer_id is None:
            return web.json_response({"error": "not_verified"}, status=403)
        balance = await self._customers.balance(state.customer_id)
        customer = await self._customers.customer(state.customer_id)
        session.record.tried.append(Attempt(what="balance", outcome="told"))
        return web.json_response(
            {
                "balance_cents": balance.balance_cents,
                "currency": balance.currency,
                "due_date": balance.due_date.isoformat() if balance.due_date else None,
                "first_name": customer.first_name,
            }
        )

    def _session(self, request: web.Request) -> CallSession:
        session = self._live.session(request.match_info["call_sid"])
        if session is None:
            raise UnknownCall
        return session


class UnknownCall(LookupError):
    """No such call runs here."""


def _answer_errors(handler: Handler) -> Handler:
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except UnknownCall:
            return web.json_response({"error": "unknown_call"}, status=404)
        except CustomerDatabaseUnavailable:
            return web.json_response({"error": "database_unavailable"}, status=503)
        except (msgspec.DecodeError, ValueError):
            return web.json_response({"error": "malformed"}, status=400)

    return answered
