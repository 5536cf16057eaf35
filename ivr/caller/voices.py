"""The voices of the test callers, and their recordings. None of them is the line's voice."""

import audioop
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from audio.frame import LINE_RATE_HZ
from audio.wav import WavError, read_wav, write_wav

FULL_SCALE: Final = 32768
SPEECH_DBFS: Final = -20.0
"""Root-mean-square level of a recording: that of a telephone talker, as Twilio delivers it."""
PEAK_DBFS: Final = -3.0
"""No sample is louder; a recording with high peaks ends below `SPEECH_DBFS`."""
MARGIN_MS: Final = 100
"""Silence before and after the words."""

_QUIET_DBFS: Final = -45.0
_SYNTHESIS_TIMEOUT_S: Final = 30
_SLUG_LENGTH: Final = 80


class SoundMissing(ValueError):
    """What a caller should say cannot be had as sound; the sentence says how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A speech program and the options that make it speak with this voice."""

    program: str
    options: tuple[str, ...]

    def command(self, text: str, file: Path) -> list[str]:
        """The command that writes `text` as a WAV file."""
        if self.program == "flite":
            return ["flite", *self.options, "-t", text, "-o", str(file)]
        return ["espeak-ng", *self.options, "-w", str(file), "--", text]


VOICES: Final[Mapping[str, Voice]] = {
    "dana": Voice(program="flite", options=("-voice", "slt")),
    "miguel": Voice(program="flite", options=("-voice", "rms")),
    "alan": Voice(program="flite", options=("-voice", "awb")),
    "priya": Voice(program="espeak-ng", options=("-v", "en-us+f2", "-s", "150")),
}


def recording_path(folder: Path, voice: str, text: str) -> Path:
    """Where the recording of a text lies, `folder` being that of the scenario."""
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower().replace("'", "")).strip("_")
    if len(slug) > _SLUG_LENGTH:
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        slug = f"{slug[:_SLUG_LENGTH]}_{digest}"
    return folder / "audio" / voice / f"{slug}.wav"


def spoken(folder: Path, voice: str, text: str) -> bytes:
    """8 kHz mu-law sound of a text: its recording, else what the speech program makes now.

    Raises:
        SoundMissing: there is neither, or the recording is not usable.
    """
    path = recording_path(folder, voice, text)
    if path.exists():
        return played(path)
    try:
        return audioop.lin2ulaw(synthesise(voice, text), 2)
    except SoundMissing as error:
        raise SoundMissing(
            f"the recording {path} is missing, and {error}; with it installed, "
            f"`python -m ivr.caller.record` makes the missing recordings of scenarios"
        ) from error


def played(path: Path) -> bytes:
    """8 kHz mu-law sound of a mono WAV file.

    Raises:
        SoundMissing: it is not there, or not such a file.
    """
    try:
        return audioop.lin2ulaw(read_wav(path).mono(), 2)
    except OSError as error:
        raise SoundMissing(f"{path} cannot be read: {error.strerror}") from error
    except WavError as error:
        raise SoundMissing(f"{path} is no use as a recording: {error}") from error


def synthesise(voice: str, text: str) -> bytes:
    """Samples of a text at 8 kHz, levelled and with silence around.

    Raises:
        SoundMissing: the voice's program is not installed, or failed.
    """
    program = VOICES[voice].program
    if shutil.which(program) is None:
        raise SoundMissing(f"{program}, which speaks as {voice!r}, is not installed")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        try:
            subprocess.run(  # noqa: S603 - a fixed program, an argument list and no shell
                VOICES[voice].command(text, file),
                check=True,
                capture_output=True,
                timeout=_SYNTHESIS_TIMEOUT_S,
            )
            wav = read_wav(file, rate_hz=None)
        except (OSError, subprocess.SubprocessError, WavError) as error:
            raise SoundMissing(f"{program} could not speak as {voice!r}: {error}") from error
    samples = np.frombuffer(wav.mono(), dtype="<i2").astype(np.float64) / FULL_SCALE
    return levelled(soxr.resample(samples, wav.rate_hz, LINE_RATE_HZ))


def record(folder: Path, voice: str, text: str) -> Path:
    """Make the recording of a text and keep it beside the scenario.

    Raises:
        SoundMissing: the voice's program is not installed, or failed.
        OSError: the file cannot be written.
    """
    path = recording_path(folder, voice, text)
    write_wav(path, synthesise(voice, text))
    return path


def levelled(samples: npt.NDArray[np.float64]) -> bytes:
    """Cut the silence off, bring speech to `SPEECH_DBFS` under `PEAK_DBFS`, put margins around.

    Args:
        samples: from -1 to 1, at 8 kHz.

    Raises:
        SoundMissing: there is nothing but silence.
    """
    loud = np.flatnonzero(np.abs(samples) > 10 ** (_QUIET_DBFS / 20))
    if not loud.size:
        raise SoundMissing("there is no sound in it")
    speech = samples[loud[0] : loud[-1] + 1]
    gain = min(
        10 ** (SPEECH_DBFS / 20) / float(np.sqrt(np.mean(speech**2))),
        10 ** (PEAK_DBFS / 20) / float(np.max(np.abs(speech))),
    )
    margin = np.zeros(MARGIN_MS * LINE_RATE_HZ // 1000)
    whole = np.concatenate([margin, speech * gain, margin])
    return bytes((whole * (FULL_SCALE - 1)).astype("<i2").tobytes())
