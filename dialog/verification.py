"""Finds out whether the caller is the customer they say they are.

Nothing here tells whether an account exists. An account that does not and a factor that does not
match take the same steps: the same query, the same comparison (with a decoy where there is nothing
to compare with), the same answer, the same count. That holds for each kind of factor by itself; a
PIN takes longer than a date of birth, which tells the caller only what they gave.
"""

import asyncio
import hmac
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerRepository
from dialog.crm.types import Credentials


class VerificationStatus(StrEnum):
    """How far a verification has come; it never leaves `verified` or `locked`."""

    OPEN = "open"
    VERIFIED = "verified"
    LOCKED = "locked"


class Outcome(StrEnum):
    """What came of one factor."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    LOCKED = "locked"


class FactorKind(StrEnum):
    """What can prove an identity, named as the slot that asks for it."""

    PIN = "pin"
    DATE_OF_BIRTH = "date_of_birth"


_OUTCOMES = {
    VerificationStatus.OPEN: Outcome.MISMATCH,
    VerificationStatus.VERIFIED: Outcome.VERIFIED,
    VerificationStatus.LOCKED: Outcome.LOCKED,
}
_NOBODYS_BIRTHDAY = "0000-00-00"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPolicy:
    """The rules.

    Attributes:
        max_tries: factors that may fail in one call; the last of them locks the verification.
    """

    max_tries: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """What came of one factor, and how many more may fail."""

    status: Outcome
    tries_left: int


class VerificationState(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification remembers, fit for the store: no secrets.

    Attributes:
        account_number: the number the caller gave last, whether it exists or not.
        customer_id: who the caller is; None until verified.
        tries: how many factors failed.
        method: how the caller was verified, for example `account_number+pin`; None until then.
    """

    status: VerificationStatus = VerificationStatus.OPEN
    account_number: str | None = None
    customer_id: int | None = None
    tries: int = 0
    method: str | None = None


class Verification:
    """The verification of one caller in one call.

    Args:
        customers: where the credentials are.
        pins: compares PINs.
        policy: the rules.
        state: where an earlier node left off; a new one by default.

    Attributes:
        state: replaced by each step; store it after each.
    """

    def __init__(
        self,
        *,
        customers: CustomerRepository,
        pins: PinHasher,
        policy: VerificationPolicy,
        state: VerificationState | None = None,
    ) -> None:
        self._customers = customers
        self._pins = pins
        self._policy = policy
        # Tries are counted after a comparison that takes a while: one at a time, or many could be
        # under way before the first is counted.
        self._one_at_a_time = asyncio.Lock()
        self.state = state or VerificationState()

    async def give_account(self, number: str) -> VerificationStatus:
        """Take the account number that the caller claims.

        It may change as long as nothing is decided; the tries stay counted. Once verified or
        locked it changes nothing.

        Raises:
            CustomerDatabaseUnavailable: before the caller is asked for a secret that could not be
                compared with anything.
        """
        async with self._one_at_a_time:
            if self.state.status is VerificationStatus.OPEN:
                await self._customers.check()
                self.state = msgspec.structs.replace(self.state, account_number=number.strip())
            return self.state.status

    async def check_factor(self, kind: str, value: str) -> VerificationResult:
        """Compare a PIN (digits) or a date of birth (ISO) with the customer's.

        Without an account number nothing matches, and it counts like any other try. Once verified
        or locked, nothing is compared any more.

        Raises:
            ValueError: there is no such kind of factor.
            CustomerDatabaseUnavailable: nothing was compared, and no try is counted.
        """
        factor = FactorKind(kind)
        async with self._one_at_a_time:
            if self.state.status is VerificationStatus.OPEN:
                await self._try(factor, value.strip())
            return self._result()

    async def _try(self, factor: FactorKind, value: str) -> None:
        before = self.state
        credentials = await self._customers.credentials(before.account_number or "")
        tries = before.tries + 1
        spent = tries >= self._policy.max_tries
        # Counted before the comparison, so that one which is cut off costs a try as well.
        self.state = msgspec.structs.replace(
            before,
            tries=tries,
            status=VerificationStatus.LOCKED if spent else VerificationStatus.OPEN,
        )
        if await self._matches(factor, credentials, value) and credentials is not None:
            self.state = msgspec.structs.replace(
                before,
                status=VerificationStatus.VERIFIED,
                customer_id=credentials.customer_id,
                method=f"account_number+{factor}",
            )

    async def _matches(self, factor: FactorKind, known: Credentials | None, value: str) -> bool:
        if factor is FactorKind.PIN:
            pin_hash = known.pin_hash if known else None
            return await asyncio.to_thread(self._pins.matches, pin_hash, value)
        born = known.date_of_birth.isoformat() if known else _NOBODYS_BIRTHDAY
        return hmac.compare_digest(born.encode(), value.encode()) and known is not None

    def _result(self) -> VerificationResult:
        return VerificationResult(
            status=_OUTCOMES[self.state.status],
            tries_left=max(0, self._policy.max_tries - self.state.tries),
        )
