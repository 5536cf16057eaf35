"""From the voice's samples to the line's."""

import math

import numpy as np
import pytest

from audio import mulaw
from audio.frame import SAMPLES_PER_FRAME
from speech.synthesis.sound import for_the_line

RATE_HZ = 22050


def hum(seconds: float, level: float) -> np.ndarray:
    times = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    return 32767 * level * np.sin(2 * np.pi * 300 * times)


def pcm(*parts: np.ndarray) -> bytes:
    return np.concatenate(parts).astype("<i2").tobytes()


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(int(RATE_HZ * seconds))


def heard(sound: bytes) -> np.ndarray:
    return np.frombuffer(mulaw.decode(sound), "<i2") / 32768


@pytest.mark.parametrize("level", [0.02, 0.3, 0.99])
def test_every_clause_is_equally_loud(level: float):
    samples = heard(for_the_line(pcm(hum(1, level)), RATE_HZ, "Hello."))[:7000]
    assert 20 * math.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-20, abs=0.7)


def test_a_single_loud_click_is_not_clipped():
    spoken = hum(1, 0.1)
    spoken[5000:5020] = 32767
    assert np.abs(heard(for_the_line(pcm(spoken), RATE_HZ, "Hello."))).max() < 0.95


def test_silence_at_the_ends_becomes_one_short_pause():
    spoken = pcm(quiet(0.7), hum(0.5, 0.3), quiet(0.9))
    sentence = for_the_line(spoken, RATE_HZ, 'He said "hello."')
    clause = for_the_line(spoken, RATE_HZ, "hello,")
    assert 0.75 < len(sentence) / 8000 < 0.85
    assert len(sentence) - len(clause) == 960
    assert clause.endswith(mulaw.SILENCE * 900)


def test_the_sound_is_whole_frames():
    assert len(for_the_line(pcm(hum(0.333, 0.3)), RATE_HZ, "x")) % SAMPLES_PER_FRAME == 0


def test_no_sound_stays_no_sound():
    assert for_the_line(b"", RATE_HZ, "x") == b""
    assert for_the_line(pcm(quiet(0.5)), RATE_HZ, "x") == b""
