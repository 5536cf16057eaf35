"""A customer database in memory."""

from collections.abc import Sequence

from dialog.crm import activity
from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerDatabaseUnavailable, UnknownCustomer
from dialog.crm.seed import SeedCustomer
from dialog.crm.types import (
    AccountContext,
    Activity,
    Balance,
    Credentials,
    Customer,
    Order,
    Ticket,
)


class FakeCustomers:
    """`CustomerRepository` over a list of customers.

    Attributes:
        available: False makes every method fail as a database that is gone.
        asked: account numbers whose credentials were asked for, in order.
    """

    def __init__(self, customers: Sequence[SeedCustomer], pins: PinHasher) -> None:
        self._customers = dict(enumerate(customers, start=1))
        self._pin_hashes = {
            customer_id: pins.hash(one.pin) for customer_id, one in self._customers.items()
        }
        self.available = True
        self.asked: list[str] = []

    async def check(self) -> None:
        if not self.available:
            raise CustomerDatabaseUnavailable("the fake customer database is switched off")

    async def find_by_account(self, account_number: str) -> Customer | None:
        customer_id = await self._id_of(account_number)
        return await self.customer(customer_id) if customer_id is not None else None

    async def credentials(self, account_number: str) -> Credentials | None:
        self.asked.append(account_number)
        customer_id = await self._id_of(account_number)
        if customer_id is None:
            return None
        return Credentials(
            customer_id=customer_id,
            pin_hash=self._pin_hashes[customer_id],
            date_of_birth=self._customers[customer_id].date_of_birth,
        )

    async def customer(self, customer_id: int) -> Customer:
        one = await self._seed_of(customer_id)
        return Customer(
            id=customer_id,
            first_name=one.first_name,
            last_name=one.last_name,
            phone=one.phone,
            account_number=one.account_number,
            tier=one.tier,
            language=one.language,
        )

    async def balance(self, customer_id: int) -> Balance:
        one = await self._seed_of(customer_id)
        unpaid = [invoice for invoice in one.invoices if not invoice.paid]
        return Balance(
            balance_cents=sum(invoice.amount_cents for invoice in unpaid),
            currency=one.currency,
            due_date=min((invoice.due_date for invoice in unpaid), default=None),
        )

    async def context(self, customer_id: int) -> AccountContext:
        one = await self._seed_of(customer_id)
        return AccountContext(
            tier=one.tier,
            orders=tuple(
                Order(
                    number=order.number,
                    description=order.description,
                    status=order.status,
                    placed_on=order.placed_on,
                    expected_on=order.expected_on,
                )
                for order in sorted(one.orders, key=lambda order: order.placed_on, reverse=True)
                if order.status not in activity.CLOSED_ORDERS
            ),
            tickets=tuple(
                Ticket(
                    number=ticket.number,
                    subject=ticket.subject,
                    status=ticket.status,
                    opened_on=ticket.opened_on,
                )
                for ticket in sorted(one.tickets, key=lambda ticket: ticket.opened_on, reverse=True)
                if ticket.status not in activity.CLOSED_TICKETS
            ),
            recent_activity=_recent_activity(one),
            balance=await self.balance(customer_id),
        )

    async def _id_of(self, account_number: str) -> int | None:
        await self.check()
        for customer_id, one in self._customers.items():
            if one.account_number == account_number:
                return customer_id
        return None

    async def _seed_of(self, customer_id: int) -> SeedCustomer:
        await self.check()
        if customer_id not in self._customers:
            raise UnknownCustomer(f"no customer has the id {customer_id}")
        return self._customers[customer_id]


def _recent_activity(one: SeedCustomer) -> tuple[Activity, ...]:
    brands = {method.last_four: method.brand for method in one.payment_methods}
    return activity.newest(
        (
            activity.payment_made(
                payment.paid_on,
                invoice=invoice.number,
                method=f"{brands[payment.method]} ending {payment.method}",
                amount=activity.money(invoice.amount_cents, one.currency),
                failed=payment.failed,
            )
            for invoice in one.invoices
            for payment in invoice.payments
        ),
        (
            activity.invoice_issued(
                invoice.issued_on,
                number=invoice.number,
                description=invoice.description,
                amount=activity.money(invoice.amount_cents, one.currency),
            )
            for invoice in one.invoices
        ),
        (
            activity.order_placed(
                order.placed_on,
                number=order.number,
                description=order.description,
                status=order.status,
            )
            for order in one.orders
        ),
        (
            activity.ticket_opened(
                ticket.opened_on,
                number=ticket.number,
                subject=ticket.subject,
                status=ticket.status,
            )
            for ticket in one.tickets
        ),
    )
