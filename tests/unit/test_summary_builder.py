"""C1: the summary holds what the call knows, and of the account only what may be told."""

from datetime import UTC, datetime

import pytest

from dialog.types import Turn, Who
from dialog.verification import VerificationState, VerificationStatus
from handoff.sentiment import SentimentMeter
from handoff.summary import Attempt, EscalationNote
from ivr.call import live
from ivr.call.backlog import Backlog
from ivr.call.live import LiveCalls
from ivr.call.logbook import Logbook
from ivr.call.memory import CallMemory
from ivr.call.record import CallRecord, CustomerNote
from ivr.call.store import RecordKeeper
from ivr.call.summary_builder import SummaryBuilder, handoff_id_of
from tests.fakes.customers import FakeCustomers
from tests.fakes.office import shared_pins, some_customers
from tests.fakes.stores import FakeCallStore

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ASKED = EscalationNote(reason="asked_for_person", evidence="asked for a person", at_turn=1)
VERIFIED = CustomerNote(id=1, verified=True, method="account_number+pin")


@pytest.fixture
def customers() -> FakeCustomers:
    return FakeCustomers(some_customers(), shared_pins())


@pytest.fixture
def builder(customers: FakeCustomers) -> SummaryBuilder:
    return SummaryBuilder(customers, SentimentMeter(), lambda: NOON)


def record(**facts: object) -> CallRecord:
    usual = {"call_sid": "CA1", "caller_phone": "+15550100001", "started_at": NOON.isoformat()}
    return CallRecord(**{**usual, **facts})


def said(text: str, intent: str | None = None) -> Turn:
    return Turn(who=Who.CALLER, text=text, at_ms=0, intent=intent)


# ---------------------------------------------------------------- the summary


async def test_of_a_verified_caller_the_agent_sees_the_account(builder: SummaryBuilder):
    call = record(
        customer=VERIFIED,
        turns=[said("what do i owe", "check_balance"), said("i want a person")],
        tried=[Attempt(what="balance", outcome="told")],
        values={"account_number": "427193"},
    )
    summary = await builder.build(call, ASKED, "h1")
    assert summary.id == "h1"
    assert summary.caller.name == "Dana Whitfield"
    assert summary.caller.customer_id == 1
    assert summary.caller.account_number_given == "427193"
    assert summary.account_context.tier == "gold"
    assert summary.account_context.balance.balance_cents == 8420
    assert summary.reason_for_call == "balance and due date"
    assert summary.tried == call.tried
    assert summary.transcript == call.turns
    assert summary.created_at == NOON.isoformat()
    assert summary.risk_flags == []


async def test_of_a_caller_who_is_not_verified_the_account_stays_closed(builder: SummaryBuilder):
    call = record(
        customer=CustomerNote(id=1),
        values={"account_number": "427193"},
        failed_tries=2,
        turns=[said("this is terrible i hate it")],
    )
    summary = await builder.build(call, ASKED, "h1")
    assert summary.account_context is None
    assert summary.caller.name is None
    assert summary.caller.customer_id is None
    assert summary.verification.failed_tries == 2
    assert summary.risk_flags == ["failed_verification", "not_verified", "negative_sentiment"]
    assert "not verified" in summary.suggested_resolution


async def test_without_the_database_there_is_a_summary_all_the_same(
    builder: SummaryBuilder, customers: FakeCustomers
):
    customers.available = False
    summary = await builder.build(record(customer=VERIFIED), ASKED, "h1")
    assert summary.account_context is None
    assert summary.caller.customer_id == 1
    assert summary.verification.verified


async def test_a_customer_who_is_no_more_does_not_break_it(builder: SummaryBuilder):
    gone = CustomerNote(id=999, verified=True)
    assert (await builder.build(record(customer=gone), ASKED, "h1")).account_context is None


def test_a_call_has_one_hand_off_id_on_whatever_node_it_is_asked_for():
    assert handoff_id_of("CA1") == handoff_id_of("CA1")
    assert handoff_id_of("CA1") != handoff_id_of("CA2")
    assert len(handoff_id_of("CA1")) == 32


# ---------------------------------------------------------------- what it is made of


def test_verification_is_written_down_without_a_secret():
    call = record()
    book = Logbook(call, RecordKeeper(FakeCallStore(), call), lambda: 0.0, 0.0)
    book.verification(VerificationState(tries=1, account_number="427193"))
    assert (call.failed_tries, call.values) == (1, {"account_number": "427193"})
    assert not call.customer.verified
    book.verification(
        VerificationState(
            status=VerificationStatus.VERIFIED,
            account_number="427193",
            customer_id=1,
            tries=1,
            method="account_number+pin",
        )
    )
    assert call.customer == VERIFIED


class Session:
    """As much of a session as the register of calls needs."""

    def __init__(self, call_sid: str) -> None:
        self.call_sid = call_sid
        self.memory = CallMemory(
            record=record(call_sid=call_sid), verification=None, vault=None, began_s=0.0
        )


def test_calls_are_found_while_they_run_and_the_last_ones_for_a_while_after(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(live, "ENDED_KEPT", 2)
    calls = LiveCalls()
    sessions = [Session(f"CA{number}") for number in range(3)]
    for session in sessions:
        calls.add(session)
    assert len(calls) == 3
    for session in sessions:
        calls.remove(session)
    assert len(calls) == 0
    assert calls.session("CA2") is None
    assert calls.memory("CA2") is sessions[2].memory
    assert calls.memory("CA0") is None


def test_a_stream_that_was_replaced_does_not_end_the_call_of_the_one_that_came_after():
    calls = LiveCalls()
    first, second = Session("CA1"), Session("CA1")
    calls.add(first)
    calls.add(second)
    calls.remove(first)
    assert calls.session("CA1") is second


async def test_records_wait_for_a_store_that_is_away():
    store, waiting = FakeCallStore(), Backlog()
    store.available = False
    for number in range(2):
        waiting.add(RecordKeeper(store, record(call_sid=f"CA{number}", state="ended")))
    await waiting.flush()
    assert len(waiting) == 2
    store.available = True
    await waiting.flush()
    assert len(waiting) == 0
    assert set(store.saved) == {"CA0", "CA1"}
