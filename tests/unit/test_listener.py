"""What a caller does on the line, and what of it becomes an answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from structlog.testing import capture_logs

from audio.frame import FRAME_MS, AudioFrame
from audio.line import KeyPressed, LineClosed, LineEvent, MarkReached
from dialog.types import Question, Silence
from ivr.call.ears import Ears
from ivr.call.keypad import KeysEntered
from ivr.call.listener import INBOX_SIZE, Listener, SpeechEnded
from ivr.call.turn_policy import TurnTiming
from speech.expect import Expect
from tests.fakes.recogniser import ScriptedRecogniser, ScriptedUtterance

NO_INPUT_MS = 3000
TIMING = TurnTiming()
PIN = Question(expect=Expect.parse("digits(4)"), slot="pin")
AMOUNT = Question(expect=Expect.parse("amount"))


class Detector:
    """Hears voice where the frame has any sample but zero."""

    def is_voiced(self, frame: AudioFrame) -> bool:
        return any(frame.pcm)


class Mouth:
    """Speaks when the test says so."""

    def __init__(self) -> None:
        self.speaking = self.interruptible = False
        self.interruptions = 0
        self.marks: list[str] = []

    async def interrupt(self) -> None:
        if self.interruptible:
            self.interruptions += 1
            self.speaking = self.interruptible = False

    def mark_reached(self, mark: MarkReached) -> None:
        self.marks.append(mark.name)


class Caller:
    """One caller's line and the listener on it; events are handed over one by one."""

    def __init__(self, *words: str) -> None:
        self.mouth = Mouth()
        self.recogniser = ScriptedRecogniser(words)
        self.utterances: list[ScriptedUtterance] = []
        self._events: asyncio.Queue[LineEvent | None] = asyncio.Queue(maxsize=1)
        self._number = 0
        self.ears = Ears(
            recogniser=self,
            detector=Detector(),
            timing=TIMING,
            today=lambda: date(2026, 11, 2),
        )
        self.listener = Listener(
            line=self,
            ears=self.ears,
            mouth=self.mouth,
            clock=lambda: self._number * FRAME_MS / 1000,
            no_input_ms=NO_INPUT_MS,
        )

    def utterance(self, expect: Expect) -> ScriptedUtterance:
        self.utterances.append(self.recogniser.utterance(expect))
        return self.utterances[-1]

    async def events(self) -> AsyncIterator[LineEvent]:
        while (event := await self._events.get()) is not None:
            yield event
            self._events.task_done()

    async def sends(self, *events: LineEvent | None) -> None:
        for event in events:
            await self._events.put(event)
            if event is not None and not isinstance(event, LineClosed):
                await self._events.join()

    async def hears(self, pattern: str) -> None:
        """Frames, `#` with voice and `.` without."""
        for mark in pattern:
            self._number += 1
            pcm = (b"\1\0" if mark == "#" else b"\0\0") * 160
            await self.sends(
                AudioFrame(
                    pcm=pcm,
                    rate_hz=8000,
                    sequence=self._number,
                    timestamp_ms=self._number * FRAME_MS,
                )
            )

    async def presses(self, keys: str) -> None:
        await self.sends(*(KeyPressed(key=key) for key in keys))


