"""The parts of the customer database that touch no database: addresses, seed, PINs, wording."""

from datetime import date
from pathlib import Path

import pytest

from dialog.crm import activity
from dialog.crm.database import database_url
from dialog.crm.pins import PinHasher
from dialog.crm.seed import load_seed, moving_date

# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("sqlite:///var/customers.db", "sqlite+aiosqlite:///var/customers.db"),
        ("sqlite+aiosqlite:////data/c.db", "sqlite+aiosqlite:////data/c.db"),
        ("sqlite+pysqlite:///c.db", "sqlite+aiosqlite:///c.db"),
        ("postgresql://ivr:pw@db/crm", "postgresql+asyncpg://ivr:pw@db/crm"),
        ("postgres://ivr:pw@db:5433/crm", "postgresql+asyncpg://ivr:pw@db:5433/crm"),
        ("postgresql+psycopg2://ivr:pw@db/crm", "postgresql+asyncpg://ivr:pw@db/crm"),
        (
            "postgresql://ivr:pw@db/crm?sslmode=require",
            "postgresql+asyncpg://ivr:pw@db/crm?ssl=require",
        ),
    ],
)
def test_an_address_gets_the_driver_of_the_project(written: str, understood: str):
    assert database_url(written).render_as_string(hide_password=False) == understood


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "cannot be read"),
        ("customers.db", "cannot be read"),
        ("postgresql://ivr:hunter2@db:port/crm", "cannot be read"),
        ("mysql://ivr:hunter2@db/crm", "another kind of database"),
        ("sqlite://", "names no database"),
        ("sqlite:///:memory:", "names no database"),
        ("postgresql://ivr:hunter2@db", "names no database"),
        ("postgresql://ivr:hunter2@db/crm?channel=x&nonsense=1", "options: channel, nonsense"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence_that_does_not_show_it(
    written: str, complaint: str
):
    with pytest.raises(ValueError, match=complaint) as caught:
        database_url(written)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


# ---------------------------------------------------------------- seed


@pytest.mark.parametrize(
    ("written", "today", "meant"),
    [
        (0, date(2026, 11, 20), date(2026, 11, 20)),
        (-3, date(2026, 3, 1), date(2026, 2, 26)),
        ("12-01", date(2026, 11, 20), date(2026, 12, 1)),
        ("12-01", date(2026, 12, 1), date(2026, 12, 1)),
        ("12-01", date(2026, 12, 2), date(2027, 12, 1)),
        ("02-29", date(2026, 1, 1), date(2028, 2, 29)),
        ("02-29", date(2028, 3, 1), date(2032, 2, 29)),
        (date(2020, 5, 5), date(2026, 1, 1), date(2020, 5, 5)),
        ("whenever", date(2026, 1, 1), "whenever"),
    ],
)
def test_dates_of_the_seed_move_with_the_day(written: object, today: date, meant: object):
    assert moving_date(written, today) == meant


def test_the_demo_customers_of_the_design_are_as_promised():
    dana, miguel, priya, *others = load_seed(date(2026, 12, 2))

    assert (dana.first_name, dana.last_name, dana.phone) == ("Dana", "Whitfield", "+15550100001")
    assert (dana.account_number, dana.zip, dana.pin, dana.tier) == (
        "427193",
        "60614",
        "4821",
        "gold",
    )
    assert dana.date_of_birth == date(1984, 3, 12)
    open_invoices = [one for one in dana.invoices if not one.paid]
    assert [(one.amount_cents, one.due_date) for one in open_invoices] == [
        (8420, date(2027, 12, 1))
    ]
    assert [one.number for one in dana.orders if one.status == "shipped"] == ["58213"]
    assert len([one for one in dana.tickets if one.status == "open"]) == 1

    assert (miguel.first_name, miguel.last_name, miguel.phone) == (
        "Miguel",
        "Santos",
        "+15550100002",
    )
    assert (miguel.account_number, miguel.zip, miguel.pin, miguel.tier) == (
        "318650",
        "73301",
        "9035",
        "standard",
    )
    assert miguel.date_of_birth == date(1990, 7, 4)
    last = max(miguel.invoices, key=lambda one: one.issued_on)
    assert len(last.payments) == 2

    assert (priya.first_name, priya.last_name, priya.phone) == ("Priya", "Raman", "+15550100003")
    assert (priya.account_number, priya.zip, priya.pin) == ("905512", "98109", "1177")
    assert priya.date_of_birth == date(1976, 9, 23)
    assert [(one.number, one.status) for one in priya.orders] == [("60977", "late")]

    assert len(others) >= 20


def test_the_demo_customers_are_told_apart_and_one_account_begins_with_a_zero():
    seed = load_seed(date(2026, 11, 20))

    for of in ("phone", "account_number", "pin", "date_of_birth"):
        values = [getattr(one, of) for one in seed]
        assert len(set(values)) == len(values), of
    names = {(one.first_name, one.last_name) for one in seed}
    assert len(names) == len(seed)
    assert any(one.account_number.startswith("0") for one in seed)
    assert all(len(one.account_number) == 6 for one in seed)


def test_every_payment_of_the_seed_names_a_method_of_its_customer():
    for one in load_seed(date(2026, 11, 20)):
        methods = {method.last_four for method in one.payment_methods}
        used = {payment.method for invoice in one.invoices for payment in invoice.payments}
        assert used <= methods


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("- {first_name: Dana}", "missing required field"),
        ("just words", "Expected `array`"),
        ("", "Expected `array`"),
    ],
)
def test_a_broken_seed_file_is_refused_with_its_name(tmp_path: Path, content: str, complaint: str):
    path = tmp_path / "mine.yaml"
    path.write_text(content)

    with pytest.raises(ValueError, match=rf"^mine\.yaml: .*{complaint}"):
        load_seed(date(2026, 11, 20), path)


# ---------------------------------------------------------------- PINs


def test_a_pin_matches_its_own_hash_only():
    pins = PinHasher()
    hashed = pins.hash("0613")

    assert "0613" not in hashed
    assert pins.matches(hashed, "0613")
    assert not pins.matches(hashed, "613")


def test_without_a_hash_or_with_a_broken_one_nothing_matches():
    pins = PinHasher()

    assert not pins.matches(None, "0613")
    assert not pins.matches("not a hash", "0613")


# ---------------------------------------------------------------- activity


def test_only_the_newest_activities_are_shown_and_those_of_a_day_stay_in_order():
    days = [date(2026, 11, day) for day in range(1, 21)]
    payments = [
        activity.payment_made(
            day, invoice="I-1", method="Visa ending 4242", amount="1.00 USD", failed=False
        )
        for day in days
    ]
    tickets = [
        activity.ticket_opened(day, number="T-1", subject="Noise", status="open") for day in days
    ]

    shown = activity.newest(payments, tickets)

    assert len(shown) == activity.RECENT
    assert shown[:3] == (payments[-1], tickets[-1], payments[-2])
