"""Twilio's webhooks: what a caller hears, whatever happens behind."""

import asyncio
import html
import re
from datetime import UTC, datetime

import pytest
from aiohttp import web

from telephony.ports import CallStatus, Converse, End, IncomingCall, SpokenEnd, ToQueue
from telephony.replies import request_key
from telephony.routes import TelephonyPorts, setup
from telephony.settings import TelephonySettings
from telephony.signatures import SIGNATURE_HEADER, sign
from telephony.stream_token import StreamTokens
from tests.fakes.twilio import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CALL_SID,
    PUBLIC_URL,
    CountingTally,
    RememberingLedger,
    RememberingTokens,
    ScriptedDesk,
    post,
)

CALL = {
    "CallSid": CALL_SID,
    "AccountSid": ACCOUNT_SID,
    "From": "+15550100001",
    "To": "+15550199000",
    "CallStatus": "ringing",
}
NOW_S = 1_790_000_000.0


class Server:
    """The webhooks on a test server."""

    def __init__(self, client, desk, ledger, tally):
        self.client, self.desk, self.ledger, self.tally = client, desk, ledger, tally

    async def post(self, path, form=None, **headers):
        return await post(self.client, path, CALL if form is None else form, **headers)


@pytest.fixture
def serve(aiohttp_client):
    """Starts the webhooks with a desk that gives these answers."""

    async def start(*answers, **changes):
        desk, ledger, tally = ScriptedDesk(*answers), RememberingLedger(), CountingTally()

        async def nobody(_line, _started):
            raise AssertionError("no stream is opened here")

        app = web.Application()
        setup(
            app,
            settings=TelephonySettings(auth_token=AUTH_TOKEN, public_url=PUBLIC_URL, **changes),
            ports=TelephonyPorts(
                desk=desk,
                conversation=nobody,
                ledger=ledger,
                used_tokens=RememberingTokens(),
                tally=tally,
                clock=lambda: NOW_S,
            ),
        )
        return Server(await aiohttp_client(app), desk, ledger, tally)

    return start


def token_of(document: str) -> str:
    return re.search(r'name="token" value="([^"]+)"', document)[1]


def action_of(document: str) -> str:
    """The path and query that Twilio will ask next."""
    action = html.unescape(re.search(r'action="([^"]+)"', document)[1])
    assert action.endswith("#rc=2&rp=ct,rt,5xx")
    return action.removeprefix(PUBLIC_URL).partition("#")[0]


# ---------------------------------------------------------------- a call rings


async def test_a_caller_is_connected_with_the_assistant(serve):
    server = await serve(Converse(parameters={"from": "+15550100001"}))
    status, document = await server.post("/twilio/voice")
    assert status == 200
    assert '<Stream url="wss://ivr.example.com/twilio/media">' in document
    assert '<Parameter name="from" value="+15550100001" />' in document
    assert action_of(document).startswith("/twilio/stream-ended?stream=")
    assert server.desk.asked == [
        IncomingCall(
            call_sid=CALL_SID,
            account_sid=ACCOUNT_SID,
            from_number="+15550100001",
            to_number="+15550199000",
        )
    ]
    tokens = StreamTokens(
        auth_token=AUTH_TOKEN, used=RememberingTokens(), clock=lambda: NOW_S, ttl_s=60
    )
    assert (await tokens.admit(CALL_SID, token_of(document))).refusal is None


async def test_a_caller_who_withholds_the_number_is_welcome(serve):
    server = await serve(Converse())
    assert (await server.post("/twilio/voice", {"CallSid": CALL_SID}))[0] == 200
    assert server.desk.asked[0].from_number == ""


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (ToQueue(queue="billing", text="One moment."), "<Say>One moment.</Say><Enqueue "),
        (SpokenEnd(text="We are closed."), "<Say>We are closed.</Say><Hangup />"),
        (End(), "<Response><Hangup /></Response>"),
    ],
)
async def test_the_desk_may_decide_otherwise(serve, answer, heard):
    server = await serve(answer)
    for path in ("/twilio/voice", "/twilio/stream-ended"):
        assert heard in (await server.post(path))[1]
    left = await server.post("/twilio/queue-left", CALL | {"QueueResult": "queue-full"})
    assert heard in left[1]
    assert server.desk.asked[1:] == [
        ("stream_ended", CALL_SID, "+15550100001"),
        ("queue_left", CALL_SID, "queue-full"),
    ]


