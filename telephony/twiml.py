"""The TwiML documents that the line answers with."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from twilio.twiml.voice_response import Connect, VoiceResponse

RETRY_POLICY = "rc=2&rp=ct,rt,5xx"
"""Connection overrides: two retries, also after a timeout or a 5xx (Twilio's default retries only
a connection that failed). Twilio takes the fragment off before it calls and signs the address."""

MAX_PARAMETER_CHARS = 500
"""Twilio's limit for the name and value of a stream's `<Parameter>` together."""

MAX_QUEUE_CHARS = 64
"""Twilio's limit for the name of a queue."""

HOLD_PAUSE_S = 15
"""Between two sentences for a waiting caller, where there is no music."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that XML 1.0 cannot carry, not even escaped."""


def webhook_url(public_url: str, path: str, query: Mapping[str, str] | None = None) -> str:
    """The address of one of our webhooks, with the retry policy as its fragment."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{public_url.rstrip('/')}{path}{asked}#{RETRY_POLICY}"


def connect_stream(*, stream_url: str, action_url: str, parameters: Mapping[str, str]) -> str:
    """Open a two-way stream; `action_url` is asked for what comes next when it ends.

    Raises:
        ValueError: a parameter is too long for Twilio.
    """
    response, connect = VoiceResponse(), Connect(action=action_url, method="POST")
    stream = connect.stream(url=stream_url)
    for name, value in parameters.items():
        if len(name) + len(value) >= MAX_PARAMETER_CHARS:
            raise ValueError(f"stream parameter {name[:40]!r} is too long for Twilio")
        stream.parameter(name=name, value=value)
    response.append(connect)
    return str(response)


def enqueue(*, queue: str, wait_url: str, action_url: str, text: str = "") -> str:
    """Let the caller wait in a queue, after an announcement if there is one.

    Raises:
        ValueError: the queue's name is empty or too long for Twilio.
    """
    if not 0 < len(queue) <= MAX_QUEUE_CHARS:
        raise ValueError(f"the name of a queue has 1 to {MAX_QUEUE_CHARS} characters")
    response = VoiceResponse()
    if text:
        response.say(_xml_text(text))
    response.enqueue(
        queue, action=action_url, method="POST", wait_url=wait_url, wait_url_method="POST"
    )
    return str(response)


def hold(*, text: str = "", play_url: str | None = None) -> str:
    """What a waiting caller hears; Twilio asks again when it has been played."""
    response = VoiceResponse()
    if text:
        response.say(_xml_text(text))
    if play_url:
        response.play(play_url)
    else:
        response.pause(length=HOLD_PAUSE_S)
    return str(response)


def say_and_hang_up(text: str) -> str:
    """A sentence, then the end of the call."""
    response = VoiceResponse()
    response.say(_xml_text(text))
    response.hangup()
    return str(response)


def hang_up() -> str:
    """The end of the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def redirect(url: str) -> str:
    """Ask another address for what comes next."""
    response = VoiceResponse()
    response.redirect(url, method="POST")
    return str(response)


def _xml_text(text: str) -> str:
    return _NOT_XML.sub(" ", text)
