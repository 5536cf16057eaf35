"""Whether a call went as its scenario says, and how that is shown."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from ivr.caller.report import CallResult, StepResult, as_json, percentile, print_call, print_summary
from ivr.caller.scenario import Say, Scenario
from ivr.caller.tape import Tape
from ivr.caller.verdict import differences, judge_ending, judge_record, judge_words
from ivr.caller.web import ApiCall
from ivr.caller.words import Spoken


def scenario(**wishes: object) -> Scenario:
    return msgspec.structs.replace(
        Scenario(
            name="x",
            caller="+15550100001",
            steps=(Say(text="hello"),),
            path=Path("x.yaml"),
        ),
        **wishes,
    )


def test_a_call_without_wishes_is_always_right():
    assert judge_ending(scenario(), "failed") == []
    assert judge_record(scenario(), ApiCall(), {}) == []
    assert judge_words(scenario(), [Spoken(who="assistant", text="hi")], set()) == []


def test_the_right_ending_is_right_and_another_is_named():
    assert judge_ending(scenario(ends_with="queued"), "queued") == []
    assert judge_ending(scenario(ends_with="queued"), "hangup") == [
        "ends_with: the call ended as 'hangup', not 'queued'"
    ]


def test_what_the_record_should_have_and_has_not_is_named():
    wished = scenario(
        outcome="transferred",
        escalation="key_zero",
        call={"customer": {"verified": True}},
        summary={"schema_version": 1},
    )
    assert judge_record(wished, ApiCall(), {"customer": {"verified": False}}) == [
        "outcome: is None, not 'transferred'",
        "escalation: the reason is None, not 'key_zero'",
        "summary: the record names no hand-off",
        "call.customer.verified: is False, not True",
    ]
    raw = {
        "outcome": "transferred",
        "escalation": {"reason": "key_zero", "at_turn": 3},
        "handoff_id": "h1",
        "customer": {"verified": True},
    }
    assert judge_record(wished, msgspec.convert(raw, ApiCall), raw) == []


def test_forbidden_words_are_found():
    wished = scenario(never_said=(re.compile("dollars"), re.compile("euro")))
    spoken = [Spoken(who="assistant", text="84 dollars")]
    assert judge_words(wished, spoken, {"Dana"}) == [
        "never_said: the line said what matches 'dollars'",
        "never_said_unverified: 'Dana' was said before the caller was verified",
    ]


@pytest.mark.parametrize(
    ("expected", "actual", "wrong"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": None}}, {"a": {}}, []),
        ({"a": 1}, None, ["s: is None, not an object"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": 1, "c": 3}]}, []),
        ([3], [1, 2], ["s: has nothing like 3"]),
        ([3], 3, ["s: is 3, not a list"]),
        ("a", "b", ["s: is 'b', not 'a'"]),
    ],
)
def test_a_summary_is_compared_with_what_it_must_contain(
    expected: object, actual: object, wrong: list[str]
):
    assert differences(expected, actual, "s") == wrong


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [
        ([], 0.5, None),
        ([7], 0.95, 7),
        ([30, 10, 20, 40], 0.5, 20),
        ([30, 10, 20, 40], 0.95, 40),
        ([1, 2], 0, 1),
    ],
)
def test_percentiles_are_values_that_occurred(values: list[int], share: float, value: int | None):
    assert percentile(values, share) == value


def result(*, passed: bool) -> CallResult:
    return CallResult(
        scenario="A [call]",
        call_sid="CA1",
        passed=passed,
        failures=[] if passed else ["it went [wrong]"],
        ended="queued",
        queue="support" if passed else None,
        steps=[
            StepResult(step=1, kind="say", what="hello", at_ms=0, ok=True, latency_ms=640),
            StepResult(step=2, kind="expect", what="[a-z]", at_ms=9, ok=passed, detail="it [was]"),
        ],
        turns=[],
        says=[],
        latency_ms=[640] if passed else [],
        audio=Tape().report([]),
        frames_sent=1,
        frames_received=2,
        late_ms=3,
    )


def test_a_call_is_shown_with_its_steps_latencies_and_failures():
    console = Console(record=True, width=200)
    print_call(console, result(passed=True))
    print_call(console, result(passed=False))
    print_summary(console, [result(passed=True), result(passed=False)])
    text = console.export_text()
    assert "✓  1 say      hello  answered after 640 ms" in text
    assert "✗  2 expect   [a-z]" in text
    assert "it [was]" in text
    assert "✗ it went [wrong]" in text
    assert "passed, ended: queued in support" in text
    assert "failed, ended: queued;" in text
    row = next(line for line in text.splitlines() if "A [call]" in line and "1/2" in line)
    assert row.count("640") == 3


def test_one_call_is_a_json_object_and_several_are_a_list():
    one = json.loads(as_json([result(passed=True)]))
    assert one["latency_ms"] == [640]
    assert one["audio"]["line_rms_dbfs"] is None
    assert [
        call["passed"] for call in json.loads(as_json([result(passed=True), result(passed=False)]))
    ] == [True, False]
