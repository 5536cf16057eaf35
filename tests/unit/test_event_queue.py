"""The bounded queue of a line's events."""

import asyncio

import pytest

from audio.frame import AudioFrame
from audio.line import KeyPressed, LineClosed
from telephony.event_queue import MAX_OTHER_EVENTS, EventQueue, Overflow


def frame(number: int) -> AudioFrame:
    return AudioFrame(pcm=bytes(320), rate_hz=8000, sequence=number, timestamp_ms=number * 20)


async def everything(queue: EventQueue) -> list[object]:
    events = []
    while not events or not isinstance(events[-1], LineClosed):
        events.append(await queue.get())
    return events


async def test_events_come_out_in_order():
    queue = EventQueue(max_frames=10)
    sent = [frame(0), KeyPressed(key="1"), frame(1)]
    assert all(queue.put(event) for event in sent)
    queue.end(LineClosed(reason="stop"))
    assert await everything(queue) == [*sent, LineClosed(reason="stop")]


async def test_a_slow_reader_loses_the_oldest_sound_but_no_key():
    queue = EventQueue(max_frames=2)
    kept = [queue.put(e) for e in (KeyPressed(key="1"), frame(0), KeyPressed(key="2"), frame(1))]
    assert kept == [True] * 4
    assert [queue.put(frame(2)), queue.put(frame(3))] == [False, False]
    queue.end(LineClosed(reason="stop"))
    assert await everything(queue) == [
        KeyPressed(key="1"),
        KeyPressed(key="2"),
        frame(2),
        frame(3),
        LineClosed(reason="stop"),
    ]
    assert queue.frames_dropped == 2


async def test_reading_makes_room_again():
    queue = EventQueue(max_frames=1)
    for number in range(5):
        assert queue.put(frame(number))
        assert await queue.get() == frame(number)
    assert queue.frames_dropped == 0


async def test_a_reader_waits_for_the_next_event():
    queue = EventQueue(max_frames=1)
    reader = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not reader.done()
    queue.put(KeyPressed(key="5"))
    assert await reader == KeyPressed(key="5")


async def test_more_keys_than_anybody_presses_are_an_overflow_and_the_end_still_fits():
    queue = EventQueue(max_frames=1)
    for _ in range(MAX_OTHER_EVENTS):
        queue.put(KeyPressed(key="1"))
    with pytest.raises(Overflow):
        queue.put(KeyPressed(key="1"))
    assert queue.put(frame(0))
    queue.end(LineClosed(reason="fault"))
    assert len(await everything(queue)) == MAX_OTHER_EVENTS + 2
