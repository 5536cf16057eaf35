"""The routes that are for everybody: health, metrics, hold music."""

from importlib.resources import files

from aiohttp import web

from ivr.health import HealthChecks, as_json
from ivr.metrics import CallMetrics

HOLD_MUSIC_PATH = "/audio/hold.wav"


class Pages:
    """The handlers."""

    def __init__(self, health: HealthChecks, metrics: CallMetrics) -> None:
        self._health = health
        self._metrics = metrics
        self._hold_music = (files("audio") / "prompts" / "hold.wav").read_bytes()

    def routes(self) -> list[web.RouteDef]:
        """All routes."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
            web.get(HOLD_MUSIC_PATH, self.hold_music),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process runs and its loop turns."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Each part by itself; 503 when one is missing."""
        readiness = await self._health.readiness()
        return web.json_response(as_json(readiness), status=200 if readiness.ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus' text format."""
        return web.Response(
            body=self._metrics.exposition(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def hold_music(self, _request: web.Request) -> web.Response:
        """What a waiting caller hears."""
        return web.Response(
            body=self._hold_music,
            content_type="audio/wav",
            headers={"Cache-Control": "public, max-age=86400"},
        )
