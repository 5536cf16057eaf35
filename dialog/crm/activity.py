"""What happened on an account, in words, and what counts as still open. Pure."""

from collections.abc import Iterable
from datetime import date
from itertools import chain

from dialog.crm.types import Activity

RECENT = 8
"""How many activities an agent is shown."""

CLOSED_ORDERS = frozenset({"delivered", "cancelled"})
CLOSED_TICKETS = frozenset({"closed"})


def invoice_issued(on: date, *, number: str, description: str, amount: str) -> Activity:
    """A bill was sent; `amount` as `money` writes it."""
    return Activity(on=on, text=f"Invoice {number} over {amount} issued: {description}")


def payment_made(on: date, *, invoice: str, method: str, amount: str, failed: bool) -> Activity:
    """A charge went through or failed; `method` as in `Visa ending 4242`."""
    what = "Payment failed" if failed else "Paid"
    return Activity(on=on, text=f"{what}: {amount} for invoice {invoice} by {method}")


def order_placed(on: date, *, number: str, description: str, status: str) -> Activity:
    """An order was placed; `status` is today's."""
    return Activity(on=on, text=f"Order {number} placed: {description} (now {status})")


def ticket_opened(on: date, *, number: str, subject: str, status: str) -> Activity:
    """A ticket was opened; `status` is today's."""
    return Activity(on=on, text=f"Ticket {number} opened: {subject} (now {status})")


def money(cents: int, currency: str) -> str:
    """An amount for the eye, for example `84.20 USD`."""
    return f"{cents / 100:.2f} {currency}"


def newest(*kinds: Iterable[Activity]) -> tuple[Activity, ...]:
    """The latest `RECENT` of all kinds, newest first; those of one day in the order given."""
    return tuple(sorted(chain(*kinds), key=lambda one: one.on, reverse=True)[:RECENT])
