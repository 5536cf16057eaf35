"""Tells, while the server starts, what it still waits for."""

from collections.abc import Callable

import aiohttp
import msgspec

from ivr.health import Readiness

_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Progress:
    """Asks the server's `/readyz`; `say` gets a line whenever other parts are missing."""

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self._url = url
        self._say = say
        self._told: frozenset[str] = frozenset()

    async def ready(self) -> bool:
        """Whether all parts work."""
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as http,
                http.get(self._url) as response,
            ):
                body = await response.read()
            readiness = msgspec.json.decode(body, type=Readiness)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError):
            return False
        self._tell(readiness)
        return readiness.ready

    def _tell(self, readiness: Readiness) -> None:
        missing = {name: part.detail for name, part in readiness.parts.items() if not part.ok}
        if missing and frozenset(missing) != self._told:
            parts = ", ".join(f"{name} ({detail})" for name, detail in missing.items())
            self._say(f"  … server waits for {parts}")
        self._told = frozenset(missing)
