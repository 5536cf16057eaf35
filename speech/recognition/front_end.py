"""What happens to telephone audio before a model hears it: its rate, and steady noise."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from audio.frame import LINE_RATE_HZ
from audio.resample import Resampler


class FrontEnd(Protocol):
    """Turns the samples of one utterance into those that the model wants, piece by piece."""

    def feed(self, pcm: bytes) -> bytes:
        """Take 16-bit samples of the line; give those that are ready, at the model's rate."""
        ...

    def flush(self) -> bytes:
        """The samples still held back."""
        ...


class AsItIs:
    """For models that take telephone audio."""

    def feed(self, pcm: bytes) -> bytes:
        """The samples themselves."""
        return pcm

    def flush(self) -> bytes:
        """Nothing is held back."""
        return b""


def resampled(to_hz: int) -> FrontEnd:
    """For models that need another rate."""
    return Resampler(from_hz=LINE_RATE_HZ, to_hz=to_hz)


_ZEROS = 6
_HALF = 7
_STRENGTH = 1.0
"""Standard deviation of the noise in units of the lowest bit: Kaldi's default dither."""


def _kernel() -> npt.NDArray[np.float32]:
    """Weights of the 14 samples around the middle between two samples.

    The filter of Kaldi's LinearResample (feat/resample.cc) from 8 to 16 kHz: a sinc with its cutoff
    at 4 kHz under a Hann window of six zeros. Samples that exist already pass unchanged.
    """
    distance = np.arange(-_HALF, _HALF) + 0.5
    window = np.where(np.abs(distance) < _ZEROS, 0.5 * (1 + np.cos(np.pi * distance / _ZEROS)), 0.0)
    weights: npt.NDArray[np.float32] = (np.sinc(distance) * window).astype(np.float32)
    return weights


_KERNEL = _kernel()
_NOISE = np.random.default_rng(0).standard_normal(2 * LINE_RATE_HZ).astype(np.float32) * _STRENGTH
"""A second of noise at 16 kHz, always the same: dither that lets a result be repeated."""


class KaldiLike:
    """To 16 kHz as Kaldi would itself, with dither from a fixed table.

    For a model whose own dither is switched off so that recognition can be repeated, but which was
    trained with dither (`vosk-ivr-en`, see its README).
    """

    def __init__(self) -> None:
        """Begin an utterance."""
        self._kept = np.zeros(_HALF - 1, dtype=np.float32)
        self._made = 0

    def feed(self, pcm: bytes) -> bytes:
        """Take 8 kHz samples; give 16 kHz ones, 7 samples later."""
        fresh = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        known = np.concatenate([self._kept, fresh])
        ready = len(known) - (2 * _HALF - 1)
        if ready <= 0:
            self._kept = known
            return b""
        self._kept = known[ready:]
        doubled = np.empty(2 * ready, dtype=np.float32)
        doubled[0::2] = known[_HALF - 1 : _HALF - 1 + ready]
        doubled[1::2] = np.convolve(known, _KERNEL, "valid")[:ready]
        places = np.arange(self._made, self._made + len(doubled)) % len(_NOISE)
        self._made += len(doubled)
        noisy = np.rint(doubled + _NOISE[places])
        return bytes(np.clip(noisy, -32768, 32767).astype("<i2").tobytes())

    def flush(self) -> bytes:
        """The last 7 samples."""
        return self.feed(bytes(2 * _HALF))
