"""What the customer database says about a customer. Values only, no I/O."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer, without anything that proves who is calling.

    Attributes:
        phone: E.164, for example `+15550100001`.
        account_number: digits, leading zeros included.
        tier: `standard`, `silver` or `gold`; a company may add its own.
        language: as in BCP 47, for example `en-US`.
    """

    id: int
    first_name: str
    last_name: str
    phone: str
    account_number: str
    tier: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a caller's answers are compared with; its `repr` shows none of it."""

    customer_id: int
    pin_hash: str = field(repr=False)
    date_of_birth: date = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is still to be paid.

    Attributes:
        balance_cents: the sum of the unpaid invoices. What was paid too much is not set against
            it: whether that is refunded or credited is for a person to decide.
        currency: ISO 4217.
        due_date: the earliest date on which something of it is due; None when nothing is open.
    """

    balance_cents: int
    currency: str
    due_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order.

    Attributes:
        status: `processing`, `shipped`, `late`, `delivered` or `cancelled`.
    """

    number: str
    description: str
    status: str
    placed_on: date
    expected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A support ticket.

    Attributes:
        status: `open`, `waiting` (for the customer) or `closed`.
    """

    number: str
    subject: str
    status: str
    opened_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened on the account, in words an agent can read at a glance."""

    on: date
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContext:
    """What an agent should know of the account before saying hello.

    Attributes:
        orders: those neither delivered nor cancelled, newest first.
        tickets: those not closed, newest first.
        recent_activity: the latest few things that happened, newest first.
    """

    tier: str
    orders: tuple[Order, ...]
    tickets: tuple[Ticket, ...]
    recent_activity: tuple[Activity, ...]
    balance: Balance
