"""`python -m ivr.caller.record tests/calls/*.yaml`: makes the recordings that scenarios miss.

Needs flite and espeak-ng. With `--check` every recording of the scenarios is also given to the
recogniser, as it comes over the telephone, and what it understands is shown.
"""

import audioop
import os
from pathlib import Path
from typing import Annotated, Final

import typer
import vosk
from rich.console import Console

from audio.frame import LINE_RATE_HZ
from ivr.caller.scenario import BargeIn, Say, ScenarioError, load_scenario
from ivr.caller.voices import SoundMissing, played, record, recording_path
from speech.recognition.decoder import Decoder
from speech.recognition.model import ModelMissing, resolve

_PAUSE: Final = b"\xff" * (LINE_RATE_HZ // 2)


def main(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...")],
    check: Annotated[bool, typer.Option(help="show what the recogniser understands")] = False,
) -> None:
    """Make missing recordings. Exit code 1: one is not understood; 2: one cannot be made.

    The recogniser is the line's own, with the model that the line would use (VOSK_MODEL).
    """
    console = Console()
    try:
        lines = sorted({line for path in scenarios for line in _lines(path)})
        for folder, voice, text in lines:
            if not recording_path(folder, voice, text).exists():
                console.print(f"made {record(folder, voice, text)}", markup=False)
        wrong = check and _check(console, lines)
    except (ScenarioError, SoundMissing, ModelMissing, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error
    if wrong:
        raise typer.Exit(1)


def _lines(path: Path) -> list[tuple[Path, str, str]]:
    """Folder, voice and text of everything that is spoken in a scenario."""
    scenario = load_scenario(path)
    return [
        (
            path.parent,
            step.voice or scenario.voice,
            step.text if isinstance(step, Say) else step.say,
        )
        for step in scenario.steps
        if isinstance(step, Say | BargeIn)
    ]


def _check(console: Console, lines: list[tuple[Path, str, str]]) -> bool:
    """Show what the recogniser understands; whether anything of it is wrong."""
    vosk.SetLogLevel(-1)
    kind = resolve(os.environ.get("VOSK_MODEL"))
    model = vosk.Model(str(kind.path))
    wrong = False
    for folder, voice, text in lines:
        mulaw = _PAUSE + played(recording_path(folder, voice, text)) + _PAUSE
        heard = Decoder(model, kind).finish(audioop.ulaw2lin(mulaw, 2)).text
        wrong |= heard != text
        result = f"✓ {voice}: {text}" if heard == text else f"✗ {voice}: {text} → {heard}"
        console.print(result, markup=False)
    return wrong


if __name__ == "__main__":
    typer.run(main)
