"""`ivr demo`: one complete call on real parts, shown and checked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import redis.asyncio as redis
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from handoff.store import queue_key, summary_key
from handoff.summary import HandoffSummary, SummaryUnreadable, decode
from ivr.call.record import CallRecord, TurnLatency
from ivr.call.store import session_key
from ivr.caller.cli import place_calls, prepare
from ivr.caller.connection import Connection
from ivr.caller.report import print_call
from ivr.caller.scenario import load_scenario
from ivr.run.child import free_port, port_is_free
from ivr.run.stack import Addresses, Stack
from ivr.settings import Settings

FOLDER = "demo"


async def demo(settings: Settings, scenario: Path) -> int:
    """Run the demo; the exit code: 0 only if the hand-off summary in the store is right.

    Raises:
        ChildFailed: a part did not come up.
    """
    console = Console()
    folder = settings.ivr_var_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    stack = Stack(_own_settings(settings, folder), say)
    console.print("Starting the line:")
    try:
        addresses = await stack.start()
        return await _call_and_check(console, settings, addresses, scenario, folder)
    finally:
        await stack.stop()


def _own_settings(settings: Settings, folder: Path) -> Settings:
    """The demo keeps its data to itself, has its customers, and gives way on the port."""
    changes: dict[str, object] = {"ivr_var_dir": folder, "ivr_demo_customers": True}
    if "ivr_port" not in settings.model_fields_set and not port_is_free(settings.ivr_port):
        changes["ivr_port"] = free_port()
    return settings.model_copy(update=changes)


async def _call_and_check(
    console: Console, settings: Settings, addresses: Addresses, scenario: Path, folder: Path
) -> int:
    connection = Connection(
        url=addresses.url,
        public_url=addresses.public_url,
        auth_token=addresses.twilio_auth_token,
        api_token=addresses.api_token,
        account_sid=addresses.account_sid,
    )
    console.print(f"\nCalling, as Twilio does: {scenario}")
    [(phone, result)] = await place_calls(
        connection, prepare(load_scenario(scenario)), stay_in_queue=True
    )
    phone.handset.tape.write(folder / "call.wav")
    print_call(console, result)

    client = redis.from_url(addresses.redis_url, socket_timeout=5)
    try:
        record_json = await client.get(session_key(result.call_sid))
        if record_json is None:
            console.print("[red]✗ the store has no record of the call[/]")
            return 1
        record = msgspec.json.decode(record_json, type=CallRecord)
        (folder / "call.json").write_bytes(_pretty(record_json))
        _print_transcript(console, record)
        summary_json = await client.get(summary_key(record.handoff_id or ""))
        # Nobody is going to take this call, so its place must not stay taken.
        waits = await client.zrem(queue_key(settings.ivr_queue), record.handoff_id or "")
    finally:
        await client.aclose()
    if summary_json is None:
        console.print("[red]✗ the store has no hand-off summary[/]")
        return 1
    (folder / "summary.json").write_bytes(_pretty(summary_json))
    console.print("\n[bold]The hand-off summary in the store[/]")
    console.print_json(data=msgspec.json.decode(summary_json))
    wrong = [*result.failures, *wrong_with(summary_json, result.call_sid)]
    if not waits:
        wrong.append("the hand-off is not in the queue")
    for sentence in wrong:
        console.print(f"[red]✗ {escape(sentence)}[/]")
    if not wrong:
        console.print(f"[green]✓ The call went through and its summary is right.[/] See {folder}/")
    return 1 if wrong else 0


def _pretty(stored: bytes | str) -> bytes:
    return msgspec.json.format(msgspec.Raw(stored), indent=1)


def wrong_with(summary_json: bytes | str, call_sid: str) -> list[str]:
    """What is wrong with the summary of the demo's call, as sentences."""
    try:
        summary = decode(summary_json)
    except SummaryUnreadable as error:
        return [str(error)]
    facts = {
        "it is of another call": summary.call_sid == call_sid,
        "the caller is not verified in it": summary.verification.verified,
        "it does not name the customer": bool(summary.caller.name),
        "it does not say why the caller rang": "balance" in summary.reason_for_call,
        "it does not say why a person is needed": summary.escalation.reason == "asked_for_person",
        "it lacks the account's context": summary.account_context is not None,
        "its transcript is short": len(summary.transcript) >= len(_spoken(summary)) >= 4,
    }
    return [f"summary: {sentence}" for sentence, right in facts.items() if not right]


def _spoken(summary: HandoffSummary) -> list[str]:
    return [turn.text for turn in summary.transcript if turn.who == "caller"]


def _print_transcript(console: Console, record: CallRecord) -> None:
    console.print("\n[bold]Transcript[/]")
    latencies: Sequence[TurnLatency] = record.latency_ms
    for index, turn in enumerate(record.turns):
        heard = f" [dim](heard {turn.heard_ms} ms)[/]" if turn.heard_ms is not None else ""
        console.print(
            f"  {turn.at_ms / 1000:6.1f} s  [cyan]{turn.who:<9}[/] {escape(turn.text)}{heard}",
            soft_wrap=True,
        )
        for latency in latencies:
            if latency.turn == index:
                console.print(
                    f"            [yellow]answered after {latency.total} ms: silence "
                    f"{latency.end_of_turn}, words {latency.recognise}, dialogue "
                    f"{latency.dialogue}, voice {latency.synthesise}[/]"
                )
    table = Table(title="Latency of the answers, ms")
    for heading in ("silence waited", "recognise", "dialogue", "synthesise", "total"):
        table.add_column(heading, justify="right")
    for latency in latencies:
        table.add_row(
            str(latency.end_of_turn),
            str(latency.recognise),
            str(latency.dialogue),
            str(latency.synthesise),
            str(latency.total),
        )
    console.print(table)
