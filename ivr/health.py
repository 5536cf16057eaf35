"""Is every part there? For `/readyz` and the load balancer.

What `/readyz` says is for everybody, so that it holds only sentences written for it. What a driver
says, which may be an address or worse, goes to the log.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog

log = structlog.get_logger(__name__)

CHECK_S = 3.0
FRESH_S = 1.0

_LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]*@")


class NotReady(Exception):
    """A part does not work; the text says in words for everybody what is the matter."""


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part: whether it works, and what it is or what is wrong, in words."""

    ok: bool
    detail: str


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """All parts; ready when each of them is."""

    ready: bool
    parts: dict[str, PartHealth]


Check = Callable[[], Awaitable[str]]
"""Gives a description of a working part, or raises: `NotReady` where the reason may be told."""


class HealthChecks:
    """Asks every part, all at once, and remembers the answer for a second."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float]) -> None:
        self._checks = checks
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last: tuple[float, Readiness] | None = None
        self._logged: dict[str, str] = {}

    async def readiness(self) -> Readiness:
        """The state of all parts."""
        async with self._lock:
            if self._last is None or self._clock() - self._last[0] > FRESH_S:
                found = await asyncio.gather(*(self._ask(name) for name in self._checks))
                parts = dict(zip(self._checks, found, strict=True))
                ready = Readiness(ready=all(part.ok for part in found), parts=parts)
                self._last = (self._clock(), ready)
            return self._last[1]

    async def _ask(self, name: str) -> PartHealth:
        try:
            async with asyncio.timeout(CHECK_S):
                detail = await self._checks[name]()
        except TimeoutError:
            return self._wrong(name, f"no answer within {CHECK_S:.0f} s")
        except NotReady as error:
            return self._wrong(name, str(error))
        except ConnectionError as error:
            return self._wrong(name, "cannot be reached", error)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a part is its state
            return self._wrong(name, f"does not work ({type(error).__name__})", error)
        self._logged.pop(name, None)
        return PartHealth(ok=True, detail=detail)

    def _wrong(self, name: str, detail: str, error: Exception | None = None) -> PartHealth:
        said = detail if error is None else _LOGIN_IN_URL.sub("", f"{detail}: {error}")
        if self._logged.get(name) != said:  # not at every probe
            self._logged[name] = said
            log.warning("part_not_ready", part=name, detail=said)
        return PartHealth(ok=False, detail=detail)


def as_json(readiness: Readiness) -> dict[str, Any]:
    """For a JSON response."""
    found: dict[str, Any] = msgspec.to_builtins(readiness)
    return found
