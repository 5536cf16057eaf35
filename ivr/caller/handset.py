"""The caller's telephone, without sockets or clocks: mouth, ear, keys and the recording."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from audio.frame import FRAME_MS, SAMPLES_PER_FRAME
from ivr.caller.media import Ear, PlayoutBuffer
from ivr.caller.tape import Tape

KEY_INTERVAL_MS: Final = 200
"""A person who knows the number by heart presses about five keys a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What Twilio tells the line for 20 ms of the call."""

    caller: bytes
    key: str | None
    marks: tuple[str, ...]


class Handset:
    """One call's sound on both sides, on the call's clock, which goes 20 ms on with each tick."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.playout = PlayoutBuffer()
        self.caller = Ear()
        self.line = Ear()
        self.tape = Tape()
        self.pressed_ms: list[float] = []
        self._mouth = bytearray()
        self._keys: deque[str] = deque()
        self._next_key_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether the caller still has something to say."""
        return bool(self._mouth)

    @property
    def pressing(self) -> bool:
        """Whether the caller still has keys to press."""
        return bool(self._keys)

    def connect(self, at_ms: int) -> None:
        """A stream begins: the clock moves on to `at_ms`, and nothing is left to play."""
        self.now_ms = max(self.now_ms, at_ms // FRAME_MS * FRAME_MS)
        self.playout = PlayoutBuffer()

    def speak(self, mulaw: bytes) -> None:
        """Begin to speak with the next tick, after what is being said already."""
        self._mouth += mulaw

    def press(self, keys: str) -> None:
        """Begin to press keys with the next tick."""
        self._keys.extend(keys)

    def tick(self) -> Tick:
        """Let 20 ms pass."""
        caller = bytes(self._mouth[:SAMPLES_PER_FRAME]).ljust(SAMPLES_PER_FRAME, b"\xff")
        del self._mouth[:SAMPLES_PER_FRAME]
        played = self.playout.tick()
        self.caller.hear(self.now_ms, caller)
        self.line.hear(self.now_ms, played.mulaw)
        self.tape.record(self.now_ms, caller, played.mulaw)
        key = None
        if self._keys and self.now_ms >= self._next_key_ms:
            key = self._keys.popleft()
            self._next_key_ms = self.now_ms + KEY_INTERVAL_MS
            self.pressed_ms.append(self.now_ms)
        self.now_ms += FRAME_MS
        return Tick(caller=caller, key=key, marks=played.marks)
