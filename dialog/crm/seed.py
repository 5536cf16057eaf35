"""The demo customers: read from `seed.yaml`, dates moved to where they make sense today."""

import asyncio
from calendar import isleap
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from ruamel.yaml import YAML
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from dialog.crm.models import (
    CustomerRow,
    InvoiceRow,
    OrderRow,
    PaymentMethodRow,
    PaymentRow,
    TicketRow,
)
from dialog.crm.pins import PinHasher

SEED_FILE = Path(__file__).with_name("seed.yaml")

_MOVING_DATES = frozenset(
    {"due_date", "issued_on", "paid_on", "placed_on", "expected_on", "opened_on", "expires_on"}
)

Phone = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9]\d{6,14}$")]
Digits = Annotated[str, msgspec.Meta(pattern=r"^\d{4,12}$")]
LastFour = Annotated[str, msgspec.Meta(pattern=r"^\d{4}$")]


class _Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of what the file holds: a misspelt field is an error."""


class SeedPaymentMethod(_Seed, frozen=True):
    """See `dialog.crm.models.PaymentMethodRow`."""

    brand: str
    last_four: LastFour
    expires_on: date | None = None


class SeedPayment(_Seed, frozen=True):
    """A charge of the whole invoice to the payment method with these last four digits."""

    method: LastFour
    paid_on: date
    failed: bool = False


class SeedInvoice(_Seed, frozen=True):
    """See `dialog.crm.models.InvoiceRow`."""

    number: str
    description: str
    amount_cents: int
    issued_on: date
    due_date: date
    paid: bool = False
    payments: tuple[SeedPayment, ...] = ()


class SeedOrder(_Seed, frozen=True):
    """See `dialog.crm.types.Order`."""

    number: str
    description: str
    status: str
    placed_on: date
    expected_on: date | None = None


class SeedTicket(_Seed, frozen=True):
    """See `dialog.crm.types.Ticket`."""

    number: str
    subject: str
    status: str
    opened_on: date


class SeedCustomer(_Seed, frozen=True):
    """A customer with everything that belongs to the account. The PIN is in clear: demo only."""

    first_name: str
    last_name: str
    phone: Phone
    account_number: Digits
    date_of_birth: date
    zip: str
    pin: LastFour
    tier: str = "standard"
    language: str = "en-US"
    currency: str = "USD"
    payment_methods: tuple[SeedPaymentMethod, ...] = ()
    invoices: tuple[SeedInvoice, ...] = ()
    orders: tuple[SeedOrder, ...] = ()
    tickets: tuple[SeedTicket, ...] = ()


def load_seed(today: date, path: Path = SEED_FILE) -> list[SeedCustomer]:
    """Read the demo customers as they are on the day `today`.

    Raises:
        ValueError: the file is not as it should be; the sentence says where.
    """
    content = YAML(typ="safe", pure=True).load(path)
    try:
        return msgspec.convert(_on_the_day(content, today), list[SeedCustomer])
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from error


def moving_date(written: object, today: date) -> object:
    """The date that a moving date of the file means on the day `today`.

    A number counts days from today, `MM-DD` is the next such day (today included), and anything
    else is left to stand or fall by itself.
    """
    if isinstance(written, int):
        return today + timedelta(days=written)
    if isinstance(written, str) and len(written) == len("MM-DD"):
        month, day = int(written[:2]), int(written[3:])
        year = today.year + ((month, day) < (today.month, today.day))
        while (month, day) == (2, 29) and not isleap(year):
            year += 1
        return date(year, month, day)
    return written


def _on_the_day(node: object, today: date) -> object:
    """The same tree with its moving dates made fixed."""
    if isinstance(node, list):
        return [_on_the_day(item, today) for item in node]
    if isinstance(node, dict):
        return {
            key: moving_date(value, today) if key in _MOVING_DATES else _on_the_day(value, today)
            for key, value in node.items()
        }
    return node


async def insert(
    connection: AsyncConnection, customers: Sequence[SeedCustomer], pins: PinHasher
) -> int:
    """Add the customers unless there are any; the transaction is the caller's.

    Returns:
        How many were added.
    """
    async with AsyncSession(connection) as session:
        if await session.scalar(select(func.count()).select_from(CustomerRow)):
            return 0
        hashes = await asyncio.to_thread(lambda: [pins.hash(one.pin) for one in customers])
        session.add_all(map(_row, customers, hashes))
        await session.flush()
    return len(customers)


def _row(customer: SeedCustomer, pin_hash: str) -> CustomerRow:
    methods = {one.last_four: _method_row(one) for one in customer.payment_methods}
    return CustomerRow(
        first_name=customer.first_name,
        last_name=customer.last_name,
        phone=customer.phone,
        account_number=customer.account_number,
        date_of_birth=customer.date_of_birth,
        zip=customer.zip,
        pin_hash=pin_hash,
        tier=customer.tier,
        language=customer.language,
        currency=customer.currency,
        payment_methods=list(methods.values()),
        invoices=[_invoice_row(one, methods) for one in customer.invoices],
        orders=[OrderRow(**msgspec.structs.asdict(one)) for one in customer.orders],
        tickets=[TicketRow(**msgspec.structs.asdict(one)) for one in customer.tickets],
    )


def _method_row(method: SeedPaymentMethod) -> PaymentMethodRow:
    return PaymentMethodRow(**msgspec.structs.asdict(method))


def _invoice_row(invoice: SeedInvoice, methods: dict[str, PaymentMethodRow]) -> InvoiceRow:
    return InvoiceRow(
        number=invoice.number,
        description=invoice.description,
        amount_cents=invoice.amount_cents,
        issued_on=invoice.issued_on,
        due_date=invoice.due_date,
        paid=invoice.paid,
        payments=[
            PaymentRow(
                payment_method=methods[one.method],
                amount_cents=invoice.amount_cents,
                paid_on=one.paid_on,
                failed=one.failed,
            )
            for one in invoice.payments
        ],
    )
