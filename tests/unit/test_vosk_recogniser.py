"""The queue between a call and the decoder, and how readings become a transcript."""

# ruff: noqa: N802 - the stand-in has the names of the library

import asyncio
import json
import shutil
import threading
from pathlib import Path

import pytest
import vosk

from audio.frame import AudioFrame
from speech.events import Transcript
from speech.expect import FREE
from speech.ports import RecogniserUnavailable
from speech.recognition.decoder import Decoder
from speech.recognition.model import COMPACT, ModelMissing, resolve
from speech.recognition.vosk import VoskRecogniser
from tests.recordings import frames_of, recording

KIND = resolve(str(COMPACT))


def frame(sequence: int = 0) -> AudioFrame:
    return AudioFrame(pcm=bytes(320), rate_hz=8000, sequence=sequence, timestamp_ms=20 * sequence)


class SlowDecoder:
    """Waits at a gate, and remembers what it was given."""

    gate = threading.Event()
    fails = False
    sizes: list[int] = []  # noqa: RUF012 - one list for the test's only decoder

    def __init__(self, model: object, kind: object) -> None:
        del model, kind

    def accept(self, pcm: bytes) -> str:
        self.gate.wait()
        if self.fails:
            raise RuntimeError("four two seven")
        self.sizes.append(len(pcm))
        return f"{len(self.sizes)} batches"

    def finish(self, pcm: bytes) -> Transcript:
        self.accept(pcm)
        return Transcript(text="done")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch):
    """A recogniser whose decoder waits until the test opens the gate."""
    with VoskRecogniser(KIND, threads=1, finish_limit_s=60) as recogniser:
        monkeypatch.setattr("speech.recognition.vosk.Decoder", SlowDecoder)
        monkeypatch.setattr(SlowDecoder, "gate", threading.Event())
        monkeypatch.setattr(SlowDecoder, "sizes", [])
        monkeypatch.setattr(SlowDecoder, "fails", False)
        yield recogniser
        SlowDecoder.gate.set()


async def test_frames_are_decoded_in_batches_and_no_more_than_half_a_second_at_a_time(
    slow: VoskRecogniser,
):
    utterance = slow.utterance(FREE)
    for number in range(4):
        utterance.feed(frame(number))
    assert utterance.lag_ms == 80
    assert utterance._job is None, "less than a batch waits for more"
    for number in range(4, 60):
        utterance.feed(frame(number))
    assert utterance.lag_ms == 1200
    SlowDecoder.gate.set()
    assert (await utterance.finish()).text == "done"
    assert SlowDecoder.sizes[0] == 1600
    assert max(SlowDecoder.sizes) == 8000
    assert sum(SlowDecoder.sizes) == 60 * 320
    assert utterance.lag_ms == 0
    assert utterance.partial.endswith("batches")


async def test_a_decoder_that_falls_behind_loses_frames_but_counts_them(slow: VoskRecogniser):
    utterance = slow.utterance(FREE)
    for number in range(520):
        utterance.feed(frame(number))
    assert utterance.lag_ms == 10_000
    assert utterance.dropped_frames == 20
    SlowDecoder.gate.set()
    await utterance.finish()
    assert sum(SlowDecoder.sizes) == 500 * 320


async def test_what_is_discarded_is_not_decoded(slow: VoskRecogniser):
    utterance = slow.utterance(FREE)
    for number in range(100):
        utterance.feed(frame(number))
    utterance.discard()
    utterance.feed(frame(100))
    SlowDecoder.gate.set()
    assert utterance._job is not None
    await asyncio.wait({utterance._job})
    assert SlowDecoder.sizes == [1600]


async def test_a_decoder_that_fails_is_reported_once_at_the_end_without_the_words(
    slow: VoskRecogniser,
):
    SlowDecoder.fails = True
    SlowDecoder.gate.set()
    utterance = slow.utterance(FREE)
    for number in range(10):
        utterance.feed(frame(number))
    with pytest.raises(RecogniserUnavailable, match="decoding failed") as failure:
        await utterance.finish()
    assert "four" not in str(failure.value)
    utterance.feed(frame(10))
    assert utterance.lag_ms == 0
    late = slow.utterance(FREE)
    late.feed(frame())
    with pytest.raises(RecogniserUnavailable):
        await late.finish()


async def test_a_decoder_that_hangs_is_not_waited_for(slow: VoskRecogniser):
    slow._finish_limit_s = 0.01
    utterance = slow.utterance(FREE)
    for number in range(10):
        utterance.feed(frame(number))
    with pytest.raises(RecogniserUnavailable, match="too long"):
        await utterance.finish()


async def test_a_closed_recogniser_fails_in_words(slow: VoskRecogniser):
    slow.close()
    utterance = slow.utterance(FREE)
    for number in range(10):
        utterance.feed(frame(number))
    with pytest.raises(RecogniserUnavailable):
        await utterance.finish()


