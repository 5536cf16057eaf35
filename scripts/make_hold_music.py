"""Makes `audio/prompts/hold.wav`: a calm arpeggio that loops without a seam, 8 kHz mono."""

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 8000
NOTE_S = 0.5
LEVEL = 0.12  # about -24 dBFS: music under speech level, so that people are not shouted at
# Four bars, C - A minor - F - G, as frequencies in Hz.
BARS = (
    (261.63, 329.63, 392.00, 523.25, 392.00, 329.63),
    (220.00, 261.63, 329.63, 440.00, 329.63, 261.63),
    (174.61, 220.00, 261.63, 349.23, 261.63, 220.00),
    (196.00, 246.94, 293.66, 392.00, 293.66, 246.94),
)


def main() -> None:
    """Write the file."""
    notes = [hz for bar in BARS for hz in bar]
    total = round(len(notes) * NOTE_S * RATE_HZ)
    mix = np.zeros(total)
    tail = round(1.5 * RATE_HZ)
    seconds = np.arange(tail) / RATE_HZ
    for index, hz in enumerate(notes):
        tone = np.sin(2 * np.pi * hz * seconds) + 0.3 * np.sin(4 * np.pi * hz * seconds)
        tone *= np.exp(-3 * seconds) * np.minimum(seconds / 0.01, 1)
        at = (round(index * NOTE_S * RATE_HZ) + np.arange(tail)) % total  # wraps: no seam
        np.add.at(mix, at, tone)
    pcm = (mix / np.abs(mix).max() * LEVEL * 2 * 32767).astype("<i2")
    path = Path(__file__).parents[1] / "audio" / "prompts" / "hold.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())


if __name__ == "__main__":
    main()
