"""The Media Streams protocol, without a socket."""

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from audio.line import KeyPressed, MarkReached
from telephony.events import (
    AudioReceived,
    FaultKind,
    ProtocolFault,
    StreamStarted,
    StreamStopped,
)
from telephony.media_stream import MAX_MESSAGE_BYTES, MediaStreamProtocol, NotStarted
from telephony.messages import ClearOut, MarkOut, MediaOut, decode_outgoing
from telephony.outbox import MAX_PENDING_MARKS
from tests.fakes import twilio

GOLDEN = Path(__file__).parents[1] / "golden" / "media_stream"


@pytest.fixture
def protocol() -> MediaStreamProtocol:
    """A stream that has begun."""
    begun = MediaStreamProtocol()
    begun.receive(twilio.connected())
    begun.receive(twilio.start(token="t"))
    return begun


def kinds(events: list[object]) -> list[FaultKind]:
    assert all(isinstance(event, ProtocolFault) for event in events)
    return [event.kind for event in events]


def sent(protocol: MediaStreamProtocol) -> list[object]:
    return [decode_outgoing(text) for text in protocol.data_to_send()]


# ---------------------------------------------------------------- golden sequences


class Replay:
    """Runs a recorded sequence: `twilio:` comes in, `do:` is done; the rest must follow."""

    def __init__(self) -> None:
        self.protocol = MediaStreamProtocol()
        self.held = False

    def line(self, line: str) -> list[str]:
        word, _, rest = line.partition(":")
        rest = rest.strip()
        if word == "twilio":
            return [line, *(f"event:  {_shown(event)}" for event in self._receive(rest))]
        if word == "do":
            self._do(*rest.split())
            return [line, *(f"sent:   {text}" for text in self._sent())]
        return []

    def _receive(self, text: str):
        """`@160` in a recorded message stands for the base64 of so many bytes."""
        return self.protocol.receive(
            re.sub(r"@(\d+)", lambda size: base64.b64encode(bytes(int(size[1]))).decode(), text)
        )

    def _do(self, what: str, argument: str = "") -> None:
        match what:
            case "send_audio":
                self.protocol.send_audio(bytes(n % 256 for n in range(int(argument))))
            case "send_mark":
                self.protocol.send_mark(argument)
            case "clear":
                self.protocol.clear()
            case "hold" | "release":
                self.held = what == "hold"

    def _sent(self) -> list[str]:
        return [] if self.held else [text.decode() for text in self.protocol.data_to_send()]


def _shown(event: object) -> str:
    match event:
        case AudioReceived():
            size, at = len(event.mulaw), event.timestamp_ms
            return f"AudioReceived({size} bytes, sequence={event.sequence}, timestamp_ms={at})"
        case ProtocolFault():
            return f"ProtocolFault({event.kind})"
        case _:
            return repr(event)


@pytest.mark.parametrize("name", ["talk", "barge_in", "bad_input"])
def test_a_recorded_sequence_gives_the_same_events_and_the_same_bytes(name):
    recorded = (GOLDEN / f"{name}.txt").read_text().splitlines()
    replay = Replay()
    replayed = [shown for line in recorded for shown in replay.line(line)]
    assert replayed == [line for line in recorded if not line.startswith("#")]


# ---------------------------------------------------------------- the beginning


def test_the_start_tells_the_call_and_hides_the_token_from_logs():
    protocol = MediaStreamProtocol()
    assert protocol.receive(twilio.connected()) == []
    (started,) = protocol.receive(twilio.start(token="secret-token"))
    assert isinstance(started, StreamStarted)
    assert started.call_sid == twilio.CALL_SID
    assert started.stream_sid == twilio.STREAM_SID
    assert started.parameters == {"token": "secret-token"}
    assert (started.encoding, started.rate_hz, started.channels) == ("audio/x-mulaw", 8000, 1)
    assert "secret-token" not in repr(started)


@pytest.mark.parametrize(
    "text", [twilio.media(1), twilio.dtmf("1"), twilio.mark("a"), twilio.stop()]
)
def test_nothing_counts_before_the_start(text):
    protocol = MediaStreamProtocol()
    assert kinds(protocol.receive(text)) == [FaultKind.BEFORE_START]
    assert isinstance(protocol.receive(twilio.start())[0], StreamStarted)


