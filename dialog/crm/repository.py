"""The customer repository on SQLAlchemy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from dialog.crm import activity
from dialog.crm.failures import reported
from dialog.crm.models import (
    CustomerRow,
    InvoiceRow,
    OrderRow,
    PaymentMethodRow,
    PaymentRow,
    TicketRow,
)
from dialog.crm.ports import UnknownCustomer
from dialog.crm.types import (
    AccountContext,
    Activity,
    Balance,
    Credentials,
    Customer,
    Order,
    Ticket,
)


class SqlCustomers:
    """`CustomerRepository` on one SQLAlchemy engine; each method is one short session."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], *, limit_s: float) -> None:
        self._sessions = sessions
        self._limit_s = limit_s

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        with reported():
            async with asyncio.timeout(self._limit_s), self._sessions() as session:
                yield session

    async def check(self) -> None:
        """See `CustomerRepository`."""
        async with self._session() as session:
            await session.execute(select(CustomerRow.id).limit(1))

    async def find_by_account(self, account_number: str) -> Customer | None:
        """See `CustomerRepository`."""
        async with self._session() as session:
            row = await session.scalar(_account(account_number))
            return _customer(row) if row else None

    async def credentials(self, account_number: str) -> Credentials | None:
        """See `CustomerRepository`."""
        async with self._session() as session:
            row = await session.scalar(_account(account_number))
        if row is None:
            return None
        return Credentials(
            customer_id=row.id, pin_hash=row.pin_hash, date_of_birth=row.date_of_birth
        )

    async def customer(self, customer_id: int) -> Customer:
        """See `CustomerRepository`."""
        async with self._session() as session:
            return _customer(await _row(session, customer_id))

    async def balance(self, customer_id: int) -> Balance:
        """See `CustomerRepository`."""
        async with self._session() as session:
            return await _balance(session, await _row(session, customer_id))

    async def context(self, customer_id: int) -> AccountContext:
        """See `CustomerRepository`."""
        async with self._session() as session:
            row = await _row(session, customer_id)
            return AccountContext(
                tier=row.tier,
                orders=await _open_orders(session, row),
                tickets=await _open_tickets(session, row),
                recent_activity=activity.newest(
                    await _recent_payments(session, row),
                    await _recent_invoices(session, row),
                    await _recent_orders(session, row),
                    await _recent_tickets(session, row),
                ),
                balance=await _balance(session, row),
            )


def _account(account_number: str) -> Select[CustomerRow]:
    return select(CustomerRow).where(CustomerRow.account_number == account_number)


async def _row(session: AsyncSession, customer_id: int) -> CustomerRow:
    row = await session.get(CustomerRow, customer_id)
    if row is None:
        raise UnknownCustomer(f"no customer has the id {customer_id}")
    return row


def _customer(row: CustomerRow) -> Customer:
    return Customer(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        phone=row.phone,
        account_number=row.account_number,
        tier=row.tier,
        language=row.language,
    )


async def _balance(session: AsyncSession, customer: CustomerRow) -> Balance:
    unpaid = select(func.sum(InvoiceRow.amount_cents), func.min(InvoiceRow.due_date)).where(
        InvoiceRow.customer_id == customer.id, InvoiceRow.paid.is_(False)
    )
    cents, due_date = (await session.execute(unpaid)).one()
    return Balance(balance_cents=cents or 0, currency=customer.currency, due_date=due_date)


async def _open_orders(session: AsyncSession, customer: CustomerRow) -> tuple[Order, ...]:
    rows = await session.scalars(
        select(OrderRow)
        .where(OrderRow.customer_id == customer.id, OrderRow.status.not_in(activity.CLOSED_ORDERS))
        .order_by(OrderRow.placed_on.desc(), OrderRow.id)
    )
    return tuple(
        Order(
            number=row.number,
            description=row.description,
            status=row.status,
            placed_on=row.placed_on,
            expected_on=row.expected_on,
        )
        for row in rows
    )


async def _open_tickets(session: AsyncSession, customer: CustomerRow) -> tuple[Ticket, ...]:
    rows = await session.scalars(
        select(TicketRow)
        .where(
            TicketRow.customer_id == customer.id, TicketRow.status.not_in(activity.CLOSED_TICKETS)
        )
        .order_by(TicketRow.opened_on.desc(), TicketRow.id)
    )
    return tuple(
        Ticket(number=row.number, subject=row.subject, status=row.status, opened_on=row.opened_on)
        for row in rows
    )


async def _recent_payments(session: AsyncSession, customer: CustomerRow) -> list[Activity]:
    rows = await session.execute(
        select(PaymentRow, InvoiceRow.number, PaymentMethodRow)
        .join(PaymentRow.invoice)
        .join(PaymentRow.payment_method)
        .where(InvoiceRow.customer_id == customer.id)
        .order_by(PaymentRow.paid_on.desc(), PaymentRow.id)
        .limit(activity.RECENT)
    )
    return [
        activity.payment_made(
            row.paid_on,
            invoice=invoice,
            method=f"{method.brand} ending {method.last_four}",
            amount=activity.money(row.amount_cents, customer.currency),
            failed=row.failed,
        )
        for row, invoice, method in rows
    ]


async def _recent_invoices(session: AsyncSession, customer: CustomerRow) -> list[Activity]:
    rows = await session.scalars(
        select(InvoiceRow)
        .where(InvoiceRow.customer_id == customer.id)
        .order_by(InvoiceRow.issued_on.desc(), InvoiceRow.id)
        .limit(activity.RECENT)
    )
    return [
        activity.invoice_issued(
            row.issued_on,
            number=row.number,
            description=row.description,
            amount=activity.money(row.amount_cents, customer.currency),
        )
        for row in rows
    ]


async def _recent_orders(session: AsyncSession, customer: CustomerRow) -> list[Activity]:
    rows = await session.scalars(
        select(OrderRow)
        .where(OrderRow.customer_id == customer.id)
        .order_by(OrderRow.placed_on.desc(), OrderRow.id)
        .limit(activity.RECENT)
    )
    return [
        activity.order_placed(
            row.placed_on, number=row.number, description=row.description, status=row.status
        )
        for row in rows
    ]


async def _recent_tickets(session: AsyncSession, customer: CustomerRow) -> list[Activity]:
    rows = await session.scalars(
        select(TicketRow)
        .where(TicketRow.customer_id == customer.id)
        .order_by(TicketRow.opened_on.desc(), TicketRow.id)
        .limit(activity.RECENT)
    )
    return [
        activity.ticket_opened(
            row.opened_on, number=row.number, subject=row.subject, status=row.status
        )
        for row in rows
    ]
