"""Every scenario of `tests/calls` on the real line: real sockets, real time, real parts."""

from pathlib import Path

import msgspec
import pytest

from audio.wav import read_wav
from ivr.demo import wrong_with
from speech.recognition.decoder import Decoder
from speech.recognition.model import resolve
from speech.recognition.vosk import VoskRecogniser
from tests.e2e.servers import API_TOKEN, ROOT, Server, fetch, place_call, read_result

SCENARIOS = sorted(path.stem for path in (ROOT / "tests" / "calls").glob("*.yaml"))


@pytest.fixture(scope="session")
def results(line: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All scenarios, placed at the same time; where each result is."""
    folder = tmp_path_factory.mktemp("calls")
    files = {name: folder / f"{name}.json" for name in SCENARIOS}
    calls = [
        place_call(line, ROOT / "tests" / "calls" / f"{name}.yaml", file)
        for name, file in files.items()
    ]
    for call in calls:
        call.wait(300)
    return files


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_call_goes_as_its_scenario_says(name, results):
    result = read_result(results[name])
    assert result["failures"] == []
    assert result["passed"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_line_is_audible_and_does_not_clip(name, results):
    audio = read_result(results[name])["audio"]
    assert -30 < audio["line_rms_dbfs"] < -12
    assert audio["clipped_samples"] == 0


def test_what_the_line_says_can_be_understood(results):
    """The line's side of the recording, heard by the recogniser.

    The compact model was made for callers and mishears a good third of this voice's words, each
    time others, for Piper never says a sentence twice alike; noise or a wrong rate leave none.
    """
    line_side = read_wav(results["happy_path_voice"].with_suffix(".wav")).channels[1]
    model = resolve(None)
    with VoskRecogniser(model) as recogniser:
        decoder = Decoder(recogniser._model, model)
        words = decoder.finish(line_side).text
    phrases = ("account number", "date of birth", "eighty four dollars", "december", "person")
    assert sum(phrase in words for phrase in phrases) >= 3, words


def test_the_agent_gets_a_summary_that_says_it_all(line, results):
    result = read_result(results["happy_path_voice"])
    record = read_api(line, f"calls/{result['call_sid']}")
    summary = read_api(line, f"handoffs/{record['handoff_id']}")
    assert wrong_with(msgspec.json.encode(summary), result["call_sid"]) == []
    assert summary["caller"]["name"] == "Dana Whitfield"
    assert summary["account_context"]["tier"] == "gold"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_api_tells_every_turn_and_latency(name, line, results):
    record = read_api(line, f"calls/{read_result(results[name])['call_sid']}")
    assert set(record) >= {
        *("call_sid", "state", "customer", "turns", "outcome", "escalation", "handoff_id"),
        "latency_ms",
    }
    assert record["state"] == "ended"
    spoken = [turn for turn in record["turns"] if turn["who"] == "assistant"]
    assert all(turn["heard_ms"] is not None for turn in spoken)


def test_readiness_says_which_speech_model_is_used(line):
    parts = msgspec.json.decode(fetch(f"{line.url}/readyz")[1])["parts"]
    model = resolve(None)
    assert model.name in parts["recogniser"]["detail"]
    assert ("compact" in parts["recogniser"]["detail"]) is model.compact


def test_nothing_a_caller_said_or_keyed_is_in_the_logs(line, results):
    for name in SCENARIOS:
        read_result(results[name])
    logs = "".join(path.read_text() for path in line.log.parent.rglob("*.log"))
    assert "call_ended" in logs
    for secret in ("4821", "1984-03-12", "march twelfth", "four two seven", "my balance"):
        assert secret not in logs


def read_api(line: Server, path: str) -> dict:
    status, body = fetch(f"{line.url}/api/v1/{path}", token=API_TOKEN)
    assert status == 200, body
    return msgspec.json.decode(body)
