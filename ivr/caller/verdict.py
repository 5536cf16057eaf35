"""Whether a call went as its scenario says, once it is over. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.caller.scenario import Scenario
from ivr.caller.web import ApiCall
from ivr.caller.words import Spoken, find


def judge_ending(scenario: Scenario, ended: str) -> list[str]:
    """What is wrong with the way the call ended."""
    if scenario.ends_with in {None, ended}:
        return []
    return [f"ends_with: the call ended as {ended!r}, not {scenario.ends_with!r}"]


def judge_record(scenario: Scenario, record: ApiCall, raw: Mapping[str, Any]) -> list[str]:
    """What is wrong with the line's record of the call."""
    failures = []
    if scenario.outcome not in {None, record.outcome}:
        failures.append(f"outcome: is {record.outcome!r}, not {scenario.outcome!r}")
    reason = record.escalation and record.escalation.reason
    if scenario.escalation not in {None, reason}:
        failures.append(f"escalation: the reason is {reason!r}, not {scenario.escalation!r}")
    if scenario.summary and not record.handoff_id:
        failures.append("summary: the record names no hand-off")
    return failures + differences(scenario.call, raw, "call")


def judge_words(scenario: Scenario, spoken: Sequence[Spoken], disclosed: set[str]) -> list[str]:
    """What the line said and should not have."""
    said = [
        f"never_said: the line said what matches {pattern.pattern!r}"
        for pattern in scenario.never_said
        if find(pattern, spoken)
    ]
    return said + [
        f"never_said_unverified: {pattern!r} was said before the caller was verified"
        for pattern in sorted(disclosed)
    ]


def differences(expected: object, actual: object, where: str) -> list[str]:
    """Where `actual` does not contain `expected`.

    Objects may have more keys than expected; every expected element of a list must be contained in
    some element of the actual one; everything else must be equal.
    """
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return [f"{where}: is {actual!r}, not an object"]
        return [
            sentence
            for key, value in expected.items()
            for sentence in differences(value, actual.get(key), f"{where}.{key}")
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [f"{where}: is {actual!r}, not a list"]
        return [
            f"{where}: has nothing like {value!r}"
            for value in expected
            if all(differences(value, one, where) for one in actual)
        ]
    return [] if expected == actual else [f"{where}: is {actual!r}, not {expected!r}"]
