"""The recordings in `tests/audio/`, as frames of a call."""

import wave
from pathlib import Path

from audio import mulaw
from audio.frame import FRAME_MS, LINE_RATE_HZ, SAMPLES_PER_FRAME, AudioFrame

RECORDINGS = Path(__file__).parent / "audio"


def frames_of(pcm: bytes) -> list[AudioFrame]:
    """Whole frames of 8 kHz samples; the last one is filled with silence."""
    size = SAMPLES_PER_FRAME * 2
    pcm += bytes(-len(pcm) % size)
    return [
        AudioFrame(
            pcm=pcm[at : at + size],
            rate_hz=LINE_RATE_HZ,
            sequence=number,
            timestamp_ms=number * FRAME_MS,
        )
        for number, at in enumerate(range(0, len(pcm), size))
    ]


def recording(name: str) -> list[AudioFrame]:
    """A recording as it comes over the telephone."""
    with wave.open(str(RECORDINGS / f"{name}.wav")) as sound:
        assert sound.getframerate() == LINE_RATE_HZ
        pcm = sound.readframes(sound.getnframes())
    return frames_of(mulaw.decode(mulaw.encode(pcm)))
