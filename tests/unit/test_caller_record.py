"""`python -m ivr.caller.record`: recordings are made, and understood by the line's recogniser."""

import audioop
from pathlib import Path

import pytest
import typer
from caller_fake_line import tone
from typer.testing import CliRunner

from audio.wav import write_wav
from ivr.caller.record import main
from ivr.caller.voices import recording_path
from speech.recognition.model import COMPACT

ROOT = Path(__file__).parent.parent.parent

app = typer.Typer()
app.command()(main)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "x.yaml"
    path.write_text(
        'name: x\nfrom: "+15550100001"\nsteps:\n  - say: hello\n  - barge_in: yes please\n'
        "  - silence: 1\n"
    )
    return path


@pytest.fixture(autouse=True)
def _compact_model(monkeypatch: pytest.MonkeyPatch):
    """Recordings are for every model; they are checked with the one that is always there."""
    monkeypatch.setenv("VOSK_MODEL", str(COMPACT))


def test_every_recorded_caller_is_understood():
    calls = [str(path) for path in sorted((ROOT / "tests" / "calls").glob("*.yaml"))]
    result = CliRunner().invoke(app, [*calls, "--check"])
    assert result.exit_code == 0, result.output
    assert "✓ dana: what is my balance" in result.output


def test_a_recording_that_is_not_understood_gives_exit_code_1(scenario: Path):
    for text in ("hello", "yes please"):
        path = recording_path(scenario.parent, "dana", text)
        write_wav(path, audioop.ulaw2lin(tone(300), 2))
    result = CliRunner().invoke(app, [str(scenario), "--check"])
    assert result.exit_code == 1
    assert "✗ dana: hello →" in result.output


def test_a_model_that_is_not_there_is_named(scenario: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VOSK_MODEL", "/nowhere")
    monkeypatch.setattr("ivr.caller.voices.synthesise", lambda _voice, _text: b"\0\0" * 800)
    result = CliRunner().invoke(app, [str(scenario), "--check"])
    assert result.exit_code == 2
    assert "VOSK_MODEL names '/nowhere'" in result.stderr


def test_missing_recordings_are_made_once(scenario: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ivr.caller.voices.synthesise", lambda _voice, _text: b"\0\0" * 800)
    first = CliRunner().invoke(app, [str(scenario)])
    assert first.exit_code == 0
    assert first.output.count("made ") == 2
    assert CliRunner().invoke(app, [str(scenario)]).output == ""


def test_without_a_speech_program_a_sentence_says_so(
    scenario: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ivr.caller.voices.shutil.which", lambda _: None)
    result = CliRunner().invoke(app, [str(scenario)])
    assert result.exit_code == 2
    assert "flite, which speaks as 'dana', is not installed" in result.stderr.replace("\n", "")
