"""What waits to go to Twilio on one stream, and the marks that will come back; without I/O."""

from collections import deque

from audio.frame import SAMPLES_PER_FRAME
from audio.line import MarkReached
from audio.mulaw import SILENCE
from telephony.events import Event, FaultKind, ProtocolFault
from telephony.messages import ClearOut, MarkBody, MarkOut, MediaOut, MediaOutBody, encode

FRAME_BYTES = SAMPLES_PER_FRAME
"""One byte for each mu-law sample: 160."""

MAX_PENDING_MARKS = 1024
"""Beyond it the oldest mark is forgotten; its return counts as unknown."""


class Outbox:
    """The outgoing half of a stream.

    A mark goes out under a name of its own (`<number>.<name>`), so that the same name can be used
    again and a mark that `clear` sent back is told from one that was reached by playing.
    """

    def __init__(self, stream_sid: str) -> None:
        self._stream_sid = stream_sid
        self._texts: deque[tuple[bool, bytes]] = deque()  # (is it sound, text frame)
        self._queued_frames = 0
        self._held = b""
        self._marks: deque[tuple[int, str]] = deque(maxlen=MAX_PENDING_MARKS)
        self._next_mark = 1
        self._first_uncleared_mark = 1

    @property
    def queued_frames(self) -> int:
        """Frames of sound that `take` has not handed out yet."""
        return self._queued_frames

    @property
    def pending_marks(self) -> int:
        """Marks queued or sent and not yet returned."""
        return len(self._marks)

    def audio(self, mulaw: bytes) -> None:
        """Queue sound; less than a frame is held for the next call or `flush`."""
        sound = self._held + mulaw
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._held = sound[whole:]
        for start in range(0, whole, FRAME_BYTES):
            self._frame(sound[start : start + FRAME_BYTES])

    def flush(self) -> None:
        """Queue the held rest of a frame, filled up with silence."""
        if self._held:
            self._frame(self._held.ljust(FRAME_BYTES, SILENCE))
            self._held = b""

    def mark(self, name: str) -> None:
        """Flush, and queue a mark."""
        self.flush()
        mark = (self._next_mark, name)
        self._next_mark += 1
        self._marks.append(mark)
        message = MarkOut(stream_sid=self._stream_sid, mark=MarkBody(name=_wire_name(mark)))
        self._texts.append((False, encode(message)))

    def clear(self) -> None:
        """Drop the queued sound and queue a `clear`, behind the marks that are queued."""
        self._held = b""
        self._texts = deque(item for item in self._texts if not item[0])
        self._queued_frames = 0
        self._first_uncleared_mark = self._next_mark
        self._texts.append((False, encode(ClearOut(stream_sid=self._stream_sid))))

    def take(self, limit: int | None = None) -> list[bytes]:
        """The queued text frames, oldest first, at most `limit` of them."""
        count = len(self._texts) if limit is None else min(limit, len(self._texts))
        batch = [self._texts.popleft() for _ in range(count)]
        self._queued_frames -= sum(is_sound for is_sound, _ in batch)
        return [text for _, text in batch]

    def returned(self, wire_name: str) -> list[Event]:
        """A mark came back; whatever was sent before it has been played or dropped too."""
        names = [_wire_name(mark) for mark in self._marks]
        if wire_name not in names:
            return [ProtocolFault(kind=FaultKind.UNKNOWN_MARK, detail="a mark that is not pending")]
        overtaken = names.index(wire_name)
        events: list[Event] = []
        if overtaken:
            detail = f"{overtaken} marks overtaken: taken as reached"
            events.append(ProtocolFault(kind=FaultKind.MARK_ORDER, detail=detail))
        for _ in range(overtaken + 1):
            number, name = self._marks.popleft()
            events.append(MarkReached(name=name, cleared=number < self._first_uncleared_mark))
        return events

    def _frame(self, mulaw: bytes) -> None:
        message = MediaOut(stream_sid=self._stream_sid, media=MediaOutBody(payload=mulaw))
        self._texts.append((True, encode(message)))
        self._queued_frames += 1


def _wire_name(mark: tuple[int, str]) -> str:
    number, name = mark
    return f"{number}.{name}"