async def test_the_answer_is_xml(serve):
    server = await serve(End())
    signed = {SIGNATURE_HEADER: sign(AUTH_TOKEN, PUBLIC_URL + "/twilio/voice", CALL)}
    response = await server.client.post("/twilio/voice", data=CALL, headers=signed)
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert (await response.text()).startswith('<?xml version="1.0" encoding="UTF-8"?>')


# ---------------------------------------------------------------- bad requests


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        ("/twilio/voice", {}, "CallSid is missing"),
        ("/twilio/voice", {"CallSid": "CA12"}, "CallSid must be CA and 32 hexadecimal digits"),
        ("/twilio/wait", {"CallSid": CALL_SID + "\n"}, "CallSid must be"),
        ("/twilio/queue-left", CALL, "QueueResult is missing"),
        ("/twilio/status", {"CallSid": CALL_SID}, "CallStatus is missing"),
        ("/twilio/status", CALL | {"CallStatus": "<b>"}, "CallStatus must be"),
        ("/twilio/status", CALL | {"SequenceNumber": "-1"}, "SequenceNumber must be a number"),
    ],
)
async def test_a_request_without_what_it_needs_is_told_so(serve, path, form, sentence):
    server = await serve(End())
    status, body = await server.post(path, form)
    assert (status, server.desk.asked) == (400, [])
    assert body.startswith(sentence)


async def test_a_webhook_is_a_post_with_a_form(serve):
    server = await serve(End())
    signed = {SIGNATURE_HEADER: sign(AUTH_TOKEN, PUBLIC_URL + "/twilio/voice")}
    assert (await server.client.get("/twilio/voice", headers=signed)).status == 405
    assert (await server.client.post("/twilio/voice", headers=signed)).status == 415


@pytest.mark.parametrize("path", ["voice", "stream-ended", "queue-left", "status", "wait"])
@pytest.mark.parametrize("account", ["AC" + "f" * 32, ""])
async def test_a_call_of_another_account_is_refused(serve, path, account):
    server = await serve(End(), account_sid=ACCOUNT_SID)
    form = CALL | {"QueueResult": "hangup", "AccountSid": account}
    status, _ = await server.post(f"/twilio/{path}", form)
    assert (status, server.desk.asked) == (403, [])
    assert server.tally.counts["account_refused"] == 1


async def test_a_call_of_our_account_is_answered(serve):
    server = await serve(End(), account_sid=ACCOUNT_SID)
    assert (await server.post("/twilio/voice"))[0] == 200
    assert server.tally.counts["account_refused"] == 0


async def test_an_unsigned_webhook_asks_nobody(serve):
    server = await serve(Converse())
    response = await server.client.post("/twilio/voice", data=CALL)
    assert response.status == 403
    assert server.desk.asked == []
    assert server.tally.counts["signature_refused"] == 1


# ---------------------------------------------------------------- retries


async def test_a_retry_gets_the_first_answer_and_nothing_is_decided_twice(serve):
    server = await serve(Converse())
    first = await server.post("/twilio/voice", I_Twilio_Idempotency_Token="t1")
    again = await server.post("/twilio/voice", I_Twilio_Idempotency_Token="t1")
    assert first == again
    assert len(server.desk.asked) == 1
    assert server.tally.counts["webhook_repeated"] == 1


async def test_a_retry_without_twilios_token_is_known_by_its_contents(serve):
    server = await serve(Converse())
    assert await server.post("/twilio/voice") == await server.post("/twilio/voice")
    assert len(server.desk.asked) == 1


