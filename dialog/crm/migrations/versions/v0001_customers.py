"""Customers with their payment methods, invoices, payments, orders and tickets."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0001"
down_revision = None


def upgrade(op: Operations) -> None:
    """Make the tables."""
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("phone", sa.String(16), nullable=False),
        sa.Column("account_number", sa.String(20), nullable=False),
        sa.Column("date_of_birth", sa.Date, nullable=False),
        sa.Column("zip", sa.String(10), nullable=False),
        sa.Column("pin_hash", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(20), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("phone", name="uq_customers_phone"),
        sa.UniqueConstraint("account_number", name="uq_customers_account_number"),
    )
    op.create_table(
        "payment_methods",
        *_owned_by_customer("payment_methods"),
        sa.Column("brand", sa.String(30), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("expires_on", sa.Date, nullable=True),
    )
    op.create_table(
        "invoices",
        *_owned_by_customer("invoices"),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("amount_cents", sa.Integer, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("invoice_id", sa.Integer, nullable=False),
        sa.Column("payment_method_id", sa.Integer, nullable=False),
        sa.Column("amount_cents", sa.Integer, nullable=False),
        sa.Column("paid_on", sa.Date, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoices.id"],
            name="fk_payments_invoice_id_invoices",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name="fk_payments_payment_method_id_payment_methods",
            ondelete="RESTRICT",
        ),
    )
    op.create_table(
        "orders",
        *_owned_by_customer("orders"),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("placed_on", sa.Date, nullable=False),
        sa.Column("expected_on", sa.Date, nullable=True),
        sa.UniqueConstraint("number", name="uq_orders_number"),
    )
    op.create_table(
        "tickets",
        *_owned_by_customer("tickets"),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
    )
    for table in ("payment_methods", "invoices", "orders", "tickets"):
        op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])
    for column in ("invoice_id", "payment_method_id"):
        op.create_index(f"ix_payments_{column}", "payments", [column])


def _owned_by_customer(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=f"fk_{table}_customer_id_customers",
            ondelete="CASCADE",
        ),
    )