async def test_jobs_that_were_cancelled_when_the_recogniser_closed_are_failures(
    slow: VoskRecogniser,
):
    first, second = slow.utterance(FREE), slow.utterance(FREE)
    for number in range(10):
        first.feed(frame(number))
        second.feed(frame(number))
    slow.close()
    SlowDecoder.gate.set()
    with pytest.raises(RecogniserUnavailable):
        await second.finish()


async def test_a_frame_of_another_rate_is_refused(slow: VoskRecogniser):
    wrong = AudioFrame(pcm=bytes(640), rate_hz=16000, sequence=0, timestamp_ms=0)
    with pytest.raises(ValueError, match="16000 Hz"):
        slow.utterance(FREE).feed(wrong)


@pytest.mark.parametrize("damage", ["am/final.mdl", "graph/Gr.fst"])
def test_a_damaged_model_says_what_to_do(tmp_path: Path, damage: str):
    shutil.copytree(COMPACT, tmp_path / "model")
    broken = tmp_path / "model" / damage
    broken.write_bytes(broken.read_bytes()[:1000])
    with pytest.raises(ModelMissing, match="incomplete or damaged; delete it and fetch it again"):
        VoskRecogniser(resolve(str(tmp_path / "model")))


class ScriptedVosk:
    """The library's recogniser, with known results."""

    def __init__(self, *results: dict[str, object]) -> None:
        self._results = list(results)

    def SetWords(self, _: bool) -> None: ...
    def SetMaxAlternatives(self, _: int) -> None: ...

    def AcceptWaveform(self, samples: bytes) -> int:
        return int(len(samples) > 3000)

    def PartialResult(self) -> str:
        return json.dumps({"partial": "[unk] three"})

    def Result(self) -> str:
        return json.dumps(self._results.pop(0))

    FinalResult = Result


def readings(*texts_and_scores: tuple[str, float]) -> dict[str, object]:
    return {
        "alternatives": [
            {
                "text": text,
                "confidence": score,
                "result": [
                    {"word": word, "start": at * 0.5, "end": at * 0.5 + 0.4}
                    for at, word in enumerate(text.split())
                ],
            }
            for text, score in texts_and_scores
        ]
    }


def decoder(monkeypatch: pytest.MonkeyPatch, *results: dict[str, object]) -> Decoder:
    monkeypatch.setattr(vosk, "KaldiRecognizer", lambda *_: ScriptedVosk(*results))
    return Decoder(object(), KIND)


def test_what_came_before_a_pause_is_kept(monkeypatch: pytest.MonkeyPatch):
    heard = decoder(
        monkeypatch,
        readings(("four two", 10.0), ("for two", 8.0)),
        readings(("seven", 20.0), ("heaven", 19.0), ("", 18.5)),
    )
    assert heard.accept(bytes(1600)) == "four two three"
    transcript = heard.finish(b"")
    assert transcript.text == "four two seven"
    assert [word.text for word in transcript.words] == ["four", "two", "seven"]
    assert transcript.alternatives == ("four two heaven", "four two", "for two seven")


def test_a_word_is_as_sure_as_the_readings_that_have_it(monkeypatch: pytest.MonkeyPatch):
    transcript = decoder(
        monkeypatch, readings(("nine three", 10.0), ("nine eight", 10.0), ("[unk] three", 0.0))
    ).finish(b"")
    nine, three = transcript.words
    assert (nine.text, nine.start_ms, nine.end_ms) == ("nine", 0, 400)
    assert nine.confidence == pytest.approx(1.0, abs=0.01)
    assert three.confidence == pytest.approx(0.5, abs=0.01)
    assert transcript.alternatives == ("nine eight", "three")


def test_noise_has_no_words(monkeypatch: pytest.MonkeyPatch):
    transcript = decoder(monkeypatch, readings(("[unk]", 3.0), ("", 2.0))).finish(b"")
    assert transcript == Transcript(text="")
    assert decoder(monkeypatch, {"text": ""}).finish(b"") == Transcript(text="")


async def test_a_caller_who_pauses_in_the_middle_is_heard_whole():
    pause = frames_of(bytes(16000 * 2))
    with VoskRecogniser(KIND) as recogniser:
        utterance = recogniser.utterance(FREE)
        for each in [*recording("balance"), *pause, *recording("agent")]:
            utterance.feed(each)
            if each.sequence % 25 == 0:
                await asyncio.sleep(0)
        heard = await utterance.finish()
    assert heard.text == "what is my balance i want to speak to a person"
    assert [word.start_ms for word in heard.words] == sorted(word.start_ms for word in heard.words)
    assert heard.words[-1].start_ms > 3000
