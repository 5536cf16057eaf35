"""The IVR server's internal API, as the actions use it."""

import asyncio
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

TIMEOUT_S = 3.0
"""The caller waits in silence meanwhile; beyond this a person is quicker."""


class ApiUnavailable(Exception):
    """The API gave no usable answer. The text names a status or a kind of error, never a value."""


class NotVerified(Exception):
    """The API says that the caller has not been verified."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a verification step.

    Attributes:
        status: `need_factor`, `verified`, `mismatch` or `locked`.
    """

    status: str


@dataclass(frozen=True)
class Balance:
    """What the customer owes.

    Attributes:
        cents: the balance in cents; negative for a credit.
        currency: three letters.
        due_date: ISO date, None when nothing is due.
        first_name: None when it is unknown.
    """

    cents: int
    currency: str
    due_date: str | None
    first_name: str | None


class InternalApi:
    """One call's view of the API."""

    def __init__(self, call_sid: str, base_url: str, token: str) -> None:
        """Prepare requests about one call."""
        self._root = f"{base_url.rstrip('/')}/internal/v1/calls/{quote(call_sid, safe='')}"
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    def of_call(cls, call_sid: str) -> "InternalApi":
        """The API named by IVR_INTERNAL_URL, with the token of IVR_INTERNAL_TOKEN.

        Raises:
            ApiUnavailable: one of the two is not set.
        """
        try:
            return cls(call_sid, os.environ["IVR_INTERNAL_URL"], os.environ["IVR_INTERNAL_TOKEN"])
        except KeyError as missing:
            raise ApiUnavailable(f"{missing.args[0]} is not set") from None

    async def give_account_number(self, account_number: str) -> Verdict:
        """Tell the number the caller gave; the answer never tells whether it exists.

        Raises:
            ApiUnavailable: no usable answer.
        """
        body = {"account_number": account_number}
        return self._verdict(await self._request("POST", "verification/account", body))

    async def give_factor(self, reference: str) -> Verdict:
        """Tell the reference of the date of birth or PIN the caller gave.

        Raises:
            ApiUnavailable: no usable answer.
        """
        return self._verdict(await self._request("POST", "verification/factor", {"ref": reference}))

    async def balance(self) -> Balance:
        """The balance of the verified caller.

        Raises:
            NotVerified: the caller is not verified.
            ApiUnavailable: no usable answer.
        """
        answer = await self._request("GET", "balance")
        cents, currency = answer.get("balance_cents"), answer.get("currency")
        if not isinstance(cents, int) or not isinstance(currency, str):
            raise ApiUnavailable("the balance has no amount or no currency")
        return Balance(
            cents=cents,
            currency=currency,
            due_date=answer.get("due_date"),
            first_name=answer.get("first_name"),
        )

    @staticmethod
    def _verdict(answer: dict[str, Any]) -> Verdict:
        status = answer.get("status")
        if status not in {"need_factor", "verified", "mismatch", "locked"}:
            raise ApiUnavailable("the verification gave an unknown status")
        return Verdict(status=status)

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session,
                session.request(method, f"{self._root}/{path}", json=body) as response,
            ):
                if response.status == 403:
                    raise NotVerified
                if response.status != 200:
                    raise ApiUnavailable(f"status {response.status}")
                answer = await response.json()
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as failure:
            raise ApiUnavailable(type(failure).__name__) from None
        if not isinstance(answer, dict):
            raise ApiUnavailable("the answer is not an object")
        return answer
