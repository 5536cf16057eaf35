"""What a model hears of the telephone."""

import numpy as np
import pytest

from audio.resample import Resampler
from speech.recognition.front_end import AsItIs, KaldiLike, resampled


def tone(samples: int) -> bytes:
    return (8000 * np.sin(np.arange(samples) / 5)).astype("<i2").tobytes()


def run(pcm: bytes, step: int) -> bytes:
    front_end = KaldiLike()
    pieces = [front_end.feed(pcm[at : at + step]) for at in range(0, len(pcm), step)]
    return b"".join([*pieces, front_end.flush()])


def test_a_model_for_the_telephone_hears_it_as_it_is():
    front_end = AsItIs()
    assert front_end.feed(b"ab") + front_end.flush() == b"ab"


def test_a_model_of_another_rate_hears_it_resampled():
    assert isinstance(resampled(16000), Resampler)


@pytest.mark.parametrize("step", [2, 10, 320, 1600])
def test_the_compact_models_sound_is_the_same_however_it_comes(step: int):
    sound = tone(1000)
    assert run(sound, step) == run(sound, len(sound))
    assert len(run(sound, step)) == 2 * len(sound)


def test_interpolation_keeps_the_samples_and_finds_those_between():
    doubled = np.frombuffer(run(tone(1000), 320), "<i2").astype(float)
    expected = 8000 * np.sin(np.arange(2000) / 10)
    inner = slice(40, -40)
    assert np.abs(doubled[inner] - expected[inner]).max() < 10, "noise of a bit or two, no more"


def test_silence_becomes_faint_noise_that_is_always_the_same():
    noise = np.frombuffer(run(bytes(16000 * 2), 320), "<i2").astype(float)
    assert 0.9 < noise.std() < 1.2
    assert run(bytes(3200), 320) == run(bytes(3200), 3200)


def test_the_loudest_sound_does_not_wrap_around():
    loud = np.full(400, 32767, dtype="<i2").tobytes()
    assert np.frombuffer(run(loud, 320), "<i2")[40:-40].min() > 32000
