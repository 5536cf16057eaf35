"""WAV files of 16-bit sound, one sample stream for each channel. Telephone audio unless said."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.frame import LINE_RATE_HZ

_BYTES_PER_SAMPLE = 2


class WavError(ValueError):
    """The file is not sound of the kind asked for; the sentence names it and says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav:
    """The sound of one file.

    Attributes:
        channels: for each channel its signed 16-bit little-endian samples; left comes first.
        rate_hz: samples per second.
    """

    channels: tuple[bytes, ...]
    rate_hz: int

    @property
    def duration_ms(self) -> int:
        """How long it plays."""
        return len(self.channels[0]) // _BYTES_PER_SAMPLE * 1000 // self.rate_hz

    def mono(self) -> bytes:
        """The samples of the only channel.

        Raises:
            WavError: there are more.
        """
        if len(self.channels) != 1:
            raise WavError(f"one channel is expected, not {len(self.channels)}")
        return self.channels[0]


def read_wav(path: Path, *, rate_hz: int | None = LINE_RATE_HZ) -> Wav:
    """Read a 16-bit PCM file.

    Args:
        path: the file.
        rate_hz: the sample rate it must have; None takes any.

    Raises:
        WavError: not a WAV file, not 16-bit, cut short, or of another rate.
        OSError: the file cannot be read.
    """
    try:
        with wave.open(str(path), "rb") as file:
            parameters = file.getparams()
            data = file.readframes(parameters.nframes)
    except (wave.Error, EOFError) as error:
        raise WavError(f"{path} is not a WAV file: {error or 'it is cut short'}") from error
    if parameters.sampwidth != _BYTES_PER_SAMPLE:
        raise WavError(f"{path} has {parameters.sampwidth * 8}-bit samples; 16-bit is needed")
    if rate_hz is not None and parameters.framerate != rate_hz:
        raise WavError(f"{path} is at {parameters.framerate} Hz; {rate_hz} Hz is needed")
    if len(data) != parameters.nframes * parameters.nchannels * _BYTES_PER_SAMPLE:
        raise WavError(f"{path} is cut short: its header promises {parameters.nframes} samples")
    samples = np.frombuffer(data, dtype="<i2").reshape(-1, parameters.nchannels)
    return Wav(
        channels=tuple(samples[:, channel].tobytes() for channel in range(parameters.nchannels)),
        rate_hz=parameters.framerate,
    )


def write_wav(path: Path, *channels: bytes, rate_hz: int = LINE_RATE_HZ) -> None:
    """Write a file, making its folder; shorter channels are filled up with silence.

    The file appears whole or not at all.

    Args:
        path: the file.
        channels: for each channel its signed 16-bit little-endian samples.
        rate_hz: samples per second.

    Raises:
        OSError: the file cannot be written.
    """
    width = max(len(channel) for channel in channels)
    columns = [np.frombuffer(channel.ljust(width, b"\0"), dtype="<i2") for channel in channels]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with wave.open(str(partial), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(_BYTES_PER_SAMPLE)
        file.setframerate(rate_hz)
        file.writeframes(np.stack(columns, axis=1).tobytes())
    partial.replace(path)
