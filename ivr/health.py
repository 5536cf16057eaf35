"""Is every part there? For `/readyz`, the load balancer and `ivr doctor`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

CHECK_S = 3.0
FRESH_S = 1.0


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part: whether it works, and what it is or what is wrong, in words."""

    ok: bool
    detail: str


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """All parts; ready when each of them is."""

    ready: bool
    parts: dict[str, PartHealth]


Check = Callable[[], Awaitable[str]]
"""Gives a description of a working part, or raises with the reason as its text."""


class HealthChecks:
    """Asks every part, all at once, and remembers the answer for a second."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float]) -> None:
        self._checks = checks
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last: tuple[float, Readiness] | None = None

    async def readiness(self) -> Readiness:
        """The state of all parts."""
        async with self._lock:
            if self._last is None or self._clock() - self._last[0] > FRESH_S:
                found = await asyncio.gather(*(self._ask(each) for each in self._checks.values()))
                parts = dict(zip(self._checks, found, strict=True))
                ready = Readiness(ready=all(part.ok for part in found), parts=parts)
                self._last = (self._clock(), ready)
            return self._last[1]

    async def _ask(self, check: Check) -> PartHealth:
        try:
            async with asyncio.timeout(CHECK_S):
                return PartHealth(ok=True, detail=await check())
        except TimeoutError:
            return PartHealth(ok=False, detail=f"no answer within {CHECK_S:.0f} s")
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a part is its state
            text = str(error).splitlines()
            return PartHealth(ok=False, detail=text[0] if text else type(error).__name__)


def as_json(readiness: Readiness) -> dict[str, Any]:
    """For a JSON response."""
    found: dict[str, Any] = msgspec.to_builtins(readiness)
    return found
