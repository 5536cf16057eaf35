"""The voice process: frames, starting, dying, starting again; here it is a small stand-in."""

# ruff: noqa: ASYNC110 - another process is waited for, and it sets no event

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from speech.ports import SynthesiserUnavailable
from speech.synthesis.frames import (
    BrokenFrame,
    Request,
    Response,
    pack,
    read_request,
    read_response,
)
from speech.synthesis.piper import PiperSynthesiser
from speech.synthesis.voice import Voice, VoiceMissing, find_voice
from speech.synthesis.worker import VoiceWorker, command

STAND_IN = """
import sys, time
from speech.synthesis.frames import Response, pack, read_request
out = sys.stdout.buffer
def send(header, sound=b""):
    out.write(pack(header, sound)); out.flush()
send(Response(id=0, rate_hz=8000))
while request := read_request(sys.stdin.buffer):
    text = request.text.rstrip(".")
    if text == "die": sys.exit(3)
    if text == "hang": time.sleep(3600)
    if text == "babble": print("not a frame, but a long enough line of text", flush=True)
    if text == "other": send(Response(id=request.id + 1)); continue
    if text == "unspeakable": send(Response(id=request.id, error="ValueError")); continue
    sound = b"\\x00\\x20" * 800 if text else b""
    send(Response(id=request.id, rate_hz=8000, bytes=len(sound)), sound)
"""
VOICE = Voice(path=Path("joe.onnx"), name="joe")


@asynccontextmanager
async def running(script: str = STAND_IN, *, limit_s: float = 60) -> AsyncIterator[VoiceWorker]:
    worker = VoiceWorker((sys.executable, "-c", script), clause_limit_s=limit_s)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def back_again(worker: VoiceWorker) -> None:
    while worker.ready:
        await asyncio.sleep(0.01)
    while not worker.ready:
        await asyncio.sleep(0.01)


