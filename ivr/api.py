"""The JSON API: calls and hand-offs, for machines that hold the API token."""

from typing import Any

import msgspec
from aiohttp import web
from pydantic import SecretStr

from handoff.desk import HandoffDesk
from handoff.store import HandoffStoreUnavailable
from handoff.summary import HandoffSummary, SummaryUnreadable
from ivr.bearer import requires
from ivr.call.live import LiveCalls
from ivr.call.record import CallRecord
from ivr.call.store import CallStore, CallStoreUnavailable
from ivr.health import Readiness

PREFIX = "/api/v1"

STORE_AWAY = "the store does not answer: try again in a moment"


class Api:
    """The handlers."""

    def __init__(self, live: LiveCalls, store: CallStore, desk: HandoffDesk) -> None:
        self._live = live
        self._store = store
        self._desk = desk

    def routes(self, token: SecretStr) -> list[web.RouteDef]:
        """All routes; only the description of the API is open to everybody."""
        return [
            web.get(f"{PREFIX}/openapi.json", self.openapi),
            web.get(f"{PREFIX}/calls/{{call_sid}}", requires(token, self.call)),
            web.get(f"{PREFIX}/handoffs/{{handoff_id}}", requires(token, self.handoff)),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """One call, running or ended."""
        call_sid = request.match_info["call_sid"]
        memory = self._live.memory(call_sid)
        record = memory.record if memory is not None else None
        if record is None:
            try:
                record = await self._store.load(call_sid)
            except CallStoreUnavailable:
                return _error(503, STORE_AWAY)
        return _error(404, "there is no such call") if record is None else _json(record)

    async def handoff(self, request: web.Request) -> web.Response:
        """One hand-off's summary."""
        try:
            summary = await self._desk.find(request.match_info["handoff_id"])
        except HandoffStoreUnavailable:
            return _error(503, STORE_AWAY)
        except SummaryUnreadable as error:
            return _error(503, str(error))
        return _error(404, "there is no such hand-off") if summary is None else _json(summary)

    async def openapi(self, _request: web.Request) -> web.Response:
        """The description of this API."""
        return web.json_response(describe())


def describe() -> dict[str, Any]:
    """The OpenAPI 3.1 description, its schemas made from the types themselves."""
    types = [CallRecord, HandoffSummary, Readiness]
    template = "#/components/schemas/{name}"
    (call, handoff, ready), schemas = msgspec.json.schema_components(types, ref_template=template)
    error = {
        "type": "object",
        "properties": {"error": {"type": "string"}},
        "required": ["error"],
    }

    def read(summary: str, parameter: str, schema: dict[str, Any]) -> dict[str, Any]:
        problem = {"description": "An error", "content": {"application/json": {"schema": error}}}
        return {
            "get": {
                "summary": summary,
                "security": [{"bearer": []}],
                "parameters": [
                    {
                        "name": parameter,
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "Found",
                        "content": {"application/json": {"schema": schema}},
                    },
                    **dict.fromkeys(("401", "404", "503"), problem),
                },
            }
        }

    ready_body = {"content": {"application/json": {"schema": ready}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Voice IVR", "version": "1"},
        "paths": {
            f"{PREFIX}/calls/{{call_sid}}": read("One call", "call_sid", call),
            f"{PREFIX}/handoffs/{{handoff_id}}": read("One hand-off", "handoff_id", handoff),
            f"{PREFIX}/openapi.json": {
                "get": {
                    "summary": "This description",
                    "responses": {"200": {"description": "OpenAPI 3.1, open to everybody"}},
                }
            },
            "/readyz": {
                "get": {
                    "summary": "Is every part there?",
                    "responses": {
                        "200": {"description": "Ready", **ready_body},
                        "503": {"description": "Not ready", **ready_body},
                    },
                }
            },
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json(value: CallRecord | HandoffSummary) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _error(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
