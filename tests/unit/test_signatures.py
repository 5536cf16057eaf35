"""Only Twilio's own requests get through."""

import hashlib

import pytest
from aiohttp import web
from multidict import MultiDict

from telephony.signatures import (
    SIGNATURE_HEADER,
    SignatureCheck,
    sign,
    signature_middleware,
    websocket_url,
)
from tests.fakes.twilio import AUTH_TOKEN, PUBLIC_URL, CountingTally

FORM = {"CallSid": "CA1", "From": "+15550100001", "Empty": ""}


@pytest.fixture
def check() -> SignatureCheck:
    return SignatureCheck(auth_token=AUTH_TOKEN, public_url=PUBLIC_URL + "/")


def test_the_signature_is_the_one_of_twilios_documentation():
    # The worked example of "Webhooks Security" in Twilio's documentation.
    url = "https://example.com/myapp.php?foo=1&bar=2"
    params = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }
    assert sign("12345", url, params) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_a_signed_form_is_genuine_and_a_changed_one_is_not(check):
    path = "/twilio/voice?a=1&b=%20"
    signature = sign(AUTH_TOKEN, PUBLIC_URL + path, FORM)
    assert check.form(path, FORM, signature)
    assert not check.form(path, {**FORM, "From": "+15550100002"}, signature)
    assert not check.form(path + "&c=1", FORM, signature)
    assert not check.form("/twilio/status", FORM, signature)
    assert not check.form(path, FORM, sign("another token", PUBLIC_URL + path, FORM))
    assert not check.form(path, FORM, "")
    assert not check.form(path, FORM, "\u00e9")


def test_a_repeated_parameter_counts_with_all_its_values(check):
    form = MultiDict([("Tag", "b"), ("Tag", "a")])
    signature = sign(AUTH_TOKEN, PUBLIC_URL + "/x", form)
    assert check.form("/x", form, signature)
    assert not check.form("/x", MultiDict([("Tag", "b")]), signature)


@pytest.mark.parametrize("signed", ["https://ivr.example.com/x", "https://ivr.example.com:443/x"])
def test_the_standard_port_may_be_signed_or_not(check, signed):
    assert check.form("/x", {}, sign(AUTH_TOKEN, signed))


def test_a_public_address_with_port_and_path_is_honoured():
    check = SignatureCheck(auth_token=AUTH_TOKEN, public_url="https://example.com:8443/ivr")
    assert check.form("/x", {}, sign(AUTH_TOKEN, "https://example.com:8443/ivr/x"))
    assert check.websocket("/x", sign(AUTH_TOKEN, "wss://example.com:8443/ivr/x"))
    assert not check.form("/x", {}, sign(AUTH_TOKEN, "https://example.com:8443/x"))


@pytest.mark.parametrize(
    "signed", ["wss://ivr.example.com/twilio/media", "wss://ivr.example.com/twilio/media/"]
)
@pytest.mark.parametrize("path", ["/twilio/media", "/twilio/media/"])
def test_a_stream_is_genuine_with_or_without_the_last_slash(check, signed, path):
    assert check.websocket(path, sign(AUTH_TOKEN, signed))


@pytest.mark.parametrize(
    "signed",
    [
        "https://ivr.example.com/twilio/media",
        "wss://other.example.com/twilio/media",
        "wss://ivr.example.com/twilio/media2",
    ],
)
def test_a_stream_signed_for_another_address_is_not(check, signed):
    assert not check.websocket("/twilio/media", sign(AUTH_TOKEN, signed))


def test_plain_http_streams_over_ws():
    assert websocket_url("http://localhost:8080/", "/twilio/media") == (
        "ws://localhost:8080/twilio/media"
    )
    assert websocket_url(PUBLIC_URL, "/m") == "wss://ivr.example.com/m"
    check = SignatureCheck(auth_token=AUTH_TOKEN, public_url="http://localhost:8080")
    assert check.websocket("/m", sign(AUTH_TOKEN, "ws://localhost:8080/m"))


