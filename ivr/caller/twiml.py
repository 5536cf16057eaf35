"""Reads TwiML as strictly as Twilio does, into verbs that the call then carries out."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

MAX_PARAMETER_LENGTH: Final = 500
"""Name and value of a `<Parameter>` together are shorter (twilio.com/docs/voice/twiml/stream)."""


class TwimlError(ValueError):
    """Twilio would refuse this document; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayVerb:
    """Twilio speaks a text with its own voice."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayVerb:
    """Twilio plays a sound file."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseVerb:
    """Twilio waits."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectVerb:
    """Twilio opens a Media Stream, and goes on at `action` when it ends (None: the next verb)."""

    url: str
    parameters: dict[str, str]
    action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectVerb:
    """Twilio goes on with the document at this address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnqueueVerb:
    """Twilio puts the call in a queue, plays the document at `wait_url` meanwhile, and asks
    `action` when the caller is out of it."""

    queue: str
    wait_url: str | None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialVerb:
    """Twilio rings somebody: a number, a client, a conference ..."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupVerb:
    """Twilio ends the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectVerb:
    """Twilio does not take the call."""

    reason: str


Verb = (
    SayVerb
    | PlayVerb
    | PauseVerb
    | ConnectVerb
    | RedirectVerb
    | EnqueueVerb
    | DialVerb
    | HangupVerb
    | RejectVerb
)


def parse_twiml(text: str, base_url: str) -> tuple[Verb, ...]:
    """Read a document.

    Args:
        text: the document.
        base_url: its address; relative addresses in it start from there.

    Raises:
        TwimlError: it is not TwiML, or holds what Twilio refuses or this caller cannot do.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - the line does not attack its own tester
    except ET.ParseError as error:
        raise TwimlError(f"the answer is not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(f"the document is a <{root.tag}>, not a <Response>")
    return tuple(_verb(element, base_url) for element in root)


def _verb(element: ET.Element, base_url: str) -> Verb:  # noqa: PLR0911 - one return for each verb
    words = " ".join("".join(element.itertext()).split())
    match element.tag:
        case "Say":
            return SayVerb(text=_needed(words, "<Say> has no text"))
        case "Play":
            return PlayVerb(url=urljoin(base_url, _needed(words, "<Play> has no address")))
        case "Pause":
            return PauseVerb(seconds=_seconds(element.get("length", "1")))
        case "Connect":
            return _connect(element, base_url)
        case "Redirect":
            return RedirectVerb(url=urljoin(base_url, _needed(words, "<Redirect> has no address")))
        case "Enqueue":
            wait_url = element.get("waitUrl")
            queue = _needed(words or element.get("workflowSid", ""), "<Enqueue> names no queue")
            action = element.get("action")
            return EnqueueVerb(
                queue=queue,
                wait_url=wait_url and urljoin(base_url, wait_url),
                action=action and urljoin(base_url, action),
            )
        case "Dial":
            return DialVerb(target=_needed(words, "<Dial> rings nobody"))
        case "Hangup":
            return HangupVerb()
        case "Reject":
            return RejectVerb(reason=element.get("reason", "rejected"))
    raise TwimlError(f"<{element.tag}> is not a verb that this caller knows")


def _connect(element: ET.Element, base_url: str) -> ConnectVerb:
    stream = element.find("Stream")
    if stream is None:
        raise TwimlError("<Connect> without a <Stream> is not something that this caller can do")
    url = stream.get("url", "")
    parts = urlsplit(url)
    if parts.scheme not in {"wss", "ws"} or not parts.netloc:
        raise TwimlError(f"the <Stream> address {url!r} is not a WebSocket address")
    if parts.scheme == "ws" and urlsplit(base_url).scheme == "https":
        raise TwimlError(f"the <Stream> address {url!r} is not wss, and Twilio takes nothing else")
    if parts.query:
        raise TwimlError("the <Stream> address has a query, which Twilio drops: use <Parameter>")
    parameters = {}
    for parameter in stream.findall("Parameter"):
        name, value = parameter.get("name", ""), parameter.get("value", "")
        if not name or len(name) + len(value) >= MAX_PARAMETER_LENGTH:
            raise TwimlError(f"the <Parameter> {name!r} has no name or is too long for Twilio")
        parameters[name] = value
    action = element.get("action")
    return ConnectVerb(
        url=url, parameters=parameters, action=urljoin(base_url, action) if action else None
    )


def _needed(value: str, otherwise: str) -> str:
    if not value:
        raise TwimlError(otherwise)
    return value


def _seconds(text: str) -> float:
    if not text.isdigit():
        raise TwimlError(f"<Pause> takes whole seconds, not {text!r}")
    return float(text)
