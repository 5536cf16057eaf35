"""What a test caller does and what the line is expected to do: the scenario files.

A scenario is a YAML file; `tests/calls/` holds examples. Every mistake in one is reported with the
file, the number of the step (from 1) and the key.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivr.caller.voices import VOICES

PhoneNumber = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$")]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=600)]
Milliseconds = Annotated[int, msgspec.Meta(gt=0, le=60_000)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Regex = re.Pattern[str]

_T = TypeVar("_T")


class ScenarioError(ValueError):
    """The scenario cannot be used; the sentence names the file, the step and the key."""


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Say(_Step, frozen=True):
    """Speak, once the line has finished talking (at once with `wait: false`).

    The recording of `text` in `voice` is used (None: the scenario's voice).
    """

    text: Text
    voice: str | None = None
    wait: bool = True


class Play(_Step, frozen=True):
    """Speak a recording: an 8 kHz 16-bit mono WAV file beside the scenario."""

    file: Text
    wait: bool = True


class Press(_Step, frozen=True):
    """Press keys, one every 200 ms, once the line has finished talking."""

    keys: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#A-D]+$")]
    wait: bool = True


class Expect(_Step, frozen=True):
    """Wait for the line to say words that match, in sound, since the caller's last doing.

    Attributes:
        words: found anywhere in what `who` said in one turn; upper and lower case are the same.
        within_s: how long to wait.
        who: whose words.
        new: the turn that matches must differ from all that were said before.
    """

    words: Regex
    within_s: Seconds = 15
    who: Literal["assistant", "agent"] = "assistant"
    new: bool = False


class BargeIn(_Step, frozen=True):
    """Start speaking while the line talks.

    Attributes:
        say: the words.
        voice: as for `say`.
        after_s: how long the line has been audible when the caller starts.
        within_ms: the line must fall silent this long after the caller's first sound.
    """

    say: Text
    voice: str | None = None
    after_s: Seconds = 1.0
    within_ms: Milliseconds = 1500


class Silence(_Step, frozen=True):
    """Say nothing for this long."""

    seconds: Seconds


class HangUp(_Step, frozen=True):
    """End the call from the caller's side."""

    now: Literal[True]


Step = Say | Play | Press | Expect | BargeIn | Silence | HangUp

# The key of a step, its type, and the field that the short form (`say: "hello"`) fills.
_STEPS: Final[Mapping[str, tuple[type[Step], str]]] = {
    "say": (Say, "text"),
    "play": (Play, "file"),
    "press": (Press, "keys"),
    "expect": (Expect, "words"),
    "barge_in": (BargeIn, "say"),
    "silence": (Silence, "seconds"),
    "hang_up": (HangUp, "now"),
}

Ending = Literal["hangup", "queued", "caller_hung_up", "dialled", "rejected"]


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text
    caller: PhoneNumber = msgspec.field(name="from")
    voice: str = "dana"
    to: PhoneNumber = "+15550199000"
    description: str = ""
    timeout_s: Seconds = 120
    ends_with: Ending | None = None
    outcome: str | None = None
    escalation: str | None = None
    call: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    never_said: tuple[Regex, ...] = ()
    never_said_unverified: tuple[Regex, ...] = ()


class _File(_Head, frozen=True, kw_only=True):
    # The steps are read one by one, so that an error can name its step.
    steps: Annotated[list[Any], msgspec.Meta(min_length=1)]


class Scenario(_Head, frozen=True, kw_only=True):
    """One call.

    Attributes:
        name: shown in reports.
        caller: the number the call comes from (`from` in the file).
        voice: who speaks, unless a step says otherwise.
        to: the number that was dialled.
        timeout_s: the whole call is over by then, or has failed.
        ends_with: how the call must end; None takes any end, the caller hanging up after the steps.
        outcome: the `outcome` that the line's API must report.
        escalation: the reason it must report for a hand-off.
        call: must be contained in the API's record of the call.
        summary: must be contained in the API's hand-off summary.
        never_said: what the line must not say in this call.
        never_said_unverified: what it must not say before the API reports the caller as verified.
        steps: what happens, in order.
        path: the file; recordings lie beside it.
    """

    steps: tuple[Step, ...]
    path: Path


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: it cannot be read, or something in it is wrong.
    """
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 text") from error
    except YAMLError as error:
        raise ScenarioError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    file = _convert(data, _File, str(path))
    _check_voice(file.voice, f"{path}, voice")
    steps = tuple(
        _step(step, f"{path}, step {number}") for number, step in enumerate(file.steps, start=1)
    )
    rest = {name: getattr(file, name) for name in file.__struct_fields__ if name != "steps"}
    return Scenario(**rest, steps=steps, path=path)


def _step(data: object, where: str) -> Step:
    known = ", ".join(_STEPS)
    if not isinstance(data, dict) or len(data) != 1:
        raise ScenarioError(f"{where}: must be one of {known}, with its value")
    ((key, value),) = data.items()
    if key not in _STEPS:
        raise ScenarioError(f"{where}, {key}: is unknown; the steps are {known}")
    kind, short = _STEPS[key]
    step = _convert(value if isinstance(value, dict) else {short: value}, kind, f"{where}, {key}")
    if isinstance(step, Say | BargeIn) and step.voice is not None:
        _check_voice(step.voice, f"{where}, {key}, voice")
    return step


def _check_voice(name: str, where: str) -> None:
    if name not in VOICES:
        raise ScenarioError(f"{where}: nobody is called {name!r}; the voices are {list(VOICES)}")


def _convert(data: object, kind: type[_T], where: str) -> _T:
    try:
        return msgspec.convert(data, kind, dec_hook=_regex)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        key = place.strip("`").removeprefix("$").removeprefix(".")
        hint = " (put it in quotes)" if problem.startswith("Expected `str`, got `int`") else ""
        raise ScenarioError(f"{where}{f', {key}' if key else ''}: {problem}{hint}") from error


def _regex(_kind: type, value: object) -> Regex:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a regular expression, as a text that is not empty")
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
