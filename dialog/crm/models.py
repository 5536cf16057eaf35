"""The tables. Rows stay inside `dialog.crm`; a change here needs a revision in `migrations`."""

from datetime import date
from typing import Annotated

from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

CustomerId = Annotated[
    int, mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
]


class Base(DeclarativeBase):
    """The base of all tables; constraints get predictable names so that revisions can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CustomerRow(Base):
    """A customer; see `dialog.crm.types.Customer`."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(16), unique=True)
    account_number: Mapped[str] = mapped_column(String(20), unique=True)
    date_of_birth: Mapped[date]
    zip: Mapped[str] = mapped_column(String(10))
    pin_hash: Mapped[str] = mapped_column(String(200))
    tier: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(35))
    currency: Mapped[str] = mapped_column(String(3))

    payment_methods: Mapped[list["PaymentMethodRow"]] = relationship()
    invoices: Mapped[list["InvoiceRow"]] = relationship()
    orders: Mapped[list["OrderRow"]] = relationship()
    tickets: Mapped[list["TicketRow"]] = relationship()


class PaymentMethodRow(Base):
    """A card or a bank account. Of its number only the last four digits are kept."""

    __tablename__ = "payment_methods"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]
    brand: Mapped[str] = mapped_column(String(30))
    last_four: Mapped[str] = mapped_column(String(4))
    expires_on: Mapped[date | None]


class InvoiceRow(Base):
    """A bill. `paid` says that nothing of it is open any more."""

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    description: Mapped[str] = mapped_column(String(200))
    amount_cents: Mapped[int]
    issued_on: Mapped[date]
    due_date: Mapped[date]
    paid: Mapped[bool]

    payments: Mapped[list["PaymentRow"]] = relationship(back_populates="invoice")


class PaymentRow(Base):
    """One charge for an invoice. An invoice with two of them was charged twice."""

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(
        ForeignKey("invoices.id", ondelete="CASCADE"), index=True
    )
    payment_method_id: Mapped[int] = mapped_column(
        ForeignKey("payment_methods.id", ondelete="RESTRICT"), index=True
    )
    amount_cents: Mapped[int]
    paid_on: Mapped[date]
    failed: Mapped[bool]

    invoice: Mapped[InvoiceRow] = relationship(back_populates="payments")
    payment_method: Mapped[PaymentMethodRow] = relationship()


class OrderRow(Base):
    """An order; see `dialog.crm.types.Order`."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    description: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))
    placed_on: Mapped[date]
    expected_on: Mapped[date | None]


class TicketRow(Base):
    """A support ticket; see `dialog.crm.types.Ticket`."""

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))
    opened_on: Mapped[date]
