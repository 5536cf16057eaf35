"""What only the fake line does: its script and its time."""

import pytest

from audio.frame import AudioFrame
from audio.line import KeyPressed, LineClosed, MarkReached
from tests.fakes.line import FakeLine, HangUp, Press, Quiet, Sound, Until


async def test_the_script_takes_as_long_as_it_says():
    line = FakeLine(
        [Quiet(ms=100), Sound(pcm=b"\1" * 500), Press(keys="12"), HangUp(reason="lost")]
    )
    events = [event async for event in line.events()]
    assert line.now_ms == 100 + 40 + 40
    assert [e for e in events if not isinstance(e, AudioFrame)] == [
        KeyPressed(key="1"),
        KeyPressed(key="2"),
        LineClosed(reason="lost"),
    ]
    assert events[6].pcm == b"\1" * 180 + bytes(140)


async def test_sound_is_played_in_time_and_marks_follow_it():
    line = FakeLine([Until(condition=lambda line: not line.playing), HangUp()])
    await line.play(bytes(160 * 50))
    await line.mark("end")
    reached_ms = [line.now_ms async for event in line.events() if isinstance(event, MarkReached)]
    assert reached_ms == [1000]
    assert (len(line.played), line.marks, line.clears) == (8000, ["end"], 0)


async def test_the_test_fails_when_what_it_waits_for_does_not_come():
    line = FakeLine([Until(condition=lambda _: False, within_ms=100)])
    with pytest.raises(AssertionError, match="within 100 ms"):
        _ = [event async for event in line.events()]


async def test_the_test_fails_when_nobody_closes_the_line():
    with pytest.raises(AssertionError, match="nobody closed the line within 200 ms"):
        _ = [event async for event in FakeLine(limit_ms=200).events()]
