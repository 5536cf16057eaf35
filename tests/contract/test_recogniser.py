"""What every recogniser promises: Vosk with the compact model, and the scripted fake."""

from collections.abc import Iterator

import pytest

from speech.expect import FREE, Expect
from speech.ports import Recogniser, RecogniserUnavailable
from speech.recognition.model import resolve
from speech.recognition.vosk import VoskRecogniser
from tests.fakes.recogniser import ScriptedRecogniser
from tests.recordings import recording

ACCOUNT = "my account number is four two seven one nine three"


@pytest.fixture(scope="module")
def vosk() -> Iterator[VoskRecogniser]:
    with VoskRecogniser(resolve(None)) as recogniser:
        yield recogniser


@pytest.fixture(params=["vosk", "scripted"])
def recogniser(request: pytest.FixtureRequest, vosk: VoskRecogniser) -> Recogniser:
    return vosk if request.param == "vosk" else ScriptedRecogniser([ACCOUNT, ACCOUNT])


async def test_what_the_caller_says_is_understood(recogniser: Recogniser):
    utterance = recogniser.utterance(Expect.parse("account_number"))
    for frame in recording("account"):
        utterance.feed(frame)
    heard = await utterance.finish()
    assert heard.text == ACCOUNT
    assert heard.final
    assert heard.readings[0] == ACCOUNT
    assert ACCOUNT not in heard.alternatives
    assert " ".join(word.text for word in heard.words) == ACCOUNT
    assert all(word.start_ms < word.end_ms for word in heard.words)
    assert [w.start_ms for w in heard.words] == sorted(w.start_ms for w in heard.words)
    assert 0 < heard.confidence <= 1
    assert all(0 < word.confidence <= 1 for word in heard.words)
    assert utterance.lag_ms == 0


async def test_a_caller_who_says_nothing_gets_an_empty_transcript(recogniser: Recogniser):
    heard = await recogniser.utterance(FREE).finish()
    assert (heard.text, heard.words, heard.confidence, heard.alternatives) == ("", (), 0.0, ())


async def test_an_utterance_has_no_words_before_it_has_sound(recogniser: Recogniser):
    utterance = recogniser.utterance(FREE)
    assert (utterance.partial, utterance.lag_ms) == ("", 0)
    utterance.discard()


async def test_a_discarded_utterance_does_not_disturb_the_next(recogniser: Recogniser):
    first = recogniser.utterance(FREE)
    for frame in recording("account"):
        first.feed(frame)
    first.discard()
    second = recogniser.utterance(FREE)
    for frame in recording("account"):
        second.feed(frame)
    assert (await second.finish()).text == ACCOUNT


async def test_the_scripted_recogniser_can_be_out_of_order():
    recogniser = ScriptedRecogniser(["hello"])
    recogniser.available = False
    with pytest.raises(RecogniserUnavailable):
        await recogniser.utterance(FREE).finish()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("balance", "what is my balance"),
        ("birth", "march twelfth nineteen eighty four"),
        ("agent", "i want to speak to a person"),
    ],
)
async def test_vosk_understands_the_recorded_callers(vosk: VoskRecogniser, name: str, words: str):
    utterance = vosk.utterance(FREE)
    for frame in recording(name):
        utterance.feed(frame)
    assert (await utterance.finish()).text == words


async def test_vosk_hears_the_same_in_the_same_sound_every_time(vosk: VoskRecogniser):
    heard = []
    for _ in range(3):
        utterance = vosk.utterance(FREE)
        for frame in recording("account"):
            utterance.feed(frame)
        heard.append(await utterance.finish())
    assert heard[0] == heard[1] == heard[2]
