"""The recording of a call on the call's clock, and what can be measured on it."""

import audioop
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from audio.frame import FRAME_MS, SAMPLES_PER_FRAME
from audio.wav import write_wav
from ivr.caller.media import LOUD

_FULL_SCALE: Final = 32768
_CLIPPED: Final = 32124
"""The largest value that mu-law can hold (ITU-T G.711)."""

SAME_TALK_MS: Final = 2000
"""A longer quiet, or one in which the caller does something, lies between two turns."""


class AudioReport(msgspec.Struct, frozen=True, kw_only=True):
    """The sound of a call.

    Attributes:
        caller_s: how long the caller was audible.
        line_s: how long the line was audible.
        line_rms_dbfs: level of the line where it is audible; None if it never is.
        line_peak_dbfs: its loudest sample; None if there is only silence.
        clipped_samples: samples of the line at the largest value there is.
        longest_gap_ms: longest quiet inside one stretch of the line's talk: pauses between
            sentences, and worse, sound that came too late.
    """

    caller_s: float
    line_s: float
    line_rms_dbfs: float | None
    line_peak_dbfs: float | None
    clipped_samples: int
    longest_gap_ms: int


class Tape:
    """Both sides of a call, frame by frame, as mu-law."""

    def __init__(self) -> None:
        self._caller = bytearray()
        self._line = bytearray()

    def record(self, at_ms: int, caller: bytes, line: bytes) -> None:
        """Add 20 ms of both sides; where nothing was recorded before `at_ms`, there is silence."""
        begin = at_ms // FRAME_MS * SAMPLES_PER_FRAME
        for side, frame in ((self._caller, caller), (self._line, line)):
            side.extend(b"\xff" * (begin - len(side)))
            side.extend(frame)

    def write(self, path: Path) -> None:
        """Write a stereo WAV file: left the caller, right the line.

        Raises:
            OSError: it cannot be written.
        """
        write_wav(path, audioop.ulaw2lin(self._caller, 2), audioop.ulaw2lin(self._line, 2))

    def report(self, pressed_ms: Sequence[float]) -> AudioReport:
        """Measure the sound; `pressed_ms` says when the caller pressed keys."""
        caller, line = _frames(self._caller), _frames(self._line)
        caller_loud, line_loud = _loud(caller), _loud(line)
        peak = int(np.max(line, initial=0))
        audible = line[line_loud].astype(np.float64)
        rms = float(np.sqrt(np.mean(audible**2))) if audible.size else 0.0
        busy = caller_loud.copy()
        for moment_ms in pressed_ms:
            busy[int(moment_ms) // FRAME_MS : int(moment_ms) // FRAME_MS + 1] = True
        return AudioReport(
            caller_s=int(caller_loud.sum()) * FRAME_MS / 1000,
            line_s=int(line_loud.sum()) * FRAME_MS / 1000,
            line_rms_dbfs=_dbfs(rms),
            line_peak_dbfs=_dbfs(peak),
            clipped_samples=int((line >= _CLIPPED).sum()),
            longest_gap_ms=_longest_gap_ms(line_loud, busy),
        )


def _frames(mulaw: bytearray) -> npt.NDArray[np.int32]:
    samples = np.frombuffer(audioop.ulaw2lin(mulaw, 2), dtype="<i2").astype(np.int32)
    return np.abs(samples).reshape(-1, SAMPLES_PER_FRAME)


def _loud(frames: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    return np.asarray((frames >= LOUD).any(axis=1))


def _dbfs(value: float) -> float | None:
    return round(20 * math.log10(value / _FULL_SCALE), 1) if value else None


def _longest_gap_ms(line_loud: npt.NDArray[np.bool_], busy: npt.NDArray[np.bool_]) -> int:
    loud = np.flatnonzero(line_loud)
    gaps = [
        (end - begin - 1) * FRAME_MS
        for begin, end in itertools.pairwise(loud.tolist())
        if end - begin > 1 and not busy[begin:end].any()
    ]
    return max((gap for gap in gaps if gap < SAME_TALK_MS), default=0)
