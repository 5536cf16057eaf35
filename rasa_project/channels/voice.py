"""The webhook of the IVR server: one message in, the whole answer out.

Rasa's own webhooks take no token, split text from custom data and answer failures with an empty
list. This one asks for a token, keeps the two together and reports a failure as a failure.
"""

import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.action_answers import check_the_schema_once

logger = logging.getLogger(__name__)

TOKEN_VARIABLE = "IVR_INTERNAL_TOKEN"  # noqa: S105 - the name of the variable, not a token
HIDDEN_SLOTS = {"session_started_metadata"}


class VoiceOutput(CollectingOutputChannel):
    """Collects messages of the form `{"text": str, "custom": dict | None}`."""

    @classmethod
    def name(cls) -> str:
        """The name that responses may refer to."""
        return "voice"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep text and custom data of one response together."""
        text, custom = message.get("text"), message.get("custom")
        if text or custom:
            self.messages.append({"text": text or "", "custom": custom or None})


class VoiceInput(InputChannel):
    """`POST /webhooks/voice/webhook` for the IVR server, and for nobody else."""

    @classmethod
    def name(cls) -> str:
        """The part of the URL after `/webhooks/`."""
        return "voice"

    def __init__(self) -> None:
        """Read the token once; without one every request is refused."""
        check_the_schema_once()
        self._token = os.environ.get(TOKEN_VARIABLE, "")
        if not self._token:
            logger.error("%s is not set: every message will be refused (401)", TOKEN_VARIABLE)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes of this channel."""
        blueprint = Blueprint("voice_webhook")

        @blueprint.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._is_authorised(request):
                return _error(401, "missing or wrong bearer token")
            try:
                sender, text, metadata = _read(request)
            except ValueError as reason:
                return _error(400, str(reason))
            output = VoiceOutput()
            message = UserMessage(
                text, output, sender, input_channel=self.name(), metadata=metadata
            )
            try:
                await on_new_message(message)
                tracker = await request.app.ctx.agent.tracker_store.retrieve(sender)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the caller must be told
                # Only the kind of failure: its text may hold what the caller said.
                logger.error("a message could not be handled: %s", type(failure).__name__)
                return _error(500, "the message could not be handled")
            if tracker is None or not _is_complete(output.messages):
                logger.error("a message got no complete answer; is the action server running?")
                return _error(500, "no complete answer: no question and no end of the dialogue")
            return response.json({"messages": output.messages, **_state(tracker)})

        return blueprint

    def _is_authorised(self, request: Request) -> bool:
        """Compare in constant time, so that timing tells nothing about the token."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.encode(), self._token.encode())
        return bool(self._token) and same and scheme.lower() == "bearer"


def _read(request: Request) -> "tuple[str, str, dict[str, Any]]":
    """Sender, message and metadata of a request.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    try:
        body = request.json
    except InvalidUsage:
        body = None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    sender, text, metadata = body.get("sender"), body.get("message"), body.get("metadata", {})
    if not isinstance(sender, str) or not sender.strip():
        raise ValueError("'sender' must be a non-empty string")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("'message' must be a non-empty string")
    if not isinstance(metadata, dict):
        raise ValueError("'metadata' must be an object")
    return sender, text, metadata


def _is_complete(messages: list[dict[str, Any]]) -> bool:
    """Whether the answer ends with a question or with an action: anything else is a dead end."""
    custom: dict[str, Any] | None = messages[-1]["custom"] if messages else None
    return bool(custom) and ("expect" in custom or "do" in custom)


def _state(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What was understood and what is remembered."""
    # Not `tracker.latest_message`: a tracker read back leaves out what a form took as its answer.
    said = next(event for event in reversed(tracker.events) if isinstance(event, UserUttered))
    intent = said.intent
    values = {name: slot.value for name, slot in tracker.slots.items() if name not in HIDDEN_SLOTS}
    return {
        "intent": {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)},
        "slots": {name: value for name, value in values.items() if value is not None},
        "active_form": tracker.active_loop_name,
    }


def _error(status: int, reason: str) -> HTTPResponse:
    return response.json({"error": reason}, status=status)
