"""The command `ivr call`, against a line of tones, in real time."""

import asyncio
import audioop
import json
from pathlib import Path

import pytest
import typer
from caller_fake_line import API_TOKEN, AUTH_TOKEN, PUBLIC_URL, FakeLine, tone
from click.testing import Result
from typer.testing import CliRunner

from audio.wav import read_wav, write_wav
from ivr.caller.cli import call
from ivr.caller.voices import recording_path

app = typer.Typer()
app.command()(call)

STEPS = "steps:\n  - expect: welcome\n  - say: hello\n"


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario with its recording, where no line runs; the tokens are in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
    monkeypatch.setenv("IVR_API_TOKEN", API_TOKEN)
    monkeypatch.setenv("PUBLIC_URL", PUBLIC_URL)
    path = tmp_path / "calls" / "greeting.yaml"
    write_wav(recording_path(path.parent, "dana", "hello"), audioop.ulaw2lin(tone(200), 2))
    path.write_text(f'name: greeting\nfrom: "+15550100001"\nends_with: hangup\n{STEPS}')
    return path


async def invoke(line: FakeLine, *arguments: str) -> Result:
    """Run the command in a thread, as it has a loop of its own."""
    async with line.serve() as connection:
        return await asyncio.to_thread(
            CliRunner().invoke, app, [*arguments, "--url", connection.url]
        )


async def test_a_call_that_passes_leaves_its_result_and_recording(scenario: Path, tmp_path: Path):
    line = FakeLine(replies=[("welcome", 200), ("goodbye", 200)])
    result = await invoke(line, str(scenario), "--json", "out/call.json", "--wav", "out/call.wav")
    assert result.exit_code == 0, result.output
    assert "greeting" in result.output
    data = json.loads((tmp_path / "out" / "call.json").read_bytes())
    assert data["passed"]
    assert len(data["latency_ms"]) == 1
    assert len(read_wav(tmp_path / "out" / "call.wav").channels) == 2


async def test_a_folder_and_several_calls_at_once_give_a_list_and_a_summary(
    scenario: Path, tmp_path: Path
):
    line = FakeLine(replies=[("welcome", 200), ("goodbye", 200)])
    folder = str(scenario.parent)
    result = await invoke(line, folder, "--calls", "2", "--json", "out.json", "--wav", "out.wav")
    assert result.exit_code == 0, result.output
    assert "2/2" in result.output
    calls = json.loads((tmp_path / "out.json").read_bytes())
    assert len({one["call_sid"] for one in calls}) == 2
    assert all(read_wav(tmp_path / f"out-{number}.wav").channels for number in (1, 2))


async def test_a_call_that_fails_gives_exit_code_1(scenario: Path):
    line = FakeLine(replies=[], voice="<Response><Hangup/></Response>")
    result = await invoke(line, str(scenario))
    assert result.exit_code == 1
    assert "not said before the call was over" in result.output


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        ("none.yaml", "none.yaml: cannot be read"),
        ("empty", "empty: holds no scenario"),
        ("unknown.yaml", "unknown.yaml, step 1, sing: is unknown"),
        ("mute.yaml", "mute.yaml, step 1: "),
        ("calls/greeting.yaml", "nobody answers at http://localhost:9/twilio/voice"),
    ],
)
@pytest.mark.usefixtures("scenario")
def test_what_cannot_be_tried_gives_exit_code_2_and_a_sentence(
    make: str, complaint: str, tmp_path: Path
):
    (tmp_path / "empty").mkdir()
    head = 'name: x\nfrom: "+15550100001"\nsteps:\n'
    (tmp_path / "unknown.yaml").write_text(head + "  - sing: la\n")
    (tmp_path / "mute.yaml").write_text(head + "  - play: none.wav\n")
    result = CliRunner().invoke(app, [make, "--url", "http://localhost:9"])
    assert result.exit_code == 2
    assert complaint in result.stderr.replace("\n", "")


def test_without_tokens_it_is_said_what_to_set(scenario: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    result = CliRunner().invoke(app, [str(scenario)])
    assert result.exit_code == 2
    assert "TWILIO_AUTH_TOKEN is not set" in result.stderr
