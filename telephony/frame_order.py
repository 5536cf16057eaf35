"""Puts a number and a time on each frame from Twilio: gaps, repeats and jumps are found here."""

from audio.frame import FRAME_MS
from telephony.events import FaultKind, ProtocolFault

STALE_MESSAGES = 50
"""A message up to 50 numbers (1 s) behind is a repeat or a latecomer; more is a renumbering."""

MAX_GAP_MESSAGES = 500
"""A gap of up to 10 s counts as lost sound; more than that is a renumbering."""

JITTER_MS = 1000
"""A timestamp may be this far from where the frames before put it."""

MAX_PAUSE_MS = 60_000
"""A pause without frames up to this long is believed; beyond it (or backwards) the far side's clock
is taken to have been set anew, and counting goes on from the last frame."""


class FrameOrder:
    """The running order of one stream.

    Attributes:
        frames_lost: frames that never came.
        frames_stale: frames dropped because they came again or too late.
    """

    def __init__(self) -> None:
        self.frames_lost = 0
        self.frames_stale = 0
        self._next_chunk: int | None = None
        self._next_ms = 0
        self._shift_ms = 0

    def place(
        self, chunk: int | None, told_ms: int | None, frames: int
    ) -> tuple[int | None, list[ProtocolFault]]:
        """Take the next message.

        Args:
            chunk: its number (Twilio's `media.chunk`); None: it follows the one before.
            told_ms: its time on the far side's clock; None: it follows the frame before.
            frames: how many frames it carries.

        Returns:
            The time of its first frame in milliseconds since the stream began, or None when the
            message must be dropped; and what was wrong.
        """
        faults: list[ProtocolFault] = []
        expected_ms = self._next_ms
        if chunk is None:
            chunk = self._next_chunk or 1
        ahead = chunk - self._next_chunk if self._next_chunk is not None else 0
        if ahead:
            if -STALE_MESSAGES <= ahead < 0:
                self.frames_stale += frames
                detail = f"message {-ahead} behind, a repeat or a latecomer: dropped"
                return None, [ProtocolFault(kind=FaultKind.STALE_FRAME, detail=detail)]
            if 0 < ahead <= MAX_GAP_MESSAGES:
                self.frames_lost += ahead * frames
                expected_ms += ahead * frames * FRAME_MS
                detail = f"{ahead * frames} frames never came"
                faults.append(ProtocolFault(kind=FaultKind.FRAMES_LOST, detail=detail))
            else:
                detail = "the far side numbers its messages anew: accepted"
                faults.append(ProtocolFault(kind=FaultKind.RENUMBERED, detail=detail))
        at_ms = self._time(told_ms, expected_ms, faults)
        self._next_chunk = chunk + 1
        self._next_ms = at_ms + frames * FRAME_MS
        return at_ms, faults

    def _time(self, told_ms: int | None, expected_ms: int, faults: list[ProtocolFault]) -> int:
        if told_ms is None:
            return expected_ms
        jump_ms = told_ms + self._shift_ms - expected_ms
        if abs(jump_ms) <= JITTER_MS:
            return max(expected_ms + jump_ms, 0)
        if 0 < jump_ms <= MAX_PAUSE_MS:
            detail = f"{jump_ms} ms without sound"
            faults.append(ProtocolFault(kind=FaultKind.TIMESTAMP_JUMP, detail=detail))
            return expected_ms + jump_ms
        self._shift_ms -= jump_ms
        detail = "the far side's clock was set anew: counting goes on"
        faults.append(ProtocolFault(kind=FaultKind.TIMESTAMP_JUMP, detail=detail))
        return expected_ms
