"""Tells Twilio's requests from everybody else's by their signature.

Twilio signs the public address (with its query) and the sorted form parameters, or puts the SHA-256
of a JSON body into the query and signs that ("Webhooks Security" in Twilio's documentation). The
address is the one Twilio called, so it is built from the public URL, never from the Host header.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from twilio.request_validator import RequestValidator

from telephony.ports import Tally

SIGNATURE_HEADER = "X-Twilio-Signature"

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_log = structlog.get_logger(__name__)


def sign(auth_token: str, url: str, params: Mapping[str, str] | None = None) -> str:
    """The signature that Twilio would send with a request to this exact address.

    `params` are the form parameters of a POST; None for the WebSocket upgrade and for JSON bodies.
    """
    return str(RequestValidator(auth_token).compute_signature(url, params or {}))


def websocket_url(public_url: str, path: str) -> str:
    """The address that Twilio calls (and signs) for a stream: `wss`, or `ws` for plain `http`."""
    scheme, rest = public_url.rstrip("/").split("://", 1)
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}"


class SignatureCheck:
    """Checks requests that came to one public address."""

    def __init__(self, *, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._public_url = public_url.rstrip("/")

    def form(self, raw_path: str, params: Mapping[str, str], signature: str) -> bool:
        """Whether a form request is genuine; `raw_path` has the query, as it came in."""
        return self._validate(self._public_url + raw_path, params, signature)

    def json(self, raw_path: str, body: bytes, signature: str) -> bool:
        """Whether a JSON request is genuine; it must carry `bodySHA256` in its query."""
        try:
            if "bodySHA256" not in parse_qs(urlsplit(raw_path).query):
                return False
            text = body.decode()
        except ValueError:
            return False
        return self._validate(self._public_url + raw_path, text, signature)

    def websocket(self, raw_path: str, signature: str) -> bool:
        """Whether a WebSocket upgrade is genuine.

        Twilio signs the address of the TwiML with or without a slash at its end. The validator
        would add port 80 to a `wss` address of its own accord; it tries the exact form first.
        """
        address = websocket_url(self._public_url, raw_path)
        forms = {address, address.rstrip("/"), address.rstrip("/") + "/"}
        return any(self._validate(form, {}, signature) for form in sorted(forms))

    def _validate(self, url: str, params: Mapping[str, str] | str, signature: str) -> bool:
        try:
            return bool(self._validator.validate(url, params, signature))
        except ValueError:  # an address that cannot be parsed or encoded was not signed by Twilio
            return False


def signature_middleware(
    check: SignatureCheck, *, prefix: str, max_body_bytes: int, tally: Tally
) -> Middleware:
    """Lets only Twilio's requests through to the paths below `prefix`.

    Others get 403 before anything is started (for a stream: before the upgrade), 413 for a body
    that is too long and 415 for one that Twilio would not send.
    """

    @web.middleware
    async def signed_only(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(prefix) and not await _genuine(request, check, max_body_bytes):
            tally.count("signature_refused")
            _log.warning("signature_refused", method=request.method, path=request.path[:100])
            raise web.HTTPForbidden(text="the request is not signed by Twilio\n")
        return await handler(request)

    return signed_only


async def _genuine(request: web.Request, check: SignatureCheck, max_body_bytes: int) -> bool:
    signature = request.headers.get(SIGNATURE_HEADER)
    if not signature:
        return False
    if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
        return check.websocket(request.raw_path, signature)
    if not request.can_read_body:
        return check.form(request.raw_path, {}, signature)
    if request.content_type not in {FORM, JSON}:
        raise web.HTTPUnsupportedMediaType(text=f"send {FORM}\n")
    if (request.content_length or 0) > max_body_bytes:
        raise web.HTTPRequestEntityTooLarge(max_body_bytes, request.content_length or 0)
    body = await request.read()
    if len(body) > max_body_bytes:
        raise web.HTTPRequestEntityTooLarge(max_body_bytes, len(body))
    if request.content_type == JSON:
        return check.json(request.raw_path, body, signature)
    return check.form(request.raw_path, await _form_parameters(request), signature)


async def _form_parameters(request: web.Request) -> Mapping[str, str]:
    """The parameters, a repeated one with all its values (the validator asks with `getall`)."""
    try:
        return await request.post()  # type: ignore[return-value]  # urlencoded: no files in it
    except (ValueError, LookupError) as problem:
        raise web.HTTPBadRequest(text="the form cannot be read\n") from problem
