"""Whole calls with a line of tones, over real sockets, ten times faster than a telephone."""

import audioop
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from caller_fake_line import FakeLine, tone

from audio.wav import write_wav
from ivr.caller.cli import place_calls, prepare
from ivr.caller.connection import Connection
from ivr.caller.phone import PhoneCall
from ivr.caller.report import CallResult
from ivr.caller.scenario import load_scenario
from ivr.caller.stream import Timing
from ivr.caller.voices import recording_path
from ivr.caller.web import LineFailed, LineUnreachable, Web

FAST = Timing(frame_s=0.002, poll_s=0.01)

Call = Callable[..., Awaitable[tuple[PhoneCall, CallResult]]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Places one call after the given steps and wishes."""
    margin = b"\0\0" * 800
    sound = margin + audioop.ulaw2lin(tone(400), 2) + margin
    write_wav(recording_path(tmp_path, "dana", "hello"), sound)
    write_wav(tmp_path / "own.wav", sound)

    async def place(line: FakeLine, *steps: str, **wishes: object) -> tuple[PhoneCall, CallResult]:
        path = tmp_path / "x.yaml"
        head = {"name": "x", "from": "+15550100001", "timeout_s": 600} | wishes
        path.write_text(
            "\n".join(f"{key}: {json.dumps(value)}" for key, value in head.items())
            + "\nsteps:\n"
            + "\n".join(f"  - {step}" for step in steps)
        )
        prepared = prepare(load_scenario(path))
        async with line.serve() as connection:
            ((phone, result),) = await place_calls(connection, prepared, timing=FAST)
        return phone, result

    return place


TALK = [("welcome", 400), ("your number?", 400), ("goodbye", 400)]
LONG = "within_s: 600"


async def test_a_caller_who_talks_and_presses_keys_is_carried_to_the_end(call: Call):
    line = FakeLine(replies=TALK)
    phone, result = await call(
        line,
        f"expect: {{words: welcome, {LONG}}}",
        "say: hello",
        f"expect: {{words: number, {LONG}}}",
        'press: "12#"',
        f"expect: {{words: good ?bye, {LONG}}}",
        ends_with="hangup",
    )
    assert result.failures == []
    assert result.passed
    assert result.ended == "hangup"
    assert [step.ok for step in result.steps] == [True] * 5
    # The line waits 16 quiet frames; what the sockets take comes on top.
    assert result.latency_ms[0] >= 300
    assert result.steps[3].latency_ms is not None
    assert result.steps[3].latency_ms >= 300
    assert result.audio.line_s == pytest.approx(1.2, abs=0.1)
    assert result.audio.caller_s == pytest.approx(0.4, abs=0.05)
    assert result.frames_received == 3
    assert [turn["who"] for turn in result.turns].count("assistant") == 3
    assert phone.call_sid == result.call_sid


async def test_the_line_gets_what_twilio_sends_in_twilios_order(call: Call):
    line = FakeLine(replies=TALK[:2])
    _, result = await call(line, 'press: "7"', ends_with="hangup")
    assert result.passed
    assert line.events() == ["connected", "start", "mark", "dtmf", "mark"]
    start = next(one["start"] for one in line.messages if one["event"] == "start")
    assert isinstance(start, dict)
    assert start["customParameters"] == {"token": "once"}
    assert start["callSid"] == result.call_sid
    frames = [one["media"] for one in line.messages if one["event"] == "media"]
    assert [(one["chunk"], one["timestamp"]) for one in frames] == [
        (str(number + 1), str(number * 20)) for number in range(len(frames))
    ]
    sequence = [int(one["sequenceNumber"]) for one in line.messages[1:]]
    assert sequence == list(range(1, len(sequence) + 1))
    (voice,) = line.forms("/twilio/voice")
    assert voice["CallStatus"] == "ringing"
    assert voice["From"] == "+15550100001"
    (ended,) = line.forms("/twilio/stream-ended")
    assert ended["StreamSid"] == start["streamSid"]
    (status,) = line.forms("/twilio/status")
    assert status["CallStatus"] == "completed"
    assert status["CallSid"] == result.call_sid


async def test_a_caller_who_hangs_up_sends_stop_and_the_status_and_no_action(call: Call):
    line = FakeLine(replies=TALK)
    _, result = await call(
        line,
        f"expect: {{words: welcome, {LONG}}}",
        "hang_up: true",
        ends_with="caller_hung_up",
    )
    assert result.passed
    assert line.events()[-1] == "stop"
    assert line.forms("/twilio/stream-ended") == []
    assert len(line.forms("/twilio/status")) == 1


async def test_a_scenario_without_an_ending_hangs_up_after_its_steps(call: Call):
    line = FakeLine(replies=TALK, closes=False)
    _, result = await call(line, "play: own.wav", "silence: 0.5")
    assert result.passed
    assert result.ended == "caller_hung_up"


async def test_words_without_sound_do_not_pass(call: Call):
    line = FakeLine(replies=[("welcome", 0), ("more", 0)], closes=False)
    _, result = await call(line, "expect: {words: welcome, within_s: 2}")
    assert result.failures == [
        "step 1, expect: the words are in the line's record, but no sound came"
    ]


async def test_words_that_do_not_come_are_reported_with_those_that_did(call: Call):
    line = FakeLine(replies=TALK, closes=False)
    _, result = await call(line, "expect: {words: farewell, within_s: 2}", "say: hello")
    assert result.failures == ["step 1, expect: not said within 2 s; the assistant said: welcome"]
    assert len(result.steps) == 1


async def test_a_prompt_that_is_said_again_is_not_new(call: Call):
    line = FakeLine(replies=[("welcome", 300), ("welcome", 300), ("well then", 300)], closes=False)
    _, result = await call(line, "say: hello", "expect: {words: wel, new: true, within_s: 4}")
    assert not result.passed
    again = FakeLine(replies=line.replies, closes=False)
    _, result = await call(
        again, "say: hello", "say: hello", f"expect: {{words: wel, new: true, {LONG}}}"
    )
    assert result.passed


async def test_a_line_that_ends_the_call_too_early_fails_the_steps_that_are_left(call: Call):
    line = FakeLine(replies=TALK[:1])
    _, result = await call(line, f"expect: {{words: number, {LONG}}}", "say: hello")
    assert "not said before the call was over" in result.failures[0]
    line = FakeLine(replies=TALK[:1])
    _, result = await call(line, "silence: 60")
    assert result.failures == ["step 1, silence: the call was over before this could be done"]


async def test_a_call_that_does_not_end_in_time_is_ended_and_has_failed(call: Call):
    line = FakeLine(replies=TALK[:1], closes=False)
    _, result = await call(
        line, f"expect: {{words: welcome, {LONG}}}", ends_with="hangup", timeout_s=20
    )
    assert result.failures == ["the call was not over after 20 s"]
    line = FakeLine(replies=TALK[:1], closes=False)
    _, result = await call(line, "silence: 500", timeout_s=5)
    assert "the call was not over after 5 s" in result.failures


async def test_a_line_that_lets_itself_be_interrupted_passes(call: Call):
    line = FakeLine(replies=[("a long welcome", 8000), ("yes?", 300)], closes=False)
    _, result = await call(
        line,
        "barge_in: {say: hello, after_s: 0.5, within_ms: 5000}",
        f"expect: {{words: yes, {LONG}}}",
    )
    assert result.failures == []
    assert result.steps[0].detail.startswith("the line fell silent after ")
    assert result.latency_ms
    assert result.latency_ms[0] >= 300


async def test_a_line_that_talks_on_is_reported(call: Call):
    line = FakeLine(replies=[("a long welcome", 8000), ("yes?", 300)], closes=False, listens=False)
    _, result = await call(line, "barge_in: {say: hello, after_s: 0.5, within_ms: 500}")
    assert result.failures == [
        "step 1, barge_in: the line was still talking 500 ms after the caller"
    ]


async def test_a_caller_in_the_queue_hears_the_hold_sounds(call: Call):
    line = FakeLine(
        replies=TALK[:1],
        ended='<Response><Enqueue action="/left" waitUrl="/twilio/hold">support</Enqueue>'
        "</Response>",
        pages={
            "/twilio/hold": web.Response(
                text="<Response><Say>You are next</Say><Play>/hold.wav</Play><Pause/></Response>"
            ),
            "/hold.wav": web.Response(body=b"RIFF", content_type="audio/wav"),
        },
    )
    _, result = await call(line, f"expect: {{words: next, {LONG}}}", ends_with="queued")
    assert result.passed
    assert result.queue == "support"
    assert result.says == ["You are next"]
    assert line.forms("/twilio/hold")[0]["QueuePosition"] == "1"
    # The verdict is over the call in the queue; after it nobody stays behind there.
    (left,) = line.forms("/left")
    assert left["QueueResult"] == "hangup"
    assert left["QueueSid"] == line.forms("/twilio/hold")[0]["QueueSid"]
    (status,) = line.forms("/twilio/status")
    assert status["CallStatus"] == "completed"


async def test_a_caller_may_be_told_to_stay_in_the_queue(tmp_path: Path, call: Call):
    await call(FakeLine(replies=TALK[:1]), "silence: 0.1", ends_with="hangup")
    prepared = prepare(load_scenario(tmp_path / "x.yaml"))
    line = FakeLine(replies=[], voice='<Response><Enqueue action="/left">q</Enqueue></Response>')
    async with line.serve() as connection:
        await place_calls(connection, prepared, timing=FAST, stay_in_queue=True)
    assert line.forms("/left") == line.forms("/twilio/status") == []


async def test_a_line_that_does_not_take_the_hang_up_in_the_queue_has_failed(call: Call):
    line = FakeLine(
        replies=[],
        voice='<Response><Enqueue action="/left">q</Enqueue></Response>',
        pages={"/left": web.Response(status=500)},
    )
    _, result = await call(line, 'expect: {words: "nothing", within_s: 1}', ends_with="queued")
    assert any("/left answered with status 500" in failure for failure in result.failures)


async def test_hold_sounds_that_are_none_are_reported(call: Call):
    queue = '<Response><Enqueue waitUrl="/twilio/hold">support</Enqueue></Response>'
    for page, complaint in {
        "<Response><Play>/hold.wav</Play></Response>": "is text/plain, not sound",
        "nothing": "the answer is not XML",
    }.items():
        line = FakeLine(
            replies=[],
            voice=queue,
            pages={
                "/twilio/hold": web.Response(text=page),
                "/hold.wav": web.Response(text="not found", content_type="text/plain"),
            },
        )
        _, result = await call(line, "silence: 1", ends_with="queued")
        assert any(complaint in failure for failure in result.failures)


@pytest.mark.parametrize(
    ("twiml", "ended"),
    [
        ("<Say>Sorry</Say><Pause length='1'/><Hangup/>", "hangup"),
        ("<Say>Sorry</Say>", "hangup"),
        ("<Play>/sound.wav</Play><Reject/>", "rejected"),
        ("<Dial>+15550100009</Dial>", "dialled"),
        ("<Enqueue>support</Enqueue>", "queued"),
        ("<Redirect>/sorry</Redirect>", "hangup"),
    ],
)
async def test_every_verb_is_carried_out(call: Call, twiml: str, ended: str):
    line = FakeLine(
        replies=[],
        voice=f"<Response>{twiml}</Response>",
        pages={
            "/sorry": web.Response(text="<Response><Hangup/></Response>"),
            "/sound.wav": web.Response(body=b"RIFF", content_type="audio/wav"),
        },
    )
    _, result = await call(line, 'expect: {words: "Sorry|nothing", within_s: 60}', ends_with=ended)
    assert result.ended == ended
    assert result.steps[0].ok == ("Say" in twiml)


async def test_a_stream_without_action_goes_on_with_the_next_verb(call: Call):
    voice = (
        '<Response><Connect><Stream url="wss://line.example/twilio/media"/></Connect>'
        "<Say>That was all</Say></Response>"
    )
    line = FakeLine(replies=TALK[:1], voice=voice)
    _, result = await call(line, f"expect: {{words: all, {LONG}}}", ends_with="hangup")
    assert result.passed


async def test_a_caller_may_hang_up_while_twilio_waits(call: Call):
    line = FakeLine(replies=[], voice='<Response><Say>Wait</Say><Pause length="9999"/></Response>')
    _, result = await call(line, f"expect: {{words: Wait, {LONG}}}", "hang_up: true")
    assert result.passed
    assert result.ended == "caller_hung_up"


async def test_a_call_that_goes_round_in_a_circle_is_ended(call: Call):
    line = FakeLine(replies=[], voice="<Response><Redirect>/twilio/voice</Redirect></Response>")
    _, result = await call(line, "silence: 1", ends_with="hangup")
    assert "the call took 30 documents and did not end" in result.failures


@pytest.mark.parametrize(
    ("voice", "complaint"),
    [
        ("<Response><Sing/></Response>", "<Sing> is not a verb"),
        ("<Response><Play>/none.wav</Play></Response>", "text/xml, not sound"),
    ],
)
async def test_twiml_that_twilio_refuses_ends_the_call(call: Call, voice: str, complaint: str):
    line = FakeLine(replies=[], voice=voice)
    _, result = await call(line, "silence: 1")
    assert any(complaint in failure for failure in result.failures)
    assert result.ended == "failed"


async def test_a_webhook_that_fails_is_reported_with_its_status(call: Call):
    line = FakeLine(replies=[], pages={"/twilio/voice": web.Response(status=500)})
    _, result = await call(line, "silence: 1")
    assert "answered with status 500" in result.failures[0]


async def test_a_refused_stream_is_reported_and_the_action_is_asked(call: Call):
    line = FakeLine(replies=[], stream_status=403, ended="<Response><Say>Sorry</Say></Response>")
    _, result = await call(line, f"expect: {{words: Sorry, {LONG}}}", ends_with="hangup")
    assert "the stream wss://line.example/twilio/media was refused with status 403" in (
        result.failures
    )
    assert len(line.forms("/twilio/stream-ended")) == 1


async def test_a_line_that_closes_before_its_words_were_played_is_reported(call: Call):
    line = FakeLine(replies=[("goodbye", 3000)], waits=False)
    _, result = await call(line, f"expect: {{words: goodbye, {LONG}}}", ends_with="hangup")
    assert any("ms still to play" in failure for failure in result.failures)


async def test_a_line_that_dies_is_asked_what_comes_next(call: Call):
    line = FakeLine(
        replies=[("welcome", 3000)], breaks=True, ended="<Response><Say>Sorry</Say></Response>"
    )
    _, result = await call(line, f"expect: {{words: Sorry, {LONG}}}", ends_with="hangup")
    assert result.passed
    assert len(line.forms("/twilio/stream-ended")) == 1


async def test_a_line_that_stops_answering_webhooks_in_the_middle_is_reported(call: Call):
    line = FakeLine(replies=TALK[:1], pages={"/twilio/status": web.Response(status=500)})
    _, result = await call(line, f"expect: {{words: welcome, {LONG}}}", ends_with="hangup")
    assert any("/twilio/status answered with status 500" in one for one in result.failures)


async def test_messages_that_twilio_refuses_are_reported_and_the_call_goes_on(call: Call):
    line = FakeLine(
        replies=TALK[:2],
        extra=(
            "{",
            '{"event":"clear","streamSid":"MZother"}',
            '{"event":"media","streamSid":"SID","media":{"payload":"*"}}',
        ),
        extra_bytes=(b"\xff",),
    )
    _, result = await call(line, "say: hello", ends_with="hangup")
    assert len(result.failures) == 4
    assert result.ended == "hangup"


async def test_what_is_said_before_verification_is_reported(call: Call):
    talk = [("welcome Dana", 400), ("you owe 84 dollars", 400)]
    wishes = {"ends_with": "hangup", "never_said_unverified": ["Dana", "dollars"]}
    steps = (f"expect: {{words: welcome, {LONG}}}", "say: hello")
    _, result = await call(FakeLine(replies=talk, verified_from=1), *steps, **wishes)
    assert result.failures == [
        "never_said_unverified: 'Dana' was said before the caller was verified"
    ]


async def test_the_record_and_the_summary_are_compared(call: Call):
    record = {
        "outcome": "transferred",
        "escalation": {"reason": "key_zero"},
        "handoff_id": "h1",
    }
    summary = web.json_response({"schema_version": 1, "verification": {"verified": False}})
    wishes = {
        "ends_with": "hangup",
        "outcome": "transferred",
        "escalation": "key_zero",
        "summary": {"verification": {"verified": False}},
    }
    for signed_path, passes in (("/api/v1/handoffs/h1", True), ("/elsewhere", False)):
        line = FakeLine(replies=TALK[:1], record=record)
        line.api_pages[signed_path] = summary
        _, result = await call(line, f"expect: {{words: welcome, {LONG}}}", **wishes)
        assert result.passed == passes


async def test_a_record_that_cannot_be_read_fails_the_step_that_needs_it(call: Call):
    line = FakeLine(replies=TALK, record={"turns": 5}, closes=False)
    _, result = await call(line, f"expect: {{words: welcome, {LONG}}}")
    assert "the record of the call is not as agreed" in result.failures[0]


async def test_a_line_without_a_record_of_the_call_has_said_nothing(call: Call):
    line = FakeLine(replies=TALK, record_there=False, closes=False)
    _, result = await call(line, "expect: {words: welcome, within_s: 2}")
    assert result.failures == ["step 1, expect: not said within 2 s; the assistant said: nothing"]


async def test_many_callers_have_calls_of_their_own(tmp_path: Path, call: Call):
    await call(FakeLine(replies=TALK[:1]), "silence: 0.1", ends_with="hangup")
    prepared = prepare(load_scenario(tmp_path / "x.yaml"))
    line = FakeLine(replies=[], voice="<Response><Pause/></Response>")
    async with line.serve() as connection:
        done = await place_calls(connection, prepared, calls=3, timing=FAST)
    assert len({result.call_sid for _, result in done}) == 3


async def test_a_line_that_is_not_there_is_told_apart_from_one_that_fails(
    tmp_path: Path, call: Call
):
    await call(FakeLine(replies=TALK[:1]), "silence: 0.1", ends_with="hangup")
    prepared = prepare(load_scenario(tmp_path / "x.yaml"))
    nowhere = Connection(
        url="http://localhost:9", public_url="https://x.example", auth_token="a", api_token="b"
    )
    with pytest.raises(LineUnreachable, match="nobody answers at http://localhost:9/twilio/voice"):
        await place_calls(nowhere, prepared, timing=FAST)


async def test_the_lines_api_may_refuse_or_stammer():
    line = FakeLine(replies=[])
    line.api_pages["/api/v1/handoffs/h1"] = web.Response(text="[]")
    async with line.serve() as connection, aiohttp.ClientSession() as session:
        web_ = Web(session, connection)
        assert await web_.handoff("none") is None
        with pytest.raises(LineFailed, match="did not answer with a JSON object"):
            await web_.handoff("h1")
        stranger = Web(
            session,
            Connection(
                url=connection.url, public_url=connection.public_url, auth_token="a", api_token="b"
            ),
        )
        with pytest.raises(LineFailed, match=r"status 401 \(is the token the line's own\?\)"):
            await stranger.call("CA1")
        with pytest.raises(LineFailed, match="refused with status 403"):
            await stranger.stream("wss://line.example/twilio/media")
        with pytest.raises(LineUnreachable):
            await stranger.stream("ws://localhost:9/media")
