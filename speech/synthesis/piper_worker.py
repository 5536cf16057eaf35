"""The voice process: reads texts from standard input, writes sound to standard output.

The only module that imports Piper, which is GPL-3.0-or-later: it runs as a process of its own
(`python -m speech.synthesis.piper_worker --voice VOICE.onnx`) and is never imported by the server.
It ends when its input ends.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import onnxruntime
from piper import PiperVoice
from piper.config import PiperConfig

from speech.synthesis.frames import Response, pack, read_request

_WARM_UP = "Thank you. One moment, please."


def load(path: Path, threads: int) -> PiperVoice:
    """The voice, with a limit on its threads (the library's own `load` takes every processor)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )
    config = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
    return PiperVoice(session=session, config=PiperConfig.from_dict(config))


def say(voice: PiperVoice, text: str) -> bytes:
    """Signed 16-bit samples of the text."""
    return b"".join(chunk.audio_int16_bytes for chunk in voice.synthesize(text))


def main(arguments: list[str]) -> int:
    """Serve requests until the input ends."""
    parser = argparse.ArgumentParser(description="Speak texts with a Piper voice.")
    parser.add_argument("--voice", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args(arguments)
    # Whatever a library prints must not get between the frames.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    voice = load(asked.voice, asked.threads)
    rate_hz = voice.config.sample_rate
    say(voice, _WARM_UP)  # the first run of a session is slow
    out.write(pack(Response(id=0, rate_hz=rate_hz)))
    out.flush()
    while request := read_request(sys.stdin.buffer):
        try:
            sound = say(voice, request.text)
        except Exception as error:  # noqa: BLE001 - one text that cannot be spoken must not end the voice
            out.write(pack(Response(id=request.id, error=type(error).__name__)))
        else:
            header = Response(id=request.id, rate_hz=rate_hz, bytes=len(sound))
            out.write(pack(header, sound))
        out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
