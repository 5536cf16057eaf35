"""Sound at another rate."""

import numpy as np
import pytest

from audio.resample import Resampler, resample


def tone(hz: int, rate_hz: int, seconds: float = 0.5) -> bytes:
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    return (8000 * np.sin(2 * np.pi * hz * times)).astype("<i2").tobytes()


def loudest_hz(pcm: bytes, rate_hz: int) -> float:
    samples = np.frombuffer(pcm, "<i2")
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate_hz / len(samples))


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(8000, 16000), (16000, 8000), (22050, 8000), (8000, 22050)]
)
def test_a_tone_keeps_its_pitch_and_its_length(from_hz: int, to_hz: int):
    heard = resample(tone(440, from_hz), from_hz=from_hz, to_hz=to_hz)
    assert len(heard) == to_hz
    assert abs(loudest_hz(heard, to_hz) - 440) < 4


@pytest.mark.parametrize("step", [2, 320, 882])
def test_the_pieces_of_a_stream_are_the_whole(step: int):
    sound = tone(440, 22050, 0.2)
    stream = Resampler(from_hz=22050, to_hz=8000)
    pieces = [stream.feed(sound[at : at + step]) for at in range(0, len(sound), step)]
    assert b"".join([*pieces, stream.flush()]) == resample(sound, from_hz=22050, to_hz=8000)


def test_after_a_flush_a_stream_begins_anew():
    sound = tone(440, 16000, 0.1)
    stream = Resampler(from_hz=16000, to_hz=8000)
    first = stream.feed(sound) + stream.flush()
    assert stream.feed(sound) + stream.flush() == first


def test_the_same_rate_changes_nothing():
    assert resample(b"\x01\x02", from_hz=8000, to_hz=8000) == b"\x01\x02"


def test_what_cannot_be_resampled_is_refused():
    with pytest.raises(ValueError, match="rate"):
        Resampler(from_hz=0, to_hz=8000)
    with pytest.raises(ValueError, match="1 bytes are not whole"):
        Resampler(from_hz=16000, to_hz=8000).feed(b"a")
