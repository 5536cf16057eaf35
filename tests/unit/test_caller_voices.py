"""Recordings of the callers."""

import audioop
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from audio.wav import read_wav, write_wav
from ivr.caller.voices import (
    VOICES,
    SoundMissing,
    levelled,
    played,
    record,
    recording_path,
    spoken,
    synthesise,
)

CALLS = Path(__file__).parent.parent / "calls"


def tone(amplitude: float, seconds: float = 0.5) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(int(8000 * seconds)) / 8000)


def dbfs(value: float) -> float:
    return float(20 * np.log10(value / 32768))


def test_recordings_are_named_after_what_is_said(tmp_path: Path):
    assert recording_path(tmp_path, "dana", "No, that's all!") == (
        tmp_path / "audio" / "dana" / "no_thats_all.wav"
    )


def test_long_texts_that_begin_alike_have_different_recordings(tmp_path: Path):
    begin = "and so on " * 10
    names = {recording_path(tmp_path, "dana", begin + end).name for end in ("a", "b")}
    assert len(names) == 2
    assert max(map(len, names)) < 100


def test_a_recording_goes_before_synthesis(tmp_path: Path):
    write_wav(recording_path(tmp_path, "dana", "hello"), b"\x10\x10" * 160)
    assert spoken(tmp_path, "dana", "hello") == audioop.lin2ulaw(b"\x10\x10" * 160, 2)


def test_without_recording_and_program_it_is_said_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ivr.caller.voices.shutil.which", lambda _: None)
    with pytest.raises(SoundMissing, match=r"hello\.wav is missing, and flite.*caller\.record"):
        spoken(tmp_path, "dana", "hello")


def test_an_unusable_recording_is_named(tmp_path: Path):
    with pytest.raises(SoundMissing, match=r"no\.wav cannot be read: No such file"):
        played(tmp_path / "no.wav")
    write_wav(tmp_path / "wide.wav", b"\0\0" * 160, rate_hz=16_000)
    with pytest.raises(SoundMissing, match=r"wide\.wav is no use as a recording: .*16000 Hz"):
        played(tmp_path / "wide.wav")


@pytest.mark.parametrize("amplitude", [0.9, 0.05])
def test_speech_is_brought_to_telephone_level_with_silence_around(amplitude: float):
    silence = np.zeros(4000)
    pcm = np.frombuffer(levelled(np.concatenate([silence, tone(amplitude), silence])), "<i2")
    assert len(pcm) == pytest.approx(800 + 4000 + 800, abs=20)
    assert not pcm[:800].any()
    assert not pcm[-800:].any()
    speech = pcm[800:-800].astype(float)
    assert dbfs(np.sqrt(np.mean(speech**2))) == pytest.approx(-20, abs=0.1)


def test_peaks_stay_below_their_limit():
    spiky = tone(0.01)
    spiky[1000] = 0.9
    pcm = np.frombuffer(levelled(spiky), "<i2")
    assert dbfs(np.max(np.abs(pcm.astype(int)))) == pytest.approx(-3, abs=0.1)


def test_silence_is_no_recording():
    with pytest.raises(SoundMissing, match="no sound"):
        levelled(np.zeros(8000))


def test_each_program_is_called_in_its_own_way():
    file = Path("o.wav")
    assert VOICES["dana"].command("-x", file) == [
        "flite",
        "-voice",
        "slt",
        "-t",
        "-x",
        "-o",
        "o.wav",
    ]
    assert VOICES["priya"].command("-x", file)[-4:] == ["-w", "o.wav", "--", "-x"]


class Program(Protocol):
    """Installs a speech program that writes a tone at 16 kHz, or fails."""

    def __call__(self, *, works: bool) -> None: ...


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch):
    def install(*, works: bool) -> None:
        def run(command: list[str], **_: object) -> None:
            if not works:
                raise subprocess.CalledProcessError(1, command[0])
            wide = np.repeat(tone(0.3), 2)
            write_wav(Path(command[-1]), (wide * 32767).astype("<i2").tobytes(), rate_hz=16_000)

        monkeypatch.setattr("ivr.caller.voices.shutil.which", lambda name: f"/{name}")
        monkeypatch.setattr("ivr.caller.voices.subprocess.run", run)

    return install


def test_a_missing_recording_is_made_by_the_program_and_kept_on_request(
    tmp_path: Path, program: Program
):
    program(works=True)
    assert len(spoken(tmp_path, "dana", "hello")) == pytest.approx(5600, abs=50)
    path = record(tmp_path, "dana", "hello")
    assert read_wav(path).duration_ms == pytest.approx(700, abs=10)


def test_a_program_that_fails_is_named(program: Program):
    program(works=False)
    with pytest.raises(SoundMissing, match="flite could not speak as 'dana'"):
        synthesise("dana", "hello")


@pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed")
def test_flite_speaks_as_dana():
    assert len(synthesise("dana", "hello")) > 4000


@pytest.mark.parametrize("path", sorted(CALLS.glob("audio/*/*.wav")), ids=lambda path: path.stem)
def test_the_projects_recordings_have_telephone_level(path: Path):
    pcm = np.frombuffer(read_wav(path).mono(), "<i2")
    assert not pcm[:700].any()
    speech = pcm[800:-800].astype(float)
    assert -27 < dbfs(np.sqrt(np.mean(speech**2))) < -19
    assert dbfs(np.max(np.abs(speech))) < -2.9
