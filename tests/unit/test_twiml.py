"""TwiML, byte for byte."""

import pytest

from telephony import twiml

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
ACTION = "https://ivr.example.com/twilio/stream-ended#rc=2&rp=ct,rt,5xx"


def test_connect_stream():
    document = twiml.connect_stream(
        stream_url="wss://ivr.example.com/twilio/media",
        action_url=ACTION,
        parameters={"token": "a.b", "from": '"<&>'},
    )
    assert document == (
        f"{HEAD}<Response>"
        '<Connect action="https://ivr.example.com/twilio/stream-ended#rc=2&amp;rp=ct,rt,5xx" '
        'method="POST">'
        '<Stream url="wss://ivr.example.com/twilio/media">'
        '<Parameter name="token" value="a.b" />'
        '<Parameter name="from" value="&quot;&lt;&amp;&gt;" />'
        "</Stream></Connect></Response>"
    )


def test_a_parameter_that_twilio_would_refuse_is_refused_here():
    fits = {"name": "v" * 495}
    assert "v" * 495 in twiml.connect_stream(
        stream_url="wss://h", action_url="https://h", parameters=fits
    )
    with pytest.raises(ValueError, match="'name' is too long"):
        twiml.connect_stream(
            stream_url="wss://h", action_url="https://h", parameters={"name": "v" * 496}
        )


def test_enqueue():
    assert twiml.enqueue(
        queue="support",
        wait_url="https://h/wait",
        action_url="https://h/left",
        text="One moment & please.",
    ) == (
        f"{HEAD}<Response><Say>One moment &amp; please.</Say>"
        '<Enqueue action="https://h/left" method="POST" waitUrl="https://h/wait" '
        'waitUrlMethod="POST">support</Enqueue></Response>'
    )
    assert "<Say>" not in twiml.enqueue(queue="q", wait_url="https://h", action_url="https://h")


@pytest.mark.parametrize("name", ["", "q" * 65])
def test_a_queue_needs_a_name_that_twilio_takes(name):
    with pytest.raises(ValueError, match="1 to 64 characters"):
        twiml.enqueue(queue=name, wait_url="https://h", action_url="https://h")


def test_hold():
    assert twiml.hold(text="Please wait.", play_url="https://h/music.wav") == (
        f"{HEAD}<Response><Say>Please wait.</Say><Play>https://h/music.wav</Play></Response>"
    )
    assert twiml.hold(text="Please wait.") == (
        f'{HEAD}<Response><Say>Please wait.</Say><Pause length="15" /></Response>'
    )
    assert twiml.hold() == f'{HEAD}<Response><Pause length="15" /></Response>'


def test_say_and_hang_up():
    assert twiml.say_and_hang_up("Goodbye, Ren\u00e9e.\x00") == (
        f"{HEAD}<Response><Say>Goodbye, Ren\u00e9e. </Say><Hangup /></Response>"
    )


def test_hang_up():
    assert twiml.hang_up() == f"{HEAD}<Response><Hangup /></Response>"


def test_redirect():
    assert twiml.redirect("https://h/next?a=1&b=2") == (
        f'{HEAD}<Response><Redirect method="POST">https://h/next?a=1&amp;b=2</Redirect></Response>'
    )


def test_webhook_urls_ask_twilio_to_try_again():
    assert twiml.webhook_url("https://h/ivr/", "/twilio/voice") == (
        "https://h/ivr/twilio/voice#rc=2&rp=ct,rt,5xx"
    )
    assert twiml.webhook_url("https://h", "/x", {"stream": "a b"}) == (
        "https://h/x?stream=a+b#rc=2&rp=ct,rt,5xx"
    )
