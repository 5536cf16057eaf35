"""The unit in which sound moves through the server: 20 ms of one side of a call."""

from dataclasses import dataclass

FRAME_MS = 20
LINE_RATE_HZ = 8000
"""Telephone audio: 8 kHz (Twilio Media Streams carry only this rate)."""

SAMPLES_PER_FRAME = LINE_RATE_HZ * FRAME_MS // 1000
"""160 samples; as mu-law, 160 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFrame:
    """20 ms of sound from one side of the call.

    Attributes:
        pcm: signed 16-bit little-endian mono samples.
        rate_hz: samples per second.
        sequence: number of the frame within its stream, from 0, without gaps.
        timestamp_ms: time of the first sample since the stream began, as the far side counts it.
    """

    pcm: bytes
    rate_hz: int
    sequence: int
    timestamp_ms: int
