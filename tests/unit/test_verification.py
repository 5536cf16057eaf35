"""Who is calling: tries, lock-out, and nothing told about accounts."""

import asyncio
from datetime import date

import msgspec
import pytest

from dialog.crm.ports import CustomerDatabaseUnavailable
from dialog.crm.seed import load_seed
from dialog.verification import (
    Outcome,
    Verification,
    VerificationPolicy,
    VerificationResult,
    VerificationState,
    VerificationStatus,
)
from tests.fakes.customers import FakeCustomers
from tests.fakes.pins import RememberingPins

DANA, MIGUEL, NOBODY = "427193", "318650", "000000"
DANAS_PIN, DANAS_BIRTHDAY = "4821", "1984-03-12"
MIGUELS_PIN = "9035"


class WatchedPins(RememberingPins):
    """Remembers whether each comparison had a hash to compare with."""

    def __init__(self) -> None:
        super().__init__()
        self.compared: list[bool] = []

    def matches(self, pin_hash: str | None, pin: str) -> bool:
        self.compared.append(pin_hash is not None)
        return super().matches(pin_hash, pin)


@pytest.fixture
def pins() -> WatchedPins:
    return WatchedPins()


@pytest.fixture
def customers(pins: WatchedPins) -> FakeCustomers:
    return FakeCustomers(load_seed(date(2026, 11, 20))[:2], pins)


@pytest.fixture
def verification(customers: FakeCustomers, pins: WatchedPins) -> Verification:
    return Verification(customers=customers, pins=pins, policy=VerificationPolicy())


def mismatch(tries_left: int) -> VerificationResult:
    return VerificationResult(status=Outcome.MISMATCH, tries_left=tries_left)


VERIFIED = VerificationResult(status=Outcome.VERIFIED, tries_left=3)
LOCKED = VerificationResult(status=Outcome.LOCKED, tries_left=0)


async def test_a_caller_with_account_and_pin_is_verified(verification: Verification):
    assert await verification.give_account(DANA) is VerificationStatus.OPEN
    assert await verification.check_factor("pin", DANAS_PIN) == VERIFIED
    assert verification.state == VerificationState(
        status=VerificationStatus.VERIFIED,
        account_number=DANA,
        customer_id=1,
        method="account_number+pin",
    )


async def test_a_caller_with_account_and_date_of_birth_is_verified(verification: Verification):
    await verification.give_account(f" {DANA} ")
    assert await verification.check_factor("date_of_birth", DANAS_BIRTHDAY) == VERIFIED
    assert verification.state.method == "account_number+date_of_birth"
    assert verification.state.customer_id == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("pin", "4822"),
        ("pin", ""),
        ("pin", DANAS_BIRTHDAY),
        ("date_of_birth", "1984-12-03"),
        ("date_of_birth", ""),
        ("date_of_birth", DANAS_PIN),
        ("date_of_birth", "zwölf"),
    ],
)
async def test_a_factor_that_does_not_match_costs_a_try(
    verification: Verification, kind: str, value: str
):
    await verification.give_account(DANA)
    assert await verification.check_factor(kind, value) == mismatch(tries_left=2)
    assert verification.state.customer_id is None
    assert verification.state.method is None


async def test_after_three_tries_even_the_right_pin_is_locked_out(verification: Verification):
    await verification.give_account(DANA)
    assert await verification.check_factor("pin", "0000") == mismatch(tries_left=2)
    assert await verification.check_factor("date_of_birth", "2000-01-01") == mismatch(tries_left=1)
    assert await verification.check_factor("pin", "0000") == LOCKED

    assert await verification.check_factor("pin", DANAS_PIN) == LOCKED
    assert await verification.give_account(MIGUEL) is VerificationStatus.LOCKED
    assert await verification.check_factor("pin", MIGUELS_PIN) == LOCKED
    assert verification.state.account_number == DANA
    assert verification.state.customer_id is None


async def test_a_caller_who_was_wrong_twice_can_still_be_right(verification: Verification):
    await verification.give_account(DANA)
    await verification.check_factor("pin", "0000")
    await verification.check_factor("pin", "1111")

    result = await verification.check_factor("pin", DANAS_PIN)

    assert result == VerificationResult(status=Outcome.VERIFIED, tries_left=1)


