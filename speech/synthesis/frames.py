"""What passes between the server and the voice process over its standard input and output.

A frame is four bytes with the length of a JSON header, the header, and as many bytes of sound as
the header says.
"""

import asyncio
from typing import BinaryIO

import msgspec

_LENGTH_BYTES = 4
_LONGEST_HEADER = 1 << 20


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Speak a text."""

    id: int
    text: str


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The sound of a text; id 0 means that the voice is ready.

    Attributes:
        bytes: how many bytes of signed 16-bit little-endian samples follow.
        error: what went wrong, without the text; empty when nothing did.
    """

    id: int
    rate_hz: int = 0
    bytes: int = 0
    error: str = ""


class BrokenFrame(Exception):
    """The stream does not hold frames; nothing after it can be trusted."""


_response = msgspec.json.Decoder(Response)
_request = msgspec.json.Decoder(Request)


def pack(header: Request | Response, sound: bytes = b"") -> bytes:
    """The bytes of a frame."""
    encoded = msgspec.json.encode(header)
    return len(encoded).to_bytes(_LENGTH_BYTES) + encoded + sound


def read_request(stream: BinaryIO) -> Request | None:
    """The next request; None at the end of the stream."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    return _request.decode(stream.read(int.from_bytes(length)))


async def read_response(stream: asyncio.StreamReader) -> tuple[Response, bytes]:
    """The next response and its sound.

    Raises:
        BrokenFrame: the stream ended, or holds something else.
    """
    try:
        length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES))
        if length > _LONGEST_HEADER:
            raise BrokenFrame(f"a header of {length} bytes")
        response = _response.decode(await stream.readexactly(length))
        return response, await stream.readexactly(response.bytes)
    except (asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
        raise BrokenFrame(type(error).__name__) from error