def test_connected_after_the_start_is_a_fault(protocol):
    late = MediaStreamProtocol()
    late.receive(twilio.start())
    assert kinds(late.receive(twilio.connected())) == [FaultKind.SECOND_CONNECTED]
    assert kinds(protocol.receive(twilio.connected())) == [FaultKind.SECOND_CONNECTED]


def test_a_second_start_does_not_change_the_call(protocol):
    assert kinds(protocol.receive(twilio.start(stream_sid="MZ2"))) == [FaultKind.SECOND_START]
    assert isinstance(protocol.receive(twilio.media(1))[0], AudioReceived)


@pytest.mark.parametrize(("outer", "inner"), [("", ""), ("", "MZ1"), ("MZ1", "MZ2")])
def test_a_start_must_name_one_stream(outer, inner):
    text = json.dumps(
        {"event": "start", "streamSid": outer, "start": {"streamSid": inner, "callSid": "CA"}}
    )
    assert kinds(MediaStreamProtocol().receive(text)) == [FaultKind.OTHER_STREAM]


@pytest.mark.parametrize(
    "change",
    [
        {"mediaFormat": {"encoding": "audio/l16", "sampleRate": 8000, "channels": 1}},
        {"mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}},
        {"mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}},
        {"tracks": ["outbound"]},
    ],
)
def test_a_stream_in_a_format_that_cannot_be_heard_is_fatal(change):
    protocol = MediaStreamProtocol()
    text = json.dumps(
        {
            "event": "start",
            "streamSid": "MZ",
            "start": {"streamSid": "MZ", "callSid": "CA"} | change,
        }
    )
    (fault,) = protocol.receive(text)
    assert fault.kind is FaultKind.UNSUPPORTED_FORMAT
    assert fault.fatal
    with pytest.raises(NotStarted):
        protocol.send_audio(b"")


def test_nothing_can_be_sent_before_the_start():
    protocol = MediaStreamProtocol()
    for send in (
        lambda: protocol.send_audio(b"a"),
        lambda: protocol.send_mark("a"),
        protocol.flush,
        protocol.clear,
    ):
        with pytest.raises(NotStarted, match="start message"):
            send()
    assert protocol.data_to_send() == []
    assert (protocol.queued_frames, protocol.pending_marks) == (0, 0)


# ---------------------------------------------------------------- the caller's side


def test_sound_keys_and_the_end_arrive(protocol):
    (audio,) = protocol.receive(twilio.media(1))
    assert audio == AudioReceived(mulaw=twilio.FRAME, sequence=0, timestamp_ms=0)
    assert [protocol.receive(twilio.dtmf(key)) for key in "1*#A"] == [
        [KeyPressed(key=key)] for key in "1*#A"
    ]
    assert protocol.receive(twilio.stop()) == [StreamStopped()]


def test_two_frames_in_one_message_are_two_frames(protocol):
    events = protocol.receive(twilio.media(1, twilio.FRAME + twilio.FRAME[::-1]))
    assert events == [
        AudioReceived(mulaw=twilio.FRAME, sequence=0, timestamp_ms=0),
        AudioReceived(mulaw=twilio.FRAME[::-1], sequence=1, timestamp_ms=20),
    ]


@pytest.mark.parametrize("size", [0, 1, 159, 161, 319])
def test_sound_of_another_length_is_dropped_and_the_next_is_heard(protocol, size):
    assert kinds(protocol.receive(twilio.media(1, bytes(size)))) == [FaultKind.WRONG_LENGTH]
    assert isinstance(protocol.receive(twilio.media(1))[0], AudioReceived)


@pytest.mark.parametrize("payload", ["*", "AAA", "AA=A", "A A=", "\u00e9", "AAAA\n"])
def test_a_payload_that_is_not_base64_is_dropped(protocol, payload):
    text = json.dumps(
        {"event": "media", "streamSid": twilio.STREAM_SID, "media": {"payload": payload}}
    )
    assert kinds(protocol.receive(text)) == [FaultKind.NOT_BASE64]


def test_gaps_and_repeats_are_counted(protocol):
    for number in (1, 2, 5, 4, 5, 6):
        protocol.receive(twilio.media(number))
    assert protocol.frames_received == 4
    assert protocol.frames_lost == 2
    assert protocol.frames_stale == 2


def test_a_message_over_the_limit_is_not_even_read(protocol):
    text = twilio.media(1, bytes(160 * 400))
    assert len(text) > MAX_MESSAGE_BYTES
    assert kinds(protocol.receive(text)) == [FaultKind.OVERSIZE]
    assert not protocol.receive(text)[0].fatal


def test_a_fault_never_quotes_what_was_sent(protocol):
    secret = "4821"
    texts = [
        twilio.dtmf(secret),
        twilio.mark(secret),
        twilio.media(1, stream_sid=secret),
        f'{{"event":"{secret}"}}',
        secret.encode() + b"{",
    ]
    for text in texts:
        assert secret not in repr(protocol.receive(text))


# ---------------------------------------------------------------- our side


def test_sound_is_cut_into_frames_and_the_rest_waits_for_more(protocol):
    protocol.send_audio(b"a" * 200)
    assert protocol.queued_frames == 1
    protocol.send_audio(b"b" * 120)
    assert [m.media.payload for m in sent(protocol)] == [b"a" * 160, b"a" * 40 + b"b" * 120]
    protocol.flush()
    assert sent(protocol) == []


def test_a_flush_fills_the_last_frame_with_silence(protocol):
    protocol.send_audio(b"a")
    protocol.flush()
    assert [m.media.payload for m in sent(protocol)] == [b"a" + b"\xff" * 159]


def test_what_is_sent_can_be_taken_in_portions(protocol):
    protocol.send_audio(bytes(160 * 5))
    assert len(protocol.data_to_send(2)) == 2
    assert protocol.queued_frames == 3
    assert len(protocol.data_to_send(9)) == 3
    assert protocol.queued_frames == 0


def test_one_name_can_mark_several_places(protocol):
    for _ in range(2):
        protocol.send_audio(bytes(160))
        protocol.send_mark("again")
    names = [m.mark.name for m in sent(protocol) if isinstance(m, MarkOut)]
    assert names == ["1.again", "2.again"]
    assert protocol.pending_marks == 2
    for name in names:
        assert protocol.receive(twilio.mark(name)) == [MarkReached(name="again")]
    assert kinds(protocol.receive(twilio.mark(names[0]))) == [FaultKind.UNKNOWN_MARK]


def test_a_reached_mark_takes_those_before_it_along(protocol):
    for name in "abc":
        protocol.send_mark(name)
    first, *marks = protocol.receive(twilio.mark("2.b"))
    assert first.kind is FaultKind.MARK_ORDER
    assert marks == [MarkReached(name="a"), MarkReached(name="b")]
    assert kinds(protocol.receive(twilio.mark("1.a"))) == [FaultKind.UNKNOWN_MARK]
    assert protocol.receive(twilio.mark("3.c")) == [MarkReached(name="c")]


def test_clear_overtakes_the_sound_and_keeps_the_marks(protocol):
    protocol.send_audio(bytes(1700))
    protocol.send_mark("unheard")
    protocol.send_audio(bytes(100))
    protocol.clear()
    protocol.send_audio(b"n" * 160)
    protocol.send_mark("new")
    mark, clear, sound, new = sent(protocol)
    assert isinstance(clear, ClearOut)
    assert isinstance(sound, MediaOut)
    assert sound.media.payload == b"n" * 160
    assert protocol.receive(twilio.mark(mark.mark.name)) == [
        MarkReached(name="unheard", cleared=True)
    ]
    assert protocol.receive(twilio.mark(new.mark.name)) == [MarkReached(name="new")]


def test_marks_that_never_return_do_not_pile_up(protocol):
    for number in range(MAX_PENDING_MARKS + 10):
        protocol.send_mark(str(number))
    assert protocol.pending_marks == MAX_PENDING_MARKS


def test_nothing_is_sent_or_taken_after_the_stop(protocol):
    protocol.receive(twilio.stop())
    protocol.send_audio(bytes(160))
    protocol.flush()
    protocol.send_mark("late")
    protocol.clear()
    assert protocol.data_to_send() == []
    for text in (twilio.media(1), twilio.start(), twilio.connected(), twilio.stop()):
        assert kinds(protocol.receive(text)) == [FaultKind.AFTER_STOP]


# ---------------------------------------------------------------- whatever comes


def near_messages() -> st.SearchStrategy[str]:
    """JSON that looks like messages of the protocol, with anything in its fields."""
    anything = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats()
    payload = anything | st.binary(max_size=400).map(lambda b: base64.b64encode(b).decode())
    body = st.dictionaries(
        st.sampled_from(
            ["track", "chunk", "timestamp", "payload", "digit", "name", "callSid", "tracks"]
        ),
        payload,
    )
    return st.fixed_dictionaries(
        {"event": st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "x"])},
        optional={
            "streamSid": st.sampled_from([twilio.STREAM_SID, "other"]) | anything,
            "start": body,
            "media": body,
            "dtmf": body,
            "mark": body,
            "stop": body,
        },
    ).map(json.dumps)


