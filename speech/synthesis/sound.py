"""From the voice's samples to the line's: level, silence at the ends, rate, mu-law."""

import numpy as np

from audio import mulaw
from audio.frame import FRAME_MS, LINE_RATE_HZ
from audio.resample import resample

_TARGET_DBFS = -20.0
"""Level of the speech itself, root mean square; telephone prompts are usually at -18 to -22 dBm0
(ITU-T P.56 active speech level, with about 20 dB of head-room)."""
_PEAK = 0.89
"""The loudest sample may have this share of full scale (-1 dBFS): mu-law clips at full scale."""
_SILENT_DB = -40.0
"""A block this far below the loudest one is silence."""
_BLOCK_MS = 10
_LEAD_MS = 20
_SENTENCE_PAUSE_MS = 240
_CLAUSE_PAUSE_MS = 120


def for_the_line(pcm: bytes, rate_hz: int, text: str) -> bytes:
    """8 kHz mu-law of a clause, in whole frames; empty when the samples are silent.

    Silence at the ends is cut and replaced by a pause that fits the clause's last character.
    """
    samples = np.frombuffer(resample(pcm, from_hz=rate_hz, to_hz=LINE_RATE_HZ), dtype="<i2") / 32768
    block = LINE_RATE_HZ * _BLOCK_MS // 1000
    padded = np.pad(samples, (0, -len(samples) % block)).reshape(-1, block)
    level = np.sqrt(np.mean(padded**2, axis=1))
    if not level.size or level.max() == 0:
        return b""
    active = np.flatnonzero(level > level.max() * 10 ** (_SILENT_DB / 20))
    lead = _LEAD_MS // _BLOCK_MS
    speech = padded[max(0, active[0] - lead) : active[-1] + 1 + lead].ravel()
    loudness = np.sqrt(np.mean(padded[active] ** 2))
    gain = min(10 ** (_TARGET_DBFS / 20) / loudness, _PEAK / np.abs(speech).max())
    coded = mulaw.encode(np.rint(speech * gain * 32767).astype("<i2").tobytes())
    ended = text.rstrip("\"')]").endswith((".", "!", "?"))
    pause_ms = _SENTENCE_PAUSE_MS if ended else _CLAUSE_PAUSE_MS
    coded += mulaw.SILENCE * (pause_ms * LINE_RATE_HZ // 1000)
    frame = FRAME_MS * LINE_RATE_HZ // 1000
    return coded + mulaw.SILENCE * (-len(coded) % frame)
