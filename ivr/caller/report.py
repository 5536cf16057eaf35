"""What came of a call: for programs as JSON, for people in colour."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.caller.tape import AudioReport


class StepResult(msgspec.Struct, kw_only=True):
    """One step that was begun.

    Attributes:
        step: its number, from 1.
        kind: its key in the scenario.
        what: the words, keys or pattern.
        at_ms: when it was begun, on the call's clock.
        ok: whether it was done.
        detail: what the line said or did; for a failed step, what was wrong.
        latency_ms: from the end of the caller's sound, or last key, to the line's first sound.
    """

    step: int
    kind: str
    what: str
    at_ms: int
    ok: bool
    detail: str = ""
    latency_ms: int | None = None


class CallResult(msgspec.Struct, frozen=True, kw_only=True):
    """One call.

    Attributes:
        scenario: its name.
        call_sid: of the call.
        passed: whether nothing failed.
        failures: what failed, as sentences.
        ended: `hangup` (by the line), `queued`, `caller_hung_up`, `dialled`, `rejected`, `failed`.
        queue: the queue it ended in.
        steps: those that were begun.
        turns: the conversation, as the line's API tells it.
        says: what Twilio's own voice said for the line.
        latency_ms: of the caller's spoken turns, measured at the caller.
        audio: the sound of both sides.
        frames_sent: 20 ms frames of the caller's sound.
        frames_received: media messages of the line.
        late_ms: how far the caller fell behind real time at worst; beyond some 20 ms the machine
            was too busy for the latencies to be trusted.
    """

    scenario: str
    call_sid: str
    passed: bool
    failures: list[str]
    ended: str
    queue: str | None
    steps: list[StepResult]
    turns: list[dict[str, Any]]
    says: list[str]
    latency_ms: list[int]
    audio: AudioReport
    frames_sent: int
    frames_received: int
    late_ms: int


def as_json(results: Sequence[CallResult]) -> bytes:
    """One call as an object, several as a list."""
    data = results[0] if len(results) == 1 else list(results)
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def percentile(values: Sequence[int], share: float) -> int | None:
    """The smallest value that at least this share of the values does not exceed; None for none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def print_call(console: Console, result: CallResult) -> None:
    """The conversation step by step, what failed, and the sound."""
    console.print(f"\n[bold]{escape(result.scenario)}[/]  {result.call_sid}")
    for step in result.steps:
        sign = "[green]✓[/]" if step.ok else "[red]✗[/]"
        line = f" {sign} {step.step:>2} [cyan]{step.kind:<8}[/] {escape(step.what)}"
        if step.latency_ms is not None:
            line += f"  [yellow]answered after {step.latency_ms} ms[/]"
        console.print(line)
        if step.detail:
            console.print(f"             [dim]{escape(step.detail)}[/]")
    for failure in result.failures:
        console.print(f" [red]✗ {escape(failure)}[/]")
    queue = f" in {result.queue}" if result.queue else ""
    audio = result.audio
    console.print(
        f" {'[green]passed[/]' if result.passed else '[red]failed[/]'}, ended: {result.ended}"
        f"{escape(queue)}; line audible {audio.line_s:.1f} s at {audio.line_rms_dbfs} dBFS, peak "
        f"{audio.line_peak_dbfs} dBFS, {audio.clipped_samples} clipped, longest gap "
        f"{audio.longest_gap_ms} ms; caller late by up to {result.late_ms} ms"
    )


def print_summary(console: Console, results: Sequence[CallResult]) -> None:
    """A row for each scenario: how many calls passed, and how fast the line answered."""
    table = Table(title="Calls")
    for heading in ("scenario", "passed", "answers", "p50 ms", "p95 ms", "worst ms"):
        table.add_column(heading, justify="left" if heading == "scenario" else "right")
    by_name: dict[str, list[CallResult]] = {}
    for result in results:
        by_name.setdefault(result.scenario, []).append(result)
    for name, calls in by_name.items():
        latencies = [latency for call in calls for latency in call.latency_ms]
        table.add_row(
            escape(name),
            f"{sum(call.passed for call in calls)}/{len(calls)}",
            str(len(latencies)),
            *(str(percentile(latencies, share) or "-") for share in (0.5, 0.95, 1.0)),
        )
    console.print(table)