@settings(max_examples=300)
@given(st.lists(st.text() | st.binary() | near_messages(), max_size=20), st.booleans())
def test_whatever_comes_in_never_raises(texts, begun):
    protocol = MediaStreamProtocol()
    if begun:
        protocol.receive(twilio.start())
    for text in texts:
        for event in protocol.receive(text):
            assert isinstance(
                event,
                StreamStarted
                | AudioReceived
                | KeyPressed
                | MarkReached
                | StreamStopped
                | ProtocolFault,
            )
    assert protocol.data_to_send() == []
    assert protocol.pending_marks == 0


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=1000), max_size=10))
def test_all_sound_goes_out_in_order_whatever_its_pieces(pieces):
    protocol = MediaStreamProtocol()
    protocol.receive(twilio.start())
    for piece in pieces:
        protocol.send_audio(piece)
    protocol.flush()
    payloads = [message.media.payload for message in sent(protocol)]
    assert all(len(payload) == 160 for payload in payloads)
    whole, total = b"".join(pieces), b"".join(payloads)
    assert total[: len(whole)] == whole
    assert total[len(whole) :].strip(b"\xff") == b""


class OutAndBack(RuleBasedStateMachine):
    """Marks against a far side that answers as Twilio does: each comes back once, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = MediaStreamProtocol()
        self.protocol.receive(twilio.start())
        self.at_twilio: list[str] = []
        self.returning: list[str] = []
        self.expected: list[MarkReached] = []

    @rule(size=st.integers(0, 500))
    def play(self, size):
        self.protocol.send_audio(bytes(size))

    @rule(name=st.text(max_size=5))
    def mark(self, name):
        self.protocol.send_mark(name)
        self.expected.append(MarkReached(name=name))

    @rule()
    def clear(self):
        self.protocol.clear()
        self.expected = [MarkReached(name=mark.name, cleared=True) for mark in self.expected]

    @rule(limit=st.integers(1, 5))
    def transmit(self, limit):
        for text in self.protocol.data_to_send(limit):
            match decode_outgoing(text):
                case MarkOut(mark=body):
                    self.at_twilio.append(body.name)
                case ClearOut():
                    self.returning += self.at_twilio
                    self.at_twilio.clear()

    @rule()
    def reach(self):
        if self.at_twilio:
            self.returning.append(self.at_twilio.pop(0))

    @rule()
    def come_back(self):
        if self.returning:
            events = self.protocol.receive(twilio.mark(self.returning.pop(0)))
            assert events == [self.expected.pop(0)]

    @invariant()
    def pending_is_what_has_not_come_back(self):
        assert self.protocol.pending_marks == len(self.expected)


TestOutAndBack = OutAndBack.TestCase
TestOutAndBack.settings = settings(max_examples=50, stateful_step_count=40)
