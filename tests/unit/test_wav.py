"""WAV files, good and bad."""

import wave
from pathlib import Path

import pytest

from audio.wav import WavError, read_wav, write_wav


def test_what_is_written_is_read_back_side_by_side(tmp_path: Path):
    path = tmp_path / "new" / "call.wav"
    write_wav(path, b"\x01\x02" * 8000, b"\x03\x04")
    wav = read_wav(path)
    assert wav.rate_hz == 8000
    assert wav.duration_ms == 1000
    assert wav.channels == (b"\x01\x02" * 8000, b"\x03\x04" + b"\0\0" * 7999)
    assert [one.name for one in path.parent.iterdir()] == ["call.wav"]
    with pytest.raises(WavError, match="one channel is expected, not 2"):
        wav.mono()


def test_a_mono_file_gives_its_samples(tmp_path: Path):
    path = tmp_path / "one.wav"
    write_wav(path, b"\x01\x02" * 80)
    assert read_wav(path).mono() == b"\x01\x02" * 80


def test_another_rate_is_refused_unless_any_will_do(tmp_path: Path):
    path = tmp_path / "wide.wav"
    write_wav(path, b"\0\0" * 10, rate_hz=16_000)
    with pytest.raises(WavError, match="is at 16000 Hz; 8000 Hz is needed"):
        read_wav(path)
    assert read_wav(path, rate_hz=None).rate_hz == 16_000


def test_other_sample_widths_are_refused(tmp_path: Path):
    path = tmp_path / "bytes.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 100)
    with pytest.raises(WavError, match="8-bit samples"):
        read_wav(path)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a sound at all, not at all, no no no no"])
def test_what_is_no_wav_file_is_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "bad.wav"
    path.write_bytes(data)
    with pytest.raises(WavError, match="is not a WAV file"):
        read_wav(path)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path):
    path = tmp_path / "cut.wav"
    write_wav(path, b"\x01\x02" * 8000)
    path.write_bytes(path.read_bytes()[:-101])
    with pytest.raises(WavError, match="cut short"):
        read_wav(path)
