"""What Twilio's media server does with sound, without sockets or clocks: time is a count of frames.

Twilio plays what it receives in real time, sends a mark back when all that came before it has been
played, and on `clear` drops what is left and sends the pending marks at once
(twilio.com/docs/voice/media-streams/websocket-messages).
"""

import audioop
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from audio.frame import FRAME_MS, LINE_RATE_HZ, SAMPLES_PER_FRAME

SILENT_FRAME: Final = b"\xff" * SAMPLES_PER_FRAME
"""20 ms of mu-law silence."""

BYTES_PER_MS: Final = LINE_RATE_HZ // 1000

LOUD: Final = 328
"""A sample from here on (-40 dB of full scale) is sound that a person on the phone notices."""

ONSET_GAP_MS: Final = 200
"""After this much quiet, sound counts as a new beginning: longer than a pause between words."""

MAX_BUFFER_MS: Final = 600_000


class PlayoutOverflow(Exception):
    """The line sent more sound than a call can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """20 ms of playout: the sound (silence where there is none) and the marks it reached."""

    mulaw: bytes
    marks: tuple[str, ...]


class PlayoutBuffer:
    """Sound of the line that has been received and not played yet, with the marks in it."""

    def __init__(self) -> None:
        self._sound = bytearray()
        self._played = 0
        self._marks: deque[tuple[int, str]] = deque()
        self.cleared_ms = 0
        """How much sound `clear` has dropped so far."""

    @property
    def pending_ms(self) -> int:
        """How much sound is still to be played."""
        return -(-len(self._sound) // BYTES_PER_MS)

    def push(self, mulaw: bytes) -> None:
        """Add sound of any length.

        Raises:
            PlayoutOverflow: more than ten minutes are waiting.
        """
        if len(self._sound) + len(mulaw) > MAX_BUFFER_MS * BYTES_PER_MS:
            raise PlayoutOverflow(f"more than {MAX_BUFFER_MS // 60_000} minutes of sound wait")
        self._sound += mulaw

    def mark(self, name: str) -> None:
        """Remember a mark behind the sound that is here now."""
        self._marks.append((self._played + len(self._sound), name))

    def clear(self) -> tuple[str, ...]:
        """Drop all sound; the marks in it come back, in order."""
        self.cleared_ms += self.pending_ms
        self._sound.clear()
        names = tuple(name for _, name in self._marks)
        self._marks.clear()
        return names

    def tick(self) -> Played:
        """Play the next 20 ms."""
        frame = bytes(self._sound[:SAMPLES_PER_FRAME])
        del self._sound[:SAMPLES_PER_FRAME]
        self._played += len(frame)
        reached = []
        while self._marks and self._marks[0][0] <= self._played:
            reached.append(self._marks.popleft()[1])
        return Played(mulaw=frame.ljust(SAMPLES_PER_FRAME, b"\xff"), marks=tuple(reached))


class Ear:
    """Listens to one side of the call: when is it loud, when does it begin and fall silent.

    All times are milliseconds on the call's clock, exact to the sample.
    """

    def __init__(self) -> None:
        self.loud_ms = 0
        """How much of the sound so far was in frames with something loud in them."""
        self.onsets_ms: list[float] = []
        """When the side began to sound, each after a gap of quiet."""
        self.last_loud_ms: float | None = None
        """The end of the last loud sample."""

    def hear(self, at_ms: int, mulaw: bytes) -> None:
        """Take the sound that begins at `at_ms`; calls come in the order of time."""
        if mulaw == SILENT_FRAME:
            return
        pcm = audioop.ulaw2lin(mulaw, 2)
        if audioop.max(pcm, 2) < LOUD:
            return
        samples = np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32))
        loud = np.flatnonzero(samples >= LOUD)
        first_ms = at_ms + float(loud[0]) / BYTES_PER_MS
        if self.last_loud_ms is None or first_ms - self.last_loud_ms >= ONSET_GAP_MS:
            self.onsets_ms.append(first_ms)
        self.last_loud_ms = at_ms + float(loud[-1] + 1) / BYTES_PER_MS
        self.loud_ms += FRAME_MS

    def quiet_ms(self, now_ms: float) -> float:
        """How long it has been quiet; since the beginning of the call if it never sounded."""
        return now_ms - (self.last_loud_ms or 0)

    def onset_after(self, moment_ms: float) -> float | None:
        """The first beginning of sound after a moment."""
        return next((onset for onset in self.onsets_ms if onset >= moment_ms), None)
