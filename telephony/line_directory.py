"""Which call has which open line in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

_log = structlog.get_logger(__name__)


class NoRoom(Exception):
    """The process carries as many lines as it may, or is shutting down."""


class Endable(Protocol):
    """A line that can be told that it is over."""

    def end(self, reason: str) -> None:
        """Close it with this `LineClosed` reason; only the first reason counts."""
        ...


class LineDirectory:
    """One line for each call; a newer one takes the place of the older."""

    def __init__(self, *, max_lines: int, handover_timeout_s: float) -> None:
        self._lines: dict[str, tuple[Endable, asyncio.Event]] = {}
        self._max_lines = max_lines
        self._handover_timeout_s = handover_timeout_s
        self._closing = False

    def __len__(self) -> int:
        """Lines open now."""
        return len(self._lines)

    @asynccontextmanager
    async def enter(self, call_sid: str, line: Endable) -> AsyncIterator[None]:
        """Hold the call's place while the block runs.

        An older line of the call ends with the reason `replaced`, and its block has been left (or
        has had its time) before this one begins.

        Raises:
            NoRoom: there is no place for another line.
        """
        older = self._lines.get(call_sid)
        if self._closing or (older is None and len(self._lines) >= self._max_lines):
            raise NoRoom
        left = asyncio.Event()
        self._lines[call_sid] = (line, left)
        try:
            if older is not None:
                older[0].end("replaced")
                await self._wait_for([older[1]], self._handover_timeout_s)
            yield
        finally:
            left.set()
            if self._lines.get(call_sid) == (line, left):
                del self._lines[call_sid]

    async def close(self, timeout_s: float) -> None:
        """End every line with the reason `shutdown`, wait for them, and let no more in."""
        self._closing = True
        lines = list(self._lines.values())
        for line, _ in lines:
            line.end("shutdown")
        await self._wait_for([left for _, left in lines], timeout_s)

    async def _wait_for(self, left: list[asyncio.Event], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                for event in left:
                    await event.wait()
        except TimeoutError:
            _log.warning("line_still_busy", waited_s=timeout_s)