def quiet(ms: int) -> str:
    return "." * (ms // FRAME_MS)


SENTENCE = "#" * 40
PAUSE = quiet(TIMING.unfinished_ms)


@pytest.fixture
async def on_the_line() -> AsyncIterator[object]:
    """Makes callers whose listener runs."""
    running: list[tuple[Caller, asyncio.Task[LineClosed]]] = []

    def make(*words: str) -> Caller:
        caller = Caller(*words)
        running.append((caller, asyncio.create_task(caller.listener.run())))
        return caller

    yield make
    for caller, listening in running:
        if not listening.done():
            await caller.sends(LineClosed(reason="stop"))
        assert isinstance(await listening, LineClosed)


# ---------------------------------------------------------------- speech


async def test_a_sentence_is_an_answer_with_its_times(on_the_line):
    caller = on_the_line("hello there")
    await caller.hears(quiet(400) + SENTENCE + PAUSE)
    heard = await caller.listener.next()
    assert isinstance(heard, SpeechEnded)
    assert heard.end_of_turn_ms == TIMING.usual_ms
    assert heard.speech_ms >= 40 * FRAME_MS
    assert not heard.stopped_line
    assert (await heard.utterance.finish()).text == "hello there"
    # The beginning was heard too: the recogniser got what came before the onset was sure.
    assert heard.utterance.fed_ms > 40 * FRAME_MS + TIMING.usual_ms


async def test_the_words_are_expected_to_answer_the_question(on_the_line):
    caller = on_the_line("four eight two one")
    caller.listener.expect(PIN)
    await caller.hears(SENTENCE + PAUSE)
    assert caller.recogniser.expected == [PIN.expect]
    assert (await caller.listener.next()).end_of_turn_ms == TIMING.complete_ms


async def test_a_caller_who_interrupts_stops_the_line(on_the_line):
    caller = on_the_line("stop")
    caller.mouth.speaking = caller.mouth.interruptible = True
    await caller.hears(SENTENCE + PAUSE)
    assert caller.mouth.interruptions == 1
    heard = await caller.listener.next()
    assert heard.stopped_line


async def test_a_cough_under_the_lines_voice_is_no_answer(on_the_line):
    caller = on_the_line("cough", "after that")
    caller.mouth.speaking = caller.mouth.interruptible = True
    await caller.hears("#" * 8 + PAUSE)
    assert caller.mouth.interruptions == 0
    assert caller.utterances[0].discarded
    caller.mouth.speaking = False
    await caller.hears(SENTENCE + PAUSE)
    assert (await (await caller.listener.next()).utterance.finish()).text == "after that"


async def test_words_spoken_into_what_may_not_be_interrupted_are_not_an_answer(on_the_line):
    caller = on_the_line("let me")
    caller.mouth.speaking = True
    await caller.hears(SENTENCE + PAUSE)
    assert caller.mouth.interruptions == 0
    assert caller.utterances[0].discarded


async def test_a_line_that_closes_in_mid_sentence_leaves_nothing_behind(on_the_line):
    caller = on_the_line("hello")
    await caller.hears(SENTENCE)
    assert caller.ears.caller_speaks
    await caller.sends(LineClosed(reason="stop"))
    while not caller.utterances[0].discarded:  # noqa: ASYNC110  # the listener tells nobody
        await asyncio.sleep(0)


async def test_a_line_that_ends_without_a_word_was_lost():
    caller = Caller()
    listening = asyncio.create_task(caller.listener.run())
    await caller.sends(None)
    assert await listening == LineClosed(reason="lost")


async def test_marks_go_to_the_mouth(on_the_line):
    caller = on_the_line()
    await caller.sends(MarkReached(name="1.400"))
    assert caller.mouth.marks == ["1.400"]


# ---------------------------------------------------------------- silence


async def test_who_says_nothing_for_long_enough_was_silent(on_the_line):
    caller = on_the_line()
    waiting = asyncio.create_task(caller.listener.next())
    await caller.hears(quiet(NO_INPUT_MS - 100))
    assert not waiting.done()
    await caller.hears(quiet(200))
    assert await waiting == Silence()


async def test_silence_counts_only_while_an_answer_is_waited_for_and_the_line_is_quiet(
    on_the_line,
):
    caller = on_the_line()
    await caller.hears(quiet(2 * NO_INPUT_MS))  # nobody asked
    waiting = asyncio.create_task(caller.listener.next())
    caller.mouth.speaking = True
    await caller.hears(quiet(2 * NO_INPUT_MS))
    assert not waiting.done()
    caller.mouth.speaking = False
    await caller.hears(quiet(NO_INPUT_MS))
    assert await waiting == Silence()


async def test_after_noise_the_limit_runs_on(on_the_line):
    caller = on_the_line()
    waiting = asyncio.create_task(caller.listener.next())
    await caller.hears("#" * 6 + PAUSE + quiet(NO_INPUT_MS - 100))
    assert isinstance(await waiting, SpeechEnded)  # which turns out to be nothing
    waiting = asyncio.create_task(caller.listener.next(still_waiting=True))
    await caller.hears(quiet(NO_INPUT_MS - 100))
    assert not waiting.done()
    await caller.hears(quiet(200))
    assert await waiting == Silence()


# ---------------------------------------------------------------- keys


async def test_keys_are_an_answer_and_silence_the_line(on_the_line):
    caller = on_the_line()
    caller.listener.expect(PIN)
    caller.mouth.speaking = caller.mouth.interruptible = True
    await caller.presses("4821")
    assert await caller.listener.next() == KeysEntered(digits="4821")
    assert caller.mouth.interruptions == 1


async def test_a_pause_ends_an_entry_and_is_no_silence_before(on_the_line):
    caller = on_the_line()
    caller.listener.expect(AMOUNT)
    waiting = asyncio.create_task(caller.listener.next())
    await caller.presses("12")
    await caller.hears(quiet(NO_INPUT_MS))
    assert await waiting == KeysEntered(digits="12")


async def test_zero_calls_for_a_person_without_waiting_in_line(on_the_line):
    caller = on_the_line()
    await caller.presses("0")
    assert caller.listener.person_wanted.is_set()


async def test_a_lone_zero_calls_for_a_person_where_a_number_is_asked_for(on_the_line):
    caller = on_the_line()
    caller.listener.expect(PIN)
    await caller.presses("0")
    assert not caller.listener.person_wanted.is_set()
    await caller.hears(quiet(1500))
    assert caller.listener.person_wanted.is_set()


async def test_a_key_that_means_nothing_does_not_stop_the_line(on_the_line):
    caller = on_the_line()
    caller.mouth.speaking = caller.mouth.interruptible = True
    await caller.presses("#")
    assert caller.mouth.interruptions == 0


async def test_words_after_half_a_number_are_the_answer(on_the_line):
    caller = on_the_line("four eight two one")
    caller.listener.expect(PIN)
    await caller.presses("48")
    await caller.hears(SENTENCE + PAUSE)
    assert isinstance(await caller.listener.next(), SpeechEnded)
    await caller.hears(quiet(4000))
    await caller.presses("4821")
    assert await caller.listener.next() == KeysEntered(digits="4821")


# ---------------------------------------------------------------- too much


async def test_what_nobody_takes_is_dropped_and_said_so(on_the_line):
    caller = on_the_line("too much")
    caller.listener.expect(PIN)
    with capture_logs() as logs:
        await caller.presses("1234" * (INBOX_SIZE + 1))
        await caller.hears(SENTENCE + PAUSE)
    assert [entry["kind"] for entry in logs] == ["KeysEntered", "SpeechEnded"]
    assert caller.utterances[0].discarded


async def test_ears_without_a_turn_have_nothing_to_give():
    with pytest.raises(RuntimeError, match="no turn has ended"):
        Caller().ears.take_utterance()
