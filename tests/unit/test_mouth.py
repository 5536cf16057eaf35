"""A3, A5: the line speaks clause by clause, stops at once, and knows what was heard."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from audio.line import MarkReached
from ivr.call.mouth import MARK_EVERY_MS, Mouth, Spoken
from speech.ports import SynthesiserUnavailable

MS = 8
"""Bytes of a millisecond."""


class Player:
    """The far side: nothing is played unless the test says so.

    Attributes:
        sent: sounds and marks in order, the sounds as their length in ms.
    """

    def __init__(self) -> None:
        self.sent: list[int | str] = []
        self.clears = 0

    async def play(self, mulaw: bytes) -> None:
        self.sent.append(len(mulaw) // MS)

    async def mark(self, name: str) -> None:
        self.sent.append(name)

    async def clear(self) -> None:
        self.clears += 1

    @property
    def marks(self) -> list[str]:
        return [one for one in self.sent if isinstance(one, str)]


class Voice:
    """Each word of a text is a clause with a sound of so many ms; `never` takes for ever."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        self.asked.append(text)
        for word in text.split():
            if word == "never":
                await asyncio.Event().wait()
            if word == "gone":
                raise SynthesiserUnavailable("gone")
            yield bytes(int(word) * MS)


@pytest.fixture
def line() -> Player:
    return Player()


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def mouth(line: Player, voice: Voice) -> Mouth:
    return Mouth(line, voice)


async def begun(speaking: asyncio.Task[Spoken]) -> asyncio.Task[Spoken]:
    """Let it send what it can."""
    for _ in range(20):
        await asyncio.sleep(0)
    return speaking


def saying(mouth: Mouth, text: str, **how: object):
    return begun(asyncio.create_task(mouth.say(text, **how)))


def returned(mouth: Mouth, *names: str, cleared: bool = False) -> None:
    for name in names:
        mouth.mark_reached(MarkReached(name=name, cleared=cleared))


# ---------------------------------------------------------------- heard to the end


async def test_a_text_is_over_when_its_last_mark_is_back(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "1000 300")
    assert line.sent == [
        *(MARK_EVERY_MS, "1.400", MARK_EVERY_MS, "1.800", 200, "1.1000"),
        *(300, "1.1300"),
    ]
    assert mouth.speaking
    assert mouth.interruptible
    returned(mouth, *line.marks[:-1])
    await begun(speaking)
    assert not speaking.done()
    returned(mouth, line.marks[-1])
    assert await speaking == Spoken(heard_ms=1300, interrupted=False, resume_ms=1000)
    assert not mouth.speaking
    assert mouth.heard_ms == 1300


async def test_each_line_of_a_text_is_spoken_by_itself(mouth: Mouth, voice: Voice, line: Player):
    speaking = await saying(mouth, "100\n\n200")
    assert voice.asked == ["100", "", "200"]
    returned(mouth, *line.marks)
    assert (await speaking).heard_ms == 300


async def test_a_text_of_which_nothing_is_heard_is_over_at_once(mouth: Mouth):
    assert await mouth.say("") == Spoken(heard_ms=0, interrupted=False)


async def test_marks_that_overtake_the_voice_do_not_end_the_text_early(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "100 never")
    returned(mouth, *line.marks)
    await begun(speaking)
    assert not speaking.done()
    await mouth.interrupt()
    assert await speaking == Spoken(heard_ms=100, interrupted=True)


async def test_the_first_sound_is_told_once(mouth: Mouth, line: Player):
    told: list[str] = []
    speaking = await saying(mouth, "500 500", on_first_sound=lambda: told.append("now"))
    returned(mouth, *line.marks)
    await speaking
    assert told == ["now"]


# ---------------------------------------------------------------- marks that say nothing


