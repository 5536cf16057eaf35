"""The bounded queue between a line's socket and its conversation."""

import asyncio
from collections import deque

from audio.frame import AudioFrame
from audio.line import LineClosed, LineEvent

MAX_OTHER_EVENTS = 1000
"""Unread keys and marks. A caller does not press so many; it is the bound against a far side gone
wrong, and against a conversation that has stopped reading."""


class Overflow(Exception):
    """More keys and marks than fit; dropping one would lose what the caller meant."""


class EventQueue:
    """Keeps the order of events; when sound comes faster than it is read, the oldest goes.

    Keys, marks and the end of the line are never dropped.
    """

    def __init__(self, *, max_frames: int) -> None:
        self._events: deque[LineEvent] = deque()
        self._max_frames = max_frames
        self._frames = 0
        self._ready = asyncio.Event()
        self.frames_dropped = 0

    def put(self, event: LineEvent) -> bool:
        """Add an event; False when an older frame had to go for it.

        Raises:
            Overflow: the event is not sound, and nobody has read the thousand before it.
        """
        kept = True
        if isinstance(event, AudioFrame):
            if self._frames >= self._max_frames:
                self._drop_oldest_frame()
                kept = False
            self._frames += 1
        elif len(self._events) - self._frames >= MAX_OTHER_EVENTS:
            raise Overflow
        self._events.append(event)
        self._ready.set()
        return kept

    def end(self, closed: LineClosed) -> None:
        """Add the last event, whatever the bound."""
        self._events.append(closed)
        self._ready.set()

    async def get(self) -> LineEvent:
        """The next event, as soon as there is one."""
        while not self._events:
            self._ready.clear()
            await self._ready.wait()
        event = self._events.popleft()
        if isinstance(event, AudioFrame):
            self._frames -= 1
        return event

    def _drop_oldest_frame(self) -> None:
        oldest = next(i for i, event in enumerate(self._events) if isinstance(event, AudioFrame))
        del self._events[oldest]
        self._frames -= 1
        self.frames_dropped += 1
