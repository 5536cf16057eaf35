"""The wire messages of Media Streams, byte for byte as Twilio's documentation shows them."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import messages
from telephony.events import FaultKind
from telephony.messages import (
    ClearOut,
    Connected,
    Dtmf,
    DtmfBody,
    Mark,
    MarkBody,
    MarkOut,
    Media,
    MediaBody,
    MediaFormat,
    MediaOut,
    MediaOutBody,
    Start,
    StartBody,
    Stop,
    StopBody,
    UnreadableMessage,
    decode,
    decode_outgoing,
    encode,
)

DOCUMENTED = [
    (
        b'{"event":"connected","protocol":"Call","version":"1.0.0"}',
        Connected(protocol="Call", version="1.0.0"),
    ),
    (
        (
            b'{"event":"start","sequenceNumber":"1","start":{"accountSid":"ACXX","streamSid":"MZXX",'
            b'"callSid":"CAXX","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw",'
            b'"sampleRate":8000,"channels":1},"customParameters":{"FirstName":"Jane"}},'
            b'"streamSid":"MZXX"}'
        ),
        Start(
            sequence_number="1",
            start=StartBody(
                account_sid="ACXX",
                stream_sid="MZXX",
                call_sid="CAXX",
                tracks=("inbound",),
                media_format=MediaFormat(encoding="audio/x-mulaw", sample_rate=8000, channels=1),
                custom_parameters={"FirstName": "Jane"},
            ),
            stream_sid="MZXX",
        ),
    ),
    (
        (
            b'{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2",'
            b'"timestamp":"5","payload":"no+JhoaJjpzS"},"streamSid":"MZXX"}'
        ),
        Media(
            sequence_number="4",
            media=MediaBody(track="inbound", chunk="2", timestamp="5", payload="no+JhoaJjpzS"),
            stream_sid="MZXX",
        ),
    ),
    (
        (
            b'{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"ACXX","callSid":"CAXX"},'
            b'"streamSid":"MZXX"}'
        ),
        Stop(
            sequence_number="5",
            stop=StopBody(account_sid="ACXX", call_sid="CAXX"),
            stream_sid="MZXX",
        ),
    ),
    (
        (
            b'{"event":"dtmf","streamSid":"MZXX","sequenceNumber":"5",'
            b'"dtmf":{"track":"inbound_track","digit":"1"}}'
        ),
        Dtmf(
            stream_sid="MZXX",
            sequence_number="5",
            dtmf=DtmfBody(track="inbound_track", digit="1"),
        ),
    ),
    (
        b'{"event":"mark","sequenceNumber":"4","streamSid":"MZXX","mark":{"name":"my label"}}',
        Mark(sequence_number="4", stream_sid="MZXX", mark=MarkBody(name="my label")),
    ),
]

SENT = [
    (
        b'{"event":"media","streamSid":"MZXX","media":{"payload":"/wD/"}}',
        MediaOut(stream_sid="MZXX", media=MediaOutBody(payload=b"\xff\x00\xff")),
    ),
    (
        b'{"event":"mark","streamSid":"MZXX","mark":{"name":"my label"}}',
        MarkOut(stream_sid="MZXX", mark=MarkBody(name="my label")),
    ),
    (b'{"event":"clear","streamSid":"MZXX"}', ClearOut(stream_sid="MZXX")),
]


@pytest.mark.parametrize(("text", "message"), DOCUMENTED)
def test_a_message_from_twilio_is_read_and_written_as_documented(text, message):
    assert decode(text) == message
    assert decode(text.decode()) == message
    assert encode(message) == text


@pytest.mark.parametrize(("text", "message"), SENT)
def test_a_message_to_twilio_is_written_as_documented(text, message):
    assert encode(message) == text
    assert decode_outgoing(text) == message


def test_numbers_may_come_as_numbers_and_new_fields_do_no_harm():
    text = (
        b'{"event":"media","sequenceNumber":4,"new":{"deep":[1]},"streamSid":"MZ",'
        b'"media":{"chunk":2,"timestamp":20,"payload":"","more":null}}'
    )
    message = decode(text)
    assert message == Media(
        sequence_number=4, stream_sid="MZ", media=MediaBody(chunk=2, timestamp=20, payload="")
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello", FaultKind.NOT_JSON),
        ("", FaultKind.NOT_JSON),
        (b'{"event":"media"', FaultKind.NOT_JSON),
        (b'"\xff\xfe"', FaultKind.MALFORMED),
        ("\ud800", FaultKind.NOT_JSON),
        ('{"event":"media","new":' + "[" * 50_000, FaultKind.NOT_JSON),
        ('{"event":"stop","streamSid":5,"new":' + "[" * 50_000, FaultKind.MALFORMED),
        ("[]", FaultKind.MALFORMED),
        ("{}", FaultKind.MALFORMED),
        ('{"event":5}', FaultKind.MALFORMED),
        ('{"event":"media"}', FaultKind.MALFORMED),
        ('{"event":"media","streamSid":"MZ","media":{"payload":7}}', FaultKind.MALFORMED),
        ('{"event":"dance"}', FaultKind.UNKNOWN_EVENT),
    ],
)
def test_what_is_no_message_is_refused_by_kind(text, kind):
    with pytest.raises(UnreadableMessage) as refused:
        decode(text)
    assert refused.value.kind is kind


def test_an_error_never_quotes_the_message():
    with pytest.raises(UnreadableMessage) as refused:
        decode('{"event":"dtmf","streamSid":"MZ","dtmf":{"digit":4821}}')
    assert "4821" not in str(refused.value)
    assert refused.value.__cause__ is None


@given(payload=st.binary(max_size=500), stream_sid=st.text(max_size=40))
def test_sound_survives_the_way_out(payload, stream_sid):
    sent = MediaOut(stream_sid=stream_sid, media=MediaOutBody(payload=payload))
    text = encode(sent)
    assert decode_outgoing(text) == sent
    assert base64.b64encode(payload) in text


@given(name=st.text(max_size=100))
def test_the_name_of_a_mark_survives_both_ways(name):
    out = decode_outgoing(encode(MarkOut(stream_sid="MZ", mark=MarkBody(name=name))))
    back = decode(encode(Mark(stream_sid="MZ", mark=out.mark)))
    assert back.mark.name == name


def test_what_is_read_cannot_be_changed():
    with pytest.raises(AttributeError):
        decode(DOCUMENTED[0][0]).version = "2"
    assert msgspec.structs.asdict(messages.MediaFormat())["sample_rate"] == 8000
