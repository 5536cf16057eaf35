"""Scenario files: what is in them, and what is said about mistakes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.caller.cli import prepare
from ivr.caller.scenario import (
    BargeIn,
    Expect,
    HangUp,
    Play,
    Press,
    Say,
    ScenarioError,
    Silence,
    load_scenario,
)

CALLS = Path(__file__).parent.parent / "calls"

HEAD = 'name: x\nfrom: "+15550100001"\n'


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "x.yaml"
        path.write_text(text)
        return path

    return write


def test_every_step_has_a_short_form(write: Callable[[str], Path]):
    scenario = load_scenario(
        write(
            HEAD + "steps:\n"
            "  - say: hello\n"
            "  - play: a.wav\n"
            '  - press: "427193#"\n'
            "  - expect: good ?bye\n"
            "  - barge_in: stop\n"
            "  - silence: 2.5\n"
            "  - hang_up: true\n"
        )
    )
    say, play, press, expect, barge_in, silence, hang_up = scenario.steps
    assert say == Say(text="hello")
    assert play == Play(file="a.wav")
    assert press == Press(keys="427193#")
    assert isinstance(expect, Expect)
    assert expect.words.search("well, GOODBYE")
    assert barge_in == BargeIn(say="stop", after_s=1.0, within_ms=1500)
    assert silence == Silence(seconds=2.5)
    assert hang_up == HangUp(now=True)
    assert scenario.caller == "+15550100001"
    assert scenario.voice == "dana"


def test_every_step_has_a_long_form(write: Callable[[str], Path]):
    scenario = load_scenario(
        write(
            HEAD + "steps:\n"
            "  - say: {text: hello, voice: miguel, wait: false}\n"
            "  - expect: {words: a, within_s: 3, who: agent, new: true}\n"
        )
    )
    say, expect = scenario.steps
    assert say == Say(text="hello", voice="miguel", wait=False)
    assert isinstance(expect, Expect)
    assert (expect.within_s, expect.who, expect.new) == (3, "agent", True)


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("press: 4821", r"step 2, press, keys: Expected `str`, got `int` \(put it in quotes\)"),
        ("press: 12x", "step 2, press, keys: .*matching"),
        ('expect: "("', "step 2, expect, words: is not a regular expression: missing"),
        ("expect: 5", "step 2, expect, words: must be a regular expression"),
        ("silence: -1", "step 2, silence, seconds: "),
        ("jump: 2", "step 2, jump: is unknown; the steps are say, play"),
        ("say: {text: a, vice: b}", "step 2, say: Object contains unknown field `vice`"),
        ("say: {text: a, voice: bob}", "step 2, say, voice: nobody is called 'bob'"),
        ("barge_in: {say: a, voice: bob}", "step 2, barge_in, voice: nobody is called 'bob'"),
        ("hang_up: false", "step 2, hang_up, now: "),
        ("hang_up", "step 2: must be one of say"),
        ("{say: a, press: '1'}", "step 2: must be one of say"),
    ],
)
def test_a_mistake_in_a_step_is_named_with_file_step_and_key(
    write: Callable[[str], Path], step: str, complaint: str
):
    path = write(f"{HEAD}steps:\n  - say: hello\n  - {step}\n")
    with pytest.raises(ScenarioError, match=complaint) as error:
        load_scenario(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\nfrom: 5550100001\nsteps: [say: a]", r"from: .*put it in quotes"),
        ('name: x\nfrom: "0123"\nsteps: [say: a]', "from: "),
        (HEAD + "steps: []", "steps: "),
        (HEAD, "missing required field `steps`"),
        (HEAD + "voice: bob\nsteps: [say: a]", "voice: nobody is called 'bob'; the voices are"),
        (HEAD + "ends_with: tears\nsteps: [say: a]", "ends_with: Invalid enum value 'tears'"),
        (HEAD + "colour: red\nsteps: [say: a]", "unknown field `colour`"),
        (HEAD + "never_said: ['(']\nsteps: [say: a]", r"never_said\[0\]: is not a regular"),
        ("- a list", "Expected `object`"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_mistake_in_the_head_is_named(write: Callable[[str], Path], text: str, complaint: str):
    with pytest.raises(ScenarioError, match=complaint):
        load_scenario(write(text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read: No such file"):
        load_scenario(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="is not UTF-8"):
        load_scenario(binary)


@pytest.mark.parametrize("path", sorted(CALLS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_scenarios_are_valid_and_their_recordings_are_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ivr.caller.voices.shutil.which", lambda _: None)
    scenario, sounds = prepare(load_scenario(path))
    assert scenario.description
    assert all(sounds.values())
