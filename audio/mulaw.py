"""G.711 mu-law, the coding of telephone audio: one byte for each 16-bit sample."""

import audioop

SILENCE = b"\xff"
"""The mu-law byte of a zero sample (ITU-T G.711, table 2b)."""


def encode(pcm: bytes) -> bytes:
    """Mu-law bytes of signed 16-bit little-endian samples.

    Raises:
        ValueError: half a sample at the end.
    """
    if len(pcm) % 2:
        raise ValueError(f"{len(pcm)} bytes are not whole 16-bit samples")
    return audioop.lin2ulaw(pcm, 2)


def decode(mulaw: bytes) -> bytes:
    """Signed 16-bit little-endian samples of mu-law bytes."""
    return audioop.ulaw2lin(mulaw, 2)
