"""Is somebody speaking in this frame? WebRTC's detector behind an energy gate."""

import audioop
import math

import webrtcvad

from audio.frame import AudioFrame

FULL_SCALE = 32768


def level_dbfs(pcm: bytes) -> float:
    """Root-mean-square level of 16-bit samples in dB of full scale; -inf for digital silence."""
    rms = audioop.rms(pcm, 2)
    return 20 * math.log10(rms / FULL_SCALE) if rms else -math.inf


class VoiceDetector:
    """Tells voiced frames from the rest, frame by frame.

    Args:
        mode: WebRTC's aggressiveness, 0 (lets much through) to 3 (little).
        floor_dbfs: quieter frames are never voice. Telephone speech lies around -20 dBFS, line
            noise below -50 dBFS; the gate spares the detector its false alarms on hiss.
    """

    def __init__(self, *, mode: int = 2, floor_dbfs: float = -48.0) -> None:
        self._vad = webrtcvad.Vad(mode)
        self._floor_dbfs = floor_dbfs

    def is_voiced(self, frame: AudioFrame) -> bool:
        """Whether the frame holds voice. Frames must be 10, 20 or 30 ms long."""
        if level_dbfs(frame.pcm) < self._floor_dbfs:
            return False
        return bool(self._vad.is_speech(frame.pcm, frame.rate_hz))
