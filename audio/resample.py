"""Another sampling rate for a stream of sound, piece by piece."""

import numpy as np
import soxr


class Resampler:
    """Converts one mono stream of signed 16-bit little-endian samples from one rate to another.

    The filter looks ahead, so what comes out lags behind what went in by a few milliseconds;
    `flush` gives the rest. The pieces joined are the same however the stream was cut.
    """

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        """Begin a stream.

        Raises:
            ValueError: a rate is not positive.
        """
        # float32 inside: with int16 the library adds random dither, and the same sound would
        # come out differently each time.
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")

    def feed(self, pcm: bytes) -> bytes:
        """Take the next samples; give those that are ready.

        Raises:
            ValueError: half a sample at the end.
        """
        return self._convert(pcm, last=False)

    def flush(self) -> bytes:
        """The samples still held back. The stream begins anew afterwards."""
        rest = self._convert(b"", last=True)
        self._stream.clear()
        return rest

    def _convert(self, pcm: bytes, *, last: bool) -> bytes:
        if len(pcm) % 2:
            raise ValueError(f"{len(pcm)} bytes are not whole 16-bit samples")
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        converted = np.rint(self._stream.resample_chunk(samples, last=last))
        return bytes(np.clip(converted, -32768, 32767).astype("<i2").tobytes())


def resample(pcm: bytes, *, from_hz: int, to_hz: int) -> bytes:
    """A whole sound at another rate; unchanged where the rates are the same."""
    if from_hz == to_hz:
        return pcm
    stream = Resampler(from_hz=from_hz, to_hz=to_hz)
    return stream.feed(pcm) + stream.flush()
