"""What every customer repository promises: SQLite, the fake, and PostgreSQL where there is one.

`IVR_TEST_POSTGRES_URL` names an empty PostgreSQL database to include it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import date

import pytest

from dialog.crm.database import open_database
from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerRepository, UnknownCustomer
from dialog.crm.seed import load_seed
from dialog.crm.types import Activity, Balance
from tests.fakes.customers import FakeCustomers
from tests.fakes.pins import RememberingPins

TODAY = date(2026, 11, 20)
POSTGRES_URL = os.environ.get("IVR_TEST_POSTGRES_URL", "")


@pytest.fixture(scope="module")
def pins() -> PinHasher:
    return RememberingPins()


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory, pins: PinHasher) -> str:
    """A seeded database that the tests only read."""
    url = f"sqlite:///{tmp_path_factory.mktemp('crm')}/customers.db"
    asyncio.run(seeded(url, pins))
    return url


async def seeded(url: str, pins: PinHasher) -> None:
    async with open_database(url) as database:
        await database.seed(load_seed(TODAY), pins)


@pytest.fixture(params=["fake", "sqlite", *(["postgresql"] if POSTGRES_URL else [])])
async def customers(
    request: pytest.FixtureRequest, sqlite_url: str, pins: PinHasher
) -> AsyncIterator[CustomerRepository]:
    if request.param == "fake":
        yield FakeCustomers(load_seed(TODAY), pins)
        return
    if request.param == "postgresql":
        await seeded(POSTGRES_URL, pins)
    async with open_database(sqlite_url if request.param == "sqlite" else POSTGRES_URL) as database:
        yield database.customers


async def id_of(customers: CustomerRepository, account_number: str) -> int:
    customer = await customers.find_by_account(account_number)
    assert customer is not None
    return customer.id


async def test_a_customer_is_found_by_the_account_number(customers: CustomerRepository):
    dana = await customers.find_by_account("427193")

    assert dana is not None
    assert (dana.first_name, dana.last_name) == ("Dana", "Whitfield")
    assert (dana.phone, dana.tier, dana.language) == ("+15550100001", "gold", "en-US")
    assert await customers.customer(dana.id) == dana


@pytest.mark.parametrize("number", ["000000", "", "42719", "4271933", "427193 ", "' OR 1=1 --"])
async def test_only_the_whole_account_number_finds_a_customer(
    customers: CustomerRepository, number: str
):
    assert await customers.find_by_account(number) is None
    assert await customers.credentials(number) is None


async def test_a_leading_zero_belongs_to_the_account_number(customers: CustomerRepository):
    harold = await customers.find_by_account("042817")

    assert harold is not None
    assert harold.account_number == "042817"
    assert await customers.find_by_account("42817") is None


async def test_credentials_match_the_customer_and_show_nothing_when_printed(
    customers: CustomerRepository, pins: PinHasher
):
    credentials = await customers.credentials("427193")

    assert credentials is not None
    assert credentials.customer_id == await id_of(customers, "427193")
    assert credentials.date_of_birth == date(1984, 3, 12)
    assert pins.matches(credentials.pin_hash, "4821")
    assert not pins.matches(credentials.pin_hash, "4822")
    assert "argon2" not in repr(credentials)
    assert "1984" not in repr(credentials)


async def test_the_balance_is_what_is_unpaid_and_when_it_is_due(customers: CustomerRepository):
    dana = await customers.balance(await id_of(customers, "427193"))
    omar = await customers.balance(await id_of(customers, "466108"))

    assert dana == Balance(balance_cents=8420, currency="USD", due_date=date(2026, 12, 1))
    # Two invoices open, one of them overdue: the sum, and the earlier date.
    assert omar == Balance(balance_cents=7980, currency="USD", due_date=date(2026, 10, 27))


async def test_who_owes_nothing_has_no_due_date(customers: CustomerRepository):
    miguel = await customers.balance(await id_of(customers, "318650"))

    assert miguel == Balance(balance_cents=0, currency="USD", due_date=None)


async def test_the_context_has_open_orders_and_tickets_only(customers: CustomerRepository):
    dana = await customers.context(await id_of(customers, "427193"))

    assert dana.tier == "gold"
    assert [(order.number, order.status) for order in dana.orders] == [("58213", "shipped")]
    assert [ticket.subject for ticket in dana.tickets] == ["Internet slow in the evening"]
    assert dana.balance.balance_cents == 8420


async def test_the_context_shows_a_late_order(customers: CustomerRepository):
    priya = await customers.context(await id_of(customers, "905512"))

    assert [(order.number, order.status) for order in priya.orders] == [("60977", "late")]
    assert priya.orders[0].expected_on == date(2026, 11, 15)


async def test_the_context_shows_a_double_charge(customers: CustomerRepository):
    miguel = await customers.context(await id_of(customers, "318650"))

    charge = Activity(
        on=date(2026, 11, 17),
        text="Paid: 39.90 USD for invoice I-20402 by Mastercard ending 4408",
    )
    assert miguel.recent_activity[:2] == (charge, charge)


async def test_recent_activity_comes_newest_first_and_includes_failures(
    customers: CustomerRepository,
):
    linda = await customers.context(await id_of(customers, "190273"))

    assert [(one.on, one.text) for one in linda.recent_activity] == [
        (
            date(2026, 11, 13),
            "Paid: 84.20 USD for invoice I-20397 by Mastercard ending 2219",
        ),
        (
            date(2026, 11, 12),
            "Payment failed: 84.20 USD for invoice I-20397 by Mastercard ending 2219",
        ),
        (
            date(2026, 10, 23),
            "Invoice I-20397 over 84.20 USD issued: Home internet and phone",
        ),
    ]


async def test_every_customer_of_the_demo_can_be_looked_up(customers: CustomerRepository):
    for one in load_seed(TODAY):
        context = await customers.context(await id_of(customers, one.account_number))
        assert context.tier == one.tier


async def test_an_id_that_nobody_has_is_an_error(customers: CustomerRepository):
    for ask in (customers.customer, customers.balance, customers.context):
        with pytest.raises(UnknownCustomer):
            await ask(999_999)


async def test_a_repository_that_can_be_read_is_ready(customers: CustomerRepository):
    await customers.check()
