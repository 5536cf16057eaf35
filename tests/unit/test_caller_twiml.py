"""TwiML is read as strictly as Twilio does."""

import pytest

from ivr.caller.twiml import (
    ConnectVerb,
    DialVerb,
    EnqueueVerb,
    HangupVerb,
    PauseVerb,
    PlayVerb,
    RedirectVerb,
    RejectVerb,
    SayVerb,
    TwimlError,
    parse_twiml,
)

BASE = "https://line.example/twilio/voice"


def test_every_verb_is_read_and_addresses_are_made_whole():
    verbs = parse_twiml(
        """<?xml version="1.0"?><Response>
        <Say voice="x">Please
            hold</Say>
        <Play>/hold.wav</Play><Pause/><Pause length="3"/>
        <Redirect>next</Redirect>
        <Enqueue waitUrl="/hold">support</Enqueue><Enqueue workflowSid="WW1"/>
        <Dial><Number>+15550100009</Number></Dial>
        <Hangup/><Reject/><Reject reason="busy"/></Response>""",
        BASE,
    )
    assert verbs == (
        SayVerb(text="Please hold"),
        PlayVerb(url="https://line.example/hold.wav"),
        PauseVerb(seconds=1),
        PauseVerb(seconds=3),
        RedirectVerb(url="https://line.example/twilio/next"),
        EnqueueVerb(queue="support", wait_url="https://line.example/hold"),
        EnqueueVerb(queue="WW1", wait_url=None),
        DialVerb(target="+15550100009"),
        HangupVerb(),
        RejectVerb(reason="rejected"),
        RejectVerb(reason="busy"),
    )


def test_a_stream_has_its_parameters_and_action():
    assert parse_twiml(
        '<Response><Connect action="/ended"><Stream url="wss://line.example/media">'
        '<Parameter name="token" value="abc"/></Stream></Connect></Response>',
        BASE,
    ) == (
        ConnectVerb(
            url="wss://line.example/media",
            parameters={"token": "abc"},
            action="https://line.example/ended",
        ),
    )


def test_a_stream_without_action_goes_on_with_the_next_verb():
    (verb,) = parse_twiml(
        '<Response><Connect><Stream url="ws://localhost/media"/></Connect></Response>',
        "http://localhost/twilio/voice",
    )
    assert verb == ConnectVerb(url="ws://localhost/media", parameters={}, action=None)


def stream(url: str, inside: str = "") -> str:
    return f'<Connect><Stream url="{url}">{inside}</Stream></Connect>'


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        ("<Say/>", "no text"),
        ("<Play/>", "no address"),
        ("<Redirect/>", "no address"),
        ("<Enqueue/>", "no queue"),
        ("<Dial/>", "rings nobody"),
        ('<Pause length="a"/>', "whole seconds, not 'a'"),
        ("<Sing/>", "<Sing> is not a verb"),
        ("<Connect/>", "without a <Stream>"),
        (stream(""), "'' is not a WebSocket address"),
        (stream("https://line.example/media"), "not a WebSocket address"),
        (stream("wss:///media"), "not a WebSocket address"),
        (stream("ws://line.example/media"), "is not wss"),
        (stream("wss://line.example/media?token=1"), "use <Parameter>"),
        (stream("wss://line.example/m", '<Parameter value="v"/>'), "has no name"),
        (stream("wss://line.example/m", f'<Parameter name="n" value="{"v" * 499}"/>'), "too long"),
    ],
)
def test_what_twilio_refuses_is_refused(inside: str, complaint: str):
    with pytest.raises(TwimlError, match=complaint):
        parse_twiml(f"<Response>{inside}</Response>", BASE)


@pytest.mark.parametrize(
    ("text", "complaint"), [("", "not XML"), ("{}", "not XML"), ("<Reply/>", "not a <Response>")]
)
def test_what_is_no_twiml_is_refused(text: str, complaint: str):
    with pytest.raises(TwimlError, match=complaint):
        parse_twiml(text, BASE)
