"""The messages of a Media Stream, byte for byte."""

import json

import pytest

from ivr.caller.wire import (
    Connected,
    LineClear,
    LineMark,
    LineMedia,
    Start,
    StartBody,
    Stop,
    StopBody,
    WireError,
    encode,
    from_line,
    media,
)

SID = "MZ1"


def test_twilios_messages_are_written_as_twilio_documents_them():
    assert json.loads(encode(Connected())) == {
        "event": "connected",
        "protocol": "Call",
        "version": "1.0.0",
    }
    body = StartBody(
        account_sid="AC1", stream_sid=SID, call_sid="CA1", custom_parameters={"token": "t"}
    )
    assert json.loads(encode(Start(sequence_number="1", start=body, stream_sid=SID))) == {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": "AC1",
            "streamSid": "MZ1",
            "callSid": "CA1",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t"},
        },
        "streamSid": "MZ1",
    }
    assert json.loads(media(b"\xff\xfe", sequence=3, chunk=2, timestamp_ms=20, stream_sid=SID)) == {
        "event": "media",
        "sequenceNumber": "3",
        "media": {"track": "inbound", "chunk": "2", "timestamp": "20", "payload": "//4="},
        "streamSid": "MZ1",
    }
    stop = Stop(
        sequence_number="4", stream_sid=SID, stop=StopBody(account_sid="AC1", call_sid="CA1")
    )
    assert json.loads(encode(stop))["stop"] == {"accountSid": "AC1", "callSid": "CA1"}


def test_the_lines_messages_are_read():
    sound = from_line('{"event":"media","streamSid":"MZ1","media":{"payload":"//4="}}', SID)
    assert isinstance(sound, LineMedia)
    assert sound.sound() == b"\xff\xfe"
    mark = from_line('{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}', SID)
    assert isinstance(mark, LineMark)
    assert mark.mark.name == "a"
    assert isinstance(from_line('{"event":"clear","streamSid":"MZ1"}', SID), LineClear)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "Twilio refuses"),
        ('{"event":"sing","streamSid":"MZ1"}', "Twilio refuses"),
        ('{"event":"clear"}', "Twilio refuses"),
        ('{"event":"clear","streamSid":"MZ2"}', "another stream"),
    ],
)
def test_what_twilio_would_not_understand_is_refused(text: str, complaint: str):
    with pytest.raises(WireError, match=complaint):
        from_line(text, SID)


@pytest.mark.parametrize(("payload", "complaint"), [("*", "no base64"), ("", "no sound")])
def test_sound_that_is_none_is_refused(payload: str, complaint: str):
    message = from_line(
        f'{{"event":"media","streamSid":"MZ1","media":{{"payload":"{payload}"}}}}', SID
    )
    assert isinstance(message, LineMedia)
    with pytest.raises(WireError, match=complaint):
        message.sound()