async def test_retries_that_overlap_wait_for_the_first(serve):
    server = await serve(0.05, Converse())
    answers = await asyncio.gather(*(server.post("/twilio/voice") for _ in range(3)))
    assert len(set(answers)) == 1
    assert server.tally.counts["webhook_repeated"] == 2


async def test_two_streams_of_one_call_end_as_two_events(serve):
    server = await serve(Converse())
    _, voice = await server.post("/twilio/voice")
    _, resumed = await server.post(action_of(voice))
    assert action_of(resumed) != action_of(voice)
    assert token_of(resumed) != token_of(voice)
    await server.post(action_of(resumed))
    assert len(server.desk.asked) == 3


async def test_without_the_ledger_a_call_is_still_answered(serve):
    server = await serve(Converse())
    server.ledger.broken = True
    status, document = await server.post("/twilio/voice")
    assert status == 200
    assert "<Stream " in document
    assert server.tally.counts["ledger_failed"] == 2


def test_keys_differ_where_requests_do():
    def key(path="/a", token="", **form):
        headers = {"I-Twilio-Idempotency-Token": token} if token else {}
        return request_key(path, headers, form, CALL_SID)

    assert key(token="t", x="1") == key(token="t", x="2")
    assert key(x="1", y="2") == key(y="2", x="1")
    assert (
        len({key(), key("/b"), key("/a?b=1"), key(x="1"), key(token="t"), key("/b", token="t")})
        == 6
    )


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    "trouble", [(RuntimeError("the caller said 4821"),), (5.0, End()), (ToQueue(queue=""),)]
)
@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/stream-ended"])
async def test_when_nobody_can_decide_the_caller_hears_a_sentence_and_reaches_a_person(
    serve, path, trouble
):
    server = await serve(*trouble, decision_timeout_s=0.05)
    status, document = await server.post(path)
    assert status == 200
    assert "<Say>I'm sorry, something went wrong on our side." in document
    assert 'waitUrl="https://ivr.example.com/twilio/wait#' in document
    assert ">support</Enqueue>" in document
    assert server.tally.counts["webhook_failed"] == 1
    assert server.ledger.answers == {}


async def test_when_even_the_queue_fails_the_call_ends_in_words(serve):
    server = await serve(RuntimeError("no"))
    _, document = await server.post("/twilio/queue-left", CALL | {"QueueResult": "system-error"})
    assert "<Say>I'm sorry, nobody can take your call right now." in document
    assert "<Hangup />" in document


# ---------------------------------------------------------------- waiting and status


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({"hold_text": "Please wait."}, '<Say>Please wait.</Say><Pause length="15" />'),
        (
            {"hold_text": "", "hold_music_url": "https://h/m.wav"},
            "<Response><Play>https://h/m.wav</Play></Response>",
        ),
    ],
)
async def test_a_waiting_caller_hears_something(serve, changes, heard):
    server = await serve(End(), **changes)
    assert heard in (await server.post("/twilio/wait"))[1]


async def test_status_callbacks_are_passed_on_as_they_come(serve):
    server = await serve(End())
    late = CALL | {
        "CallStatus": "completed",
        "SequenceNumber": "2",
        "Timestamp": "Sun, 22 Nov 2026 07:10:00 +0000",
    }
    early = CALL | {"CallStatus": "in-progress", "SequenceNumber": "1", "Timestamp": "today"}
    for form in (late, early, late):
        assert (await server.post("/twilio/status", form))[0] == 204
    at = datetime(2026, 11, 22, 7, 10, tzinfo=UTC)
    completed = CallStatus(call_sid=CALL_SID, status="completed", sequence=2, at=at)
    assert server.desk.asked == [
        completed,
        CallStatus(call_sid=CALL_SID, status="in-progress", sequence=1, at=None),
        completed,
    ]


async def test_a_status_that_cannot_be_taken_is_asked_for_again(serve):
    server = await serve(RuntimeError("no"))
    assert (await server.post("/twilio/status"))[0] == 503
    assert server.tally.counts["webhook_failed"] == 1
