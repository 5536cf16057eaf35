"""Which speech model is used, and where it comes from.

`python -m speech.recognition.model fetch` tries to download the official small English model.
"""

import http.client
import os
import shutil
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import vosk
from rich.console import Console
from rich.progress import Progress

from audio.frame import LINE_RATE_HZ
from speech.recognition.front_end import AsItIs, FrontEnd, KaldiLike, resampled

OFFICIAL = "vosk-model-small-en-us-0.15"
COMPACT = Path(__file__).resolve().parents[1] / "models" / "vosk-ivr-en"
"""The model that ships with the project: the last resort, always there."""

CACHE = Path(__file__).resolve().parents[2] / "var" / "models"
"""Where `fetch` puts models and `resolve` finds them, from wherever either is called."""

_TIMEOUT_S = 3.0
"""For the connection and for each read: set-up must not hang where the host is out of reach."""
_PIECE_BYTES = 1 << 16
_KALDI_RATE_HZ = 16000
"""What Kaldi assumes where a configuration names no rate (MfccOptions)."""


class ModelMissing(Exception):
    """There is no usable speech model at the place that was named; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechModel:
    """A Vosk model on disk.

    Attributes:
        path: its folder.
        name: its folder's name.
        rate_hz: the rate at which its recogniser is fed, after `front_end`.
        compact: whether it is the small model that ships with the project.
        dithered: whether the model leaves dither to us (`--dither=0`).
    """

    path: Path
    name: str
    rate_hz: int
    compact: bool
    dithered: bool = False

    def front_end(self) -> FrontEnd:
        """A new conversion from the line's samples to the model's, for one utterance."""
        if self.dithered:
            return KaldiLike()
        return AsItIs() if self.rate_hz == LINE_RATE_HZ else resampled(self.rate_hz)


def resolve(vosk_model: str | None, cache_dir: Path = CACHE) -> SpeechModel:
    """The model to use: the one that is named, a downloaded one, or the compact one.

    Args:
        vosk_model: the setting VOSK_MODEL, the path of a model's folder; None or empty: not set.
        cache_dir: where `fetch` puts models; the library's own folders are looked at as well.

    Raises:
        ModelMissing: the named path is no model; a wrong setting never falls back in silence.
    """
    if vosk_model:
        path = Path(vosk_model).expanduser()
        if not _is_model(path):
            raise ModelMissing(
                f"VOSK_MODEL names {vosk_model!r}, which is not the folder of a Vosk model (it has "
                "no am/final.mdl): set it to an unpacked model, or unset it to use the compact one"
            )
        return _described(path)
    for folder in (*(Path(place) for place in vosk.MODEL_DIRS if place), cache_dir):
        if _is_model(folder / OFFICIAL):
            return _described(folder / OFFICIAL)
    if not _is_model(COMPACT):
        raise ModelMissing(
            f"no speech model: {COMPACT} is missing from this installation; "
            "install the project again, or set VOSK_MODEL to the folder of a Vosk model"
        )
    return _described(COMPACT)


def _is_model(path: Path) -> bool:
    return any((path / place).is_file() for place in ("am/final.mdl", "final.mdl"))


def _described(path: Path) -> SpeechModel:
    options = _options(path)
    given = int(float(options.get("sample-frequency", _KALDI_RATE_HZ)))
    upsamples = options.get("allow-upsample", "false") == "true"
    dithered = given == _KALDI_RATE_HZ and options.get("dither") in {"0", "0.0"}
    return SpeechModel(
        path=path,
        name=path.name,
        rate_hz=LINE_RATE_HZ if upsamples and not dithered else given,
        compact=path.resolve() == COMPACT,
        dithered=dithered,
    )


def _options(path: Path) -> dict[str, str]:
    """The `--name=value` lines of the model's feature configuration."""
    for place in (path / "conf" / "mfcc.conf", path / "mfcc.conf"):
        if place.is_file():
            lines = (line.split("#")[0].strip() for line in place.read_text().splitlines())
            pairs = (line.removeprefix("--").partition("=") for line in lines if line)
            return {name: value or "true" for name, _, value in pairs}
    return {}


class DownloadFailed(Exception):
    """The official model could not be fetched; nothing of it was left behind."""


def download(cache_dir: Path, *, base_url: str, progress: Progress) -> Path:
    """Fetch the official model into the cache: whole, or not at all.

    Raises:
        DownloadFailed: no connection, a broken archive, or no room.
    """
    target = cache_dir / OFFICIAL
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".fetch-") as scratch:
            archive = Path(scratch) / "model.zip"
            _save(f"{base_url}{OFFICIAL}.zip", archive, progress)
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(scratch)
            unpacked = Path(scratch) / OFFICIAL
            if not _is_model(unpacked):
                raise DownloadFailed("the archive holds no model")
            shutil.rmtree(target, ignore_errors=True)
            unpacked.rename(target)
    except (OSError, http.client.HTTPException, zipfile.BadZipFile) as error:
        raise DownloadFailed(type(error).__name__) from error
    return target


def _save(url: str, archive: Path, progress: Progress) -> None:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the library's own address, or the test's
        size = int(answer.headers.get("Content-Length", 0))
        task = progress.add_task(OFFICIAL, total=size or None)
        with archive.open("wb") as out:
            while piece := answer.read(_PIECE_BYTES):
                out.write(piece)
                progress.advance(task, len(piece))
        if size and archive.stat().st_size != size:
            raise DownloadFailed("the download broke off")


def fetch(
    vosk_model: str | None,
    cache_dir: Path = CACHE,
    *,
    base_url: str = vosk.MODEL_PRE_URL,
    console: Console | None = None,
) -> SpeechModel:
    """Make sure that a model is there, the official one if it can be had, and say which.

    Raises:
        ModelMissing: as `resolve`.
    """
    console = console or Console(stderr=True)
    model = resolve(vosk_model, cache_dir)
    if model.compact and not vosk_model:
        try:
            with Progress(console=console, transient=True) as progress:
                download(cache_dir, base_url=base_url, progress=progress)
        except DownloadFailed as error:
            console.print(
                f"{OFFICIAL} cannot be downloaded here ({error}); "
                "the compact model that ships with the project is used."
            )
            return model
        model = resolve(None, cache_dir)
    console.print(f"Speech model: {model.name}, {model.rate_hz} Hz.")
    return model


def main(arguments: list[str]) -> int:
    """The command line; 0 when there is a model to work with."""
    if arguments != ["fetch"]:
        print("usage: python -m speech.recognition.model fetch", file=sys.stderr)  # noqa: T201 - a command line answers by printing
        return 2
    try:
        fetch(os.environ.get("VOSK_MODEL"))
    except ModelMissing as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line answers by printing
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
