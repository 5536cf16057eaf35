"""Records of ended calls that the store could not take yet."""

import asyncio
from collections import deque

import structlog

from ivr.call.store import RecordKeeper

log = structlog.get_logger(__name__)

EVERY_S = 2.0
CAPACITY = 1000


class Backlog:
    """Tries again until the store has everything; in memory, so only while this process runs."""

    def __init__(self) -> None:
        self._waiting: deque[RecordKeeper] = deque(maxlen=CAPACITY)

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._waiting)

    def add(self, keeper: RecordKeeper) -> None:
        """Take over the record of a call that has ended; beyond the capacity the oldest is lost."""
        if len(self._waiting) == CAPACITY:
            log.error("record_lost", capacity=CAPACITY)
        self._waiting.append(keeper)

    async def flush(self) -> None:
        """Write what waits, until the store refuses."""
        while self._waiting and await self._waiting[0].flush():
            self._waiting.popleft()

    async def run(self) -> None:
        """Write every now and then, until cancelled."""
        while True:
            await self.flush()
            await asyncio.sleep(EVERY_S)
