"""What every voice promises: Piper in its process, and the humming fake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from audio import mulaw
from audio.frame import SAMPLES_PER_FRAME
from speech.expect import FREE
from speech.ports import Synthesiser, SynthesiserUnavailable
from speech.recognition.model import resolve
from speech.recognition.vosk import VoskRecogniser
from speech.synthesis.piper import PiperSynthesiser
from speech.synthesis.voice import find_voice
from tests.fakes.synthesiser import ToneSynthesiser
from tests.recordings import frames_of

TWO_SENTENCES = "Thank you for calling. How can I help you?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def piper(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PiperSynthesiser]:
    voice = PiperSynthesiser(
        find_voice(None), cache_dir=tmp_path_factory.mktemp("voice"), clause_limit_s=60
    )
    await voice.start()
    yield voice
    await voice.stop()


@pytest.fixture(params=["piper", "tone"])
def voice(request: pytest.FixtureRequest, piper: PiperSynthesiser) -> Synthesiser:
    return piper if request.param == "piper" else ToneSynthesiser()


def kept_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.ulaw"))


async def said(voice: Synthesiser, text: str) -> list[bytes]:
    return [piece async for piece in voice.speak(text)]


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_sentence_is_a_piece_of_whole_frames(voice: Synthesiser):
    pieces = await said(voice, TWO_SENTENCES)
    assert len(pieces) == 2
    for piece in pieces:
        assert piece
        assert len(piece) % SAMPLES_PER_FRAME == 0
        assert len(set(piece)) > 20, "there is sound in it"


async def test_nothing_to_say_makes_no_sound(voice: Synthesiser):
    assert await said(voice, "  ") == []


async def test_a_caller_who_interrupts_does_not_break_the_next_answer(voice: Synthesiser):
    whole = await said(voice, TWO_SENTENCES)
    async with aclosing(voice.speak(TWO_SENTENCES)) as pieces:
        async for _ in pieces:
            break
    assert await said(voice, TWO_SENTENCES) == whole


async def test_two_callers_at_once_each_get_their_answer(voice: Synthesiser):
    texts = ["Your order is on its way.", "Goodbye, and thank you very much for calling."]
    together = await asyncio.gather(*(said(voice, text) for text in texts))
    assert together == [await said(voice, text) for text in texts]
    assert together[0] != together[1]


async def test_the_humming_voice_can_be_gone():
    voice = ToneSynthesiser()
    voice.available = False
    with pytest.raises(SynthesiserUnavailable):
        await said(voice, "Hello.")


async def test_what_piper_says_can_be_understood(piper: PiperSynthesiser):
    sound = b"".join(await said(piper, "Your account number is 427193."))
    with VoskRecogniser(resolve(None)) as recogniser:
        utterance = recogniser.utterance(FREE)
        for frame in frames_of(mulaw.decode(sound)):
            utterance.feed(frame)
        heard = await utterance.finish()
    assert "account number" in heard.text
    assert "four two seven" in heard.text


async def test_a_clause_said_before_is_the_same_sound(piper: PiperSynthesiser):
    assert await said(piper, "One moment, please.") == await said(piper, "One moment, please.")


async def test_prepared_prompts_are_there_after_a_restart_without_the_voice(
    piper: PiperSynthesiser, tmp_path: Path
):
    first = PiperSynthesiser(find_voice(None), cache_dir=tmp_path, worker=piper._worker)
    await first.prepare([TWO_SENTENCES])
    await first.prepare([TWO_SENTENCES])
    second = PiperSynthesiser(find_voice(None), cache_dir=tmp_path)
    assert not second.ready
    assert await said(second, TWO_SENTENCES) == await said(first, TWO_SENTENCES)
    with pytest.raises(SynthesiserUnavailable):
        await said(second, "This was never prepared.")


async def test_what_is_said_to_one_caller_is_not_kept_on_disk(
    piper: PiperSynthesiser, tmp_path: Path
):
    voice = PiperSynthesiser(find_voice(None), cache_dir=tmp_path, worker=piper._worker)
    await said(voice, "Your balance is $84.20.")
    assert not kept_in(tmp_path)