def test_a_json_body_is_genuine_by_its_hash(check):
    body = '{"a":"\u00e9"}'.encode()
    path = "/x?bodySHA256=" + hashlib.sha256(body).hexdigest()
    signature = sign(AUTH_TOKEN, PUBLIC_URL + path)
    assert check.json(path, body, signature)
    assert not check.json(path, body + b" ", signature)
    assert not check.json(path, b"\xff", signature)
    assert not check.json("/x", body, sign(AUTH_TOKEN, PUBLIC_URL + "/x"))
    assert not check.json("//[", body, signature)


def test_an_address_nobody_can_sign_is_refused(check):
    assert not check.form("/\udce9", {}, "x")
    assert not SignatureCheck(auth_token="t", public_url="https://h").form(":x", {}, "x")


# ---------------------------------------------------------------- on an application


@pytest.fixture
async def guarded(aiohttp_client):
    """A client, the tally, and what reached the handler."""
    reached: list[str] = []
    tally = CountingTally()

    async def handler(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response(text="in")

    middleware = signature_middleware(
        SignatureCheck(auth_token=AUTH_TOKEN, public_url=PUBLIC_URL),
        prefix="/twilio/",
        max_body_bytes=1000,
        tally=tally,
    )
    app = web.Application(middlewares=[middleware])
    app.add_routes([web.post("/twilio/x", handler), web.get("/healthz", handler)])
    return await aiohttp_client(app), tally, reached


def headers(path: str, form: dict[str, str] | None = None) -> dict[str, str]:
    return {SIGNATURE_HEADER: sign(AUTH_TOKEN, PUBLIC_URL + path, form)}


async def test_other_pages_need_no_signature(guarded):
    client, _, _ = guarded
    assert (await client.get("/healthz")).status == 200


async def test_unsigned_requests_stop_at_the_door(guarded):
    client, tally, reached = guarded
    for sent in ({}, {SIGNATURE_HEADER: "forged"}):
        response = await client.post("/twilio/x", data=FORM, headers=sent)
        assert response.status == 403
        assert "not signed" in await response.text()
    assert (await client.post("/twilio/x")).status == 403
    assert (await client.get("/twilio/nothing-here")).status == 403
    assert reached == []
    assert tally.counts["signature_refused"] == 4


async def test_a_signed_form_reaches_its_handler_by_its_method_only(guarded):
    client, _, _ = guarded
    sent = headers("/twilio/x", FORM)
    assert (await client.post("/twilio/x", data=FORM, headers=sent)).status == 200
    assert (await client.post("/twilio/x", headers=headers("/twilio/x"))).status == 200
    assert (await client.get("/twilio/x", headers=headers("/twilio/x"))).status == 405


async def test_a_signed_json_body_reaches_its_handler(guarded):
    client, _, _ = guarded
    path = "/twilio/x?bodySHA256=" + hashlib.sha256(b"{}").hexdigest()
    sent = headers(path) | {"Content-Type": "application/json"}
    assert (await client.post(path, data=b"{}", headers=sent)).status == 200
    assert (await client.post(path, data=b"[]", headers=sent)).status == 403


async def test_other_bodies_are_refused_with_a_reason(guarded):
    client, _, reached = guarded
    sent = headers("/twilio/x")
    xml = await client.post("/twilio/x", data=b"<a/>", headers=sent | {"Content-Type": "text/xml"})
    assert xml.status == 415
    assert (await client.post("/twilio/x", data={"a": "b" * 1000}, headers=sent)).status == 413

    async def in_pieces():
        for _ in range(11):
            yield b"a" * 100

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pieces = await client.post("/twilio/x", data=in_pieces(), headers=sent | form)
    assert pieces.status == 413
    bad_charset = {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}
    unread = await client.post("/twilio/x", data=b"a=%ff", headers=sent | bad_charset)
    assert unread.status == 400
    assert reached == []