async def test_a_try_more_or_less_is_a_matter_of_policy(
    customers: FakeCustomers, pins: WatchedPins
):
    strict = Verification(customers=customers, pins=pins, policy=VerificationPolicy(max_tries=1))
    await strict.give_account(DANA)
    assert await strict.check_factor("pin", "0000") == LOCKED


async def test_another_account_number_does_not_give_the_tries_back(verification: Verification):
    await verification.give_account(MIGUEL)
    await verification.check_factor("pin", DANAS_PIN)
    await verification.give_account(DANA)

    assert verification.state.account_number == DANA
    assert await verification.check_factor("pin", "0000") == mismatch(tries_left=1)


async def test_a_verified_caller_cannot_become_another_customer(verification: Verification):
    await verification.give_account(DANA)
    await verification.check_factor("pin", DANAS_PIN)
    before = verification.state

    assert await verification.give_account(MIGUEL) is VerificationStatus.VERIFIED
    assert await verification.check_factor("pin", MIGUELS_PIN) == VERIFIED
    assert await verification.check_factor("pin", "wrong") == VERIFIED
    assert verification.state == before


@pytest.mark.parametrize("kind", ["pin", "date_of_birth"])
async def test_an_account_that_does_not_exist_looks_like_a_factor_that_does_not_match(
    customers: FakeCustomers, pins: WatchedPins, kind: str
):
    answers = []
    for account in (DANA, NOBODY):
        verification = Verification(customers=customers, pins=pins, policy=VerificationPolicy())
        given = await verification.give_account(account)
        results = [await verification.check_factor(kind, "0000-00-00") for _ in range(4)]
        answers.append((given, results))

    assert answers[0] == answers[1]
    # The same work as well: each of the three tries asked the database once and, for a PIN,
    # compared one hash (a decoy where there is no account).
    assert customers.asked == [DANA] * 3 + [NOBODY] * 3
    assert pins.compared == ([True] * 3 + [False] * 3 if kind == "pin" else [])


async def test_a_factor_without_an_account_number_matches_nothing(verification: Verification):
    assert await verification.check_factor("pin", DANAS_PIN) == mismatch(tries_left=2)


async def test_a_factor_of_an_unknown_kind_is_a_mistake_of_the_program_and_costs_nothing(
    verification: Verification,
):
    await verification.give_account(DANA)
    with pytest.raises(ValueError, match="shoe_size"):
        await verification.check_factor("shoe_size", "9")
    assert verification.state.tries == 0


async def test_a_database_that_is_gone_costs_no_try(
    verification: Verification, customers: FakeCustomers
):
    await verification.give_account(DANA)
    customers.available = False
    with pytest.raises(CustomerDatabaseUnavailable):
        await verification.check_factor("pin", DANAS_PIN)

    customers.available = True
    assert await verification.check_factor("pin", DANAS_PIN) == VERIFIED


async def test_a_database_that_is_gone_is_told_before_a_secret_is_asked_for(
    verification: Verification, customers: FakeCustomers
):
    customers.available = False
    with pytest.raises(CustomerDatabaseUnavailable):
        await verification.give_account(DANA)
    assert verification.state == VerificationState()


async def test_many_guesses_at_once_get_no_more_tries_than_one_after_another(
    verification: Verification,
):
    await verification.give_account(DANA)
    guesses = ["0000", "1111", "2222", DANAS_PIN]
    results = await asyncio.gather(*(verification.check_factor("pin", pin) for pin in guesses))

    assert results == [mismatch(tries_left=2), mismatch(tries_left=1), LOCKED, LOCKED]


async def test_a_comparison_that_is_cut_off_costs_a_try(
    verification: Verification, monkeypatch: pytest.MonkeyPatch
):
    async def cut_off(*_: object) -> bool:
        raise asyncio.CancelledError

    await verification.give_account(DANA)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", cut_off)
        with pytest.raises(asyncio.CancelledError):
            await verification.check_factor("pin", "0000")

    assert verification.state.tries == 1


async def test_a_verification_goes_on_where_another_node_left_off(
    verification: Verification, customers: FakeCustomers, pins: WatchedPins
):
    await verification.give_account(DANA)
    await verification.check_factor("pin", "0000")
    stored = msgspec.json.encode(verification.state)
    assert b"0000" not in stored

    resumed = Verification(
        customers=customers,
        pins=pins,
        policy=VerificationPolicy(),
        state=msgspec.json.decode(stored, type=VerificationState),
    )

    assert resumed.state == verification.state
    assert await resumed.check_factor("pin", "0000") == mismatch(tries_left=1)