async def test_only_the_marks_of_this_text_count(mouth: Mouth, line: Player):
    returned(mouth, "1.100")  # nobody speaks yet
    first = await saying(mouth, "100")
    returned(mouth, *line.marks)
    await first
    second = await saying(mouth, "100")
    returned(mouth, "1.100")  # of the text before
    returned(mouth, "2.100", cleared=True)  # dropped, not played
    await begun(second)
    assert not second.done()
    returned(mouth, "2.100")
    assert (await second).heard_ms == 100


async def test_a_mark_that_comes_late_does_not_take_anything_back(mouth: Mouth):
    speaking = await saying(mouth, "1000")
    returned(mouth, "1.800", "1.400")
    assert mouth.heard_ms == 800
    returned(mouth, "1.1000")
    assert (await speaking).heard_ms == 1000


async def test_a_last_mark_that_never_comes_does_not_hold_the_call_up(line: Player, voice: Voice):
    mouth = Mouth(line, voice, grace_s=0.01)
    with capture_logs() as logs:
        spoken = await mouth.say("40")
    assert spoken == Spoken(heard_ms=0, interrupted=False)
    assert [(entry["event"], entry["unheard_ms"]) for entry in logs] == [("mark_missing", 40)]


# ---------------------------------------------------------------- interrupted


async def test_an_interrupted_text_ends_with_what_was_heard_and_where_to_go_on(
    mouth: Mouth, line: Player
):
    speaking = await saying(mouth, "1000 1000 never")
    returned(mouth, *line.marks[:4])
    await mouth.interrupt()
    assert line.clears == 1
    # 1400 ms were heard; what was cut off is said again from the beginning of its clause.
    assert await speaking == Spoken(heard_ms=1400, interrupted=True, resume_ms=1000)
    sent = len(line.sent)
    await begun(speaking)
    assert len(line.sent) == sent  # first the producer stops, then the line is emptied


async def test_a_text_that_has_been_sent_already_can_still_be_stopped(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "1000")
    await mouth.interrupt()
    assert await speaking == Spoken(heard_ms=0, interrupted=True)
    assert line.clears == 1


async def test_two_interruptions_are_one(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "never")
    await asyncio.gather(mouth.interrupt(), mouth.interrupt())
    assert (await speaking).interrupted
    assert line.clears == 1


async def test_what_must_be_heard_is_not_interrupted(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "100", interruptible=False)
    assert not mouth.interruptible
    await mouth.interrupt()
    assert line.clears == 0
    returned(mouth, *line.marks)
    assert not (await speaking).interrupted


async def test_nothing_is_interrupted_while_nobody_speaks(mouth: Mouth, line: Player):
    await mouth.interrupt()
    assert line.clears == 0
    assert not mouth.interruptible


async def test_going_on_leaves_out_what_was_heard_before(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "1000 500 300", skip_ms=1200)
    assert line.sent == [300, "1.300", 300, "1.600"]
    returned(mouth, *line.marks)
    # Both clauses were begun: should it have to go on once more, the second is the place.
    assert await speaking == Spoken(heard_ms=600, interrupted=False, resume_ms=1500)


# ---------------------------------------------------------------- trouble


async def test_a_voice_that_fails_says_so_and_the_line_can_speak_again(mouth: Mouth, line: Player):
    with pytest.raises(SynthesiserUnavailable):
        await mouth.say("100 gone")
    assert not mouth.speaking
    speaking = await saying(mouth, "100")
    returned(mouth, line.marks[-1])
    assert (await speaking).heard_ms == 100


async def test_what_is_left_of_a_text_that_was_given_up_can_be_dropped(mouth: Mouth, line: Player):
    await mouth.silence()  # nothing has been said: nothing to drop
    speaking = await saying(mouth, "1000 never")
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    await mouth.silence()
    assert line.clears == 1
    assert not mouth.speaking


async def test_a_text_that_was_heard_leaves_nothing_to_drop(mouth: Mouth, line: Player):
    speaking = await saying(mouth, "100")
    returned(mouth, *line.marks)
    await speaking
    await mouth.silence()
    assert line.clears == 0