def reader(content: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(content)
    stream.feed_eof()
    return stream


async def test_what_is_packed_can_be_read():
    request = Request(id=7, text="Grüß Gott")
    assert read_request(io.BytesIO(pack(request))) == request
    assert read_request(io.BytesIO(b"")) is None
    response = Response(id=7, rate_hz=22050, bytes=4)
    assert await read_response(reader(pack(response, b"abcd"))) == (response, b"abcd")


@pytest.mark.parametrize("content", [b"", b"abc", b"\0\0\0\2{}", b"\xff\xff\xff\xff", b"\0\0\0\5{"])
async def test_what_is_no_frame_is_refused(content: bytes):
    with pytest.raises(BrokenFrame):
        await read_response(reader(content))


async def test_a_text_comes_back_as_sound():
    async with running() as worker:
        assert worker.ready
        assert await worker.synthesise("hello") == (b"\x00\x20" * 800, 8000)
    assert not worker.ready
    await worker.stop()


async def test_a_text_that_cannot_be_spoken_does_not_end_the_voice():
    async with running() as worker:
        with pytest.raises(SynthesiserUnavailable, match="cannot speak this"):
            await worker.synthesise("unspeakable")
        assert await worker.synthesise("hello")


@pytest.mark.parametrize("text", ["die", "babble", "other"])
async def test_a_voice_that_dies_or_gets_out_of_step_is_started_again(text: str):
    async with running() as worker:
        with pytest.raises(SynthesiserUnavailable):
            await worker.synthesise(text)
        await back_again(worker)
        assert await worker.synthesise("hello") == (b"\x00\x20" * 800, 8000)


async def test_a_voice_that_died_before_the_end_is_not_waited_for():
    async with running() as worker:
        process = worker._process
        assert process is not None
        process.kill()
    assert not worker.ready


async def test_a_voice_that_hangs_is_ended_and_started_again():
    async with running(limit_s=0.5) as worker:
        with pytest.raises(SynthesiserUnavailable, match="TimeoutError"):
            await worker.synthesise("hang")
        await back_again(worker)


async def test_while_the_voice_is_gone_it_says_so_at_once():
    worker = VoiceWorker((sys.executable, "-c", STAND_IN))
    with pytest.raises(SynthesiserUnavailable, match="not running"):
        await worker.synthesise("hello")


@pytest.mark.parametrize(
    "argv",
    [
        (sys.executable, "-c", "pass"),
        (sys.executable, "-c", "print('hello, this is no frame at all')"),
        (sys.executable, "-c", STAND_IN.replace("id=0", "id=1")),
        ("/nonexistent/python", "-m", "speech.synthesis.piper_worker"),
    ],
)
async def test_a_voice_that_does_not_start_says_how_to_see_why(argv: tuple[str, ...]):
    worker = VoiceWorker(argv)
    with pytest.raises(SynthesiserUnavailable, match=r"did not start .*: run `-"):
        await worker.start()
    assert not worker.ready
    await worker.stop()


async def test_a_voice_that_does_not_start_at_first_comes_up_by_itself(tmp_path: Path):
    gate = tmp_path / "gate"
    script = f"import pathlib, sys\nif not pathlib.Path({str(gate)!r}).exists(): sys.exit(1)\n"
    worker = VoiceWorker((sys.executable, "-c", script + STAND_IN), clause_limit_s=60)
    with pytest.raises(SynthesiserUnavailable, match="is tried again"):
        await worker.start()
    gate.touch()
    while not worker.ready:
        await asyncio.sleep(0.01)
    assert await worker.synthesise("hello")
    await worker.stop()


async def test_a_voice_that_cannot_come_back_is_tried_again_and_again(tmp_path: Path):
    gate = tmp_path / "gate"
    gate.touch()
    script = f"import pathlib, sys\nif not pathlib.Path({str(gate)!r}).exists(): sys.exit(1)\n"
    async with running(script + STAND_IN) as worker:
        gate.unlink()
        with pytest.raises(SynthesiserUnavailable):
            await worker.synthesise("die")
        while worker._backoff_s < 0.8:
            await asyncio.sleep(0.01)
        gate.touch()
        while not worker.ready:
            await asyncio.sleep(0.01)
        assert await worker.synthesise("hello")


async def test_a_voice_that_does_not_listen_is_killed_at_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("speech.synthesis.worker._STOP_LIMIT_S", 0.05)
    async with running() as worker:
        hanging = asyncio.create_task(worker.synthesise("hang"))
        await asyncio.sleep(0)
        process = worker._process
        assert process is not None
    assert process.returncode not in {None, 0}, "it did not end of its own accord"
    with pytest.raises(SynthesiserUnavailable):
        await hanging


async def test_a_caller_who_interrupts_leaves_the_voice_in_step():
    async with running() as worker:
        voice = PiperSynthesiser(VOICE, cache_dir=None, worker=worker)
        async with aclosing(voice.speak("This is the first. This is the second.")) as pieces:
            impatient = asyncio.ensure_future(anext(pieces))
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
        assert [len(piece) async for piece in voice.speak("Something else, then.")]
        assert worker.ready
        await voice.stop()


async def test_the_same_clause_asked_for_by_many_is_made_once():
    async with running() as worker:
        voice = PiperSynthesiser(VOICE, cache_dir=None, worker=worker)

        async def first_piece() -> bytes:
            return await anext(voice.speak("Please hold the line."))

        pieces = await asyncio.gather(*(first_piece() for _ in range(5)))
        assert len(set(pieces)) == 1
        assert next(worker._ids) == 2, "one request was made"
        await voice.stop()


async def test_a_clause_that_takes_too_long_is_given_up():
    async with running(limit_s=60) as worker:
        voice = PiperSynthesiser(VOICE, cache_dir=None, worker=worker, clause_limit_s=0.05)
        with pytest.raises(SynthesiserUnavailable, match="too long"):
            await anext(voice.speak("hang"))
        await voice.stop()
        assert not voice.ready


async def test_a_clause_without_sound_is_left_out():
    async with running() as worker:
        voice = PiperSynthesiser(VOICE, cache_dir=None, worker=worker)
        assert [piece async for piece in voice.speak("...")] == []
        await voice.stop()


async def test_a_failure_reaches_the_caller_and_the_cache_stays_clean():
    async with running() as worker:
        voice = PiperSynthesiser(VOICE, cache_dir=None, worker=worker)
        with pytest.raises(SynthesiserUnavailable):
            await anext(voice.speak("unspeakable"))
        with pytest.raises(SynthesiserUnavailable):
            await anext(voice.speak("unspeakable"))
        await voice.stop()


def test_the_default_voice_is_installed_with_the_project():
    voice = find_voice(None)
    assert voice.path.name == "en_US-joe-medium.onnx"
    assert find_voice(str(voice.path)) == voice
    argv = command(voice)
    assert argv[1:3] == ("-m", "speech.synthesis.piper_worker")
    assert str(voice.path) in argv


def test_a_wrong_voice_says_what_to_do(tmp_path: Path):
    with pytest.raises(VoiceMissing, match=r"PIPER_VOICE names '.*no Piper voice"):
        find_voice(str(tmp_path / "nowhere.onnx"))
    (tmp_path / "voice.onnx").touch()
    with pytest.raises(VoiceMissing, match=r"description voice\.onnx\.json is missing"):
        find_voice(str(tmp_path / "voice.onnx"))
