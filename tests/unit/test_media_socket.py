"""A stream over a real WebSocket: who gets in, what survives, how it ends."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from aiohttp import WSServerHandshakeError, web
from aiohttp.test_utils import TestClient

from audio.frame import AudioFrame
from audio.line import KeyPressed, LineClosed, MarkReached
from telephony.line_directory import LineDirectory
from telephony.ports import Conversation
from telephony.routes import TelephonyPorts, setup
from telephony.settings import StreamSettings, TelephonySettings
from telephony.signatures import SIGNATURE_HEADER, sign
from telephony.stream_token import StreamTokens
from tests.fakes import twilio
from tests.fakes.twilio import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CALL_SID,
    PUBLIC_URL,
    CountingTally,
    RememberingLedger,
    RememberingTokens,
    ScriptedDesk,
    TwilioStream,
    eventually,
    open_socket,
)

NOW_S = 1_790_000_000.0
PATIENT = StreamSettings(
    start_timeout_s=20,
    idle_timeout_s=20,
    send_timeout_s=20,
    close_timeout_s=1,
    admission_timeout_s=20,
    conversation_grace_s=20,
    handover_timeout_s=20,
)
"""Nothing times out by itself; a test shortens the one it is about."""


class Listening:
    """A conversation that notes what it hears until the line closes; a test may add to it."""

    def __init__(self):
        self.lines = []
        self.started = []
        self.events = []
        self.closed = asyncio.Event()
        self.begun = asyncio.Event()
        self.also = None
        self.running = 0

    async def __call__(self, line, started):
        self.lines.append(line)
        self.started.append(started)
        self.begun.set()
        self.running += 1
        try:
            if self.also is not None:
                await self.also(line)
            async for event in line.events():
                self.events.append(event)
        finally:
            self.running -= 1
            self.closed.set()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class Server:
    """The telephony of a test server, and Twilio's way to it."""

    client: TestClient
    app: web.Application
    directory: LineDirectory
    talk: Conversation
    tally: CountingTally
    used: RememberingTokens

    def token(self, call_sid=CALL_SID, at_s=NOW_S):
        tokens = StreamTokens(auth_token=AUTH_TOKEN, used=self.used, clock=lambda: at_s, ttl_s=60)
        return tokens.issue(call_sid)

    @asynccontextmanager
    async def stream(self, *first, plays=True):
        """An open stream that has sent these messages (None: an ordinary beginning)."""
        far = TwilioStream(await open_socket(self.client), plays=plays)
        try:
            await far.send(*(first or (twilio.connected(), twilio.start(token=self.token()))))
            yield far
        finally:
            await far.vanish()
            await far.done


@pytest.fixture
def serve(aiohttp_client):
    """Starts telephony with these changes to the patient settings."""

    async def start(talk=None, account_sid="", **changes):
        talk, tally, used = talk or Listening(), CountingTally(), RememberingTokens()
        app = web.Application()
        directory = setup(
            app,
            settings=TelephonySettings(
                auth_token=AUTH_TOKEN,
                public_url=PUBLIC_URL,
                account_sid=account_sid,
                stream=replace(PATIENT, **changes),
            ),
            ports=TelephonyPorts(
                desk=ScriptedDesk(),
                conversation=talk,
                ledger=RememberingLedger(),
                used_tokens=used,
                tally=tally,
                clock=lambda: NOW_S,
            ),
        )
        return Server(await aiohttp_client(app), app, directory, talk, tally, used)

    return start


# ---------------------------------------------------------------- a call


async def test_a_caller_and_the_line_hear_each_other(serve):
    server = await serve()
    talk = server.talk

    async def greet(line):
        await line.play(b"a" * 200)
        await line.mark("greeting")

    talk.also = greet
    async with server.stream() as far:
        await far.speak(3)
        await far.send(twilio.dtmf("7"))
        await eventually(lambda: talk.of(MarkReached))
        await far.send(twilio.stop())
        await far.done
    assert talk.started[0].call_sid == CALL_SID
    frames = talk.of(AudioFrame)
    assert [(f.sequence, f.timestamp_ms, len(f.pcm), f.rate_hz) for f in frames] == [
        (0, 0, 320, 8000),
        (1, 20, 320, 8000),
        (2, 40, 320, 8000),
    ]
    assert talk.of(KeyPressed) == [KeyPressed(key="7")]
    assert talk.events[-1] == LineClosed(reason="stop")
    assert bytes(far.heard) == b"a" * 200 + b"\xff" * 120
    assert server.tally.counts["stream_started"] == 1
    assert len(server.directory) == 0


async def test_the_line_closes_when_the_conversation_is_over(serve):
    async def brief(line, _):
        await line.play(bytes(160))
        await line.mark("bye")
        async for event in line.events():
            if event == MarkReached(name="bye"):
                return

    server = await serve(brief)
    async with server.stream() as far:
        await far.done
    assert far.close_code == 1000
    assert bytes(far.heard) == bytes(160)


async def test_clear_overtakes_what_is_still_queued(serve):
    server = await serve(queued_frames=10)
    talk = server.talk
    over = asyncio.Event()

    async def interrupted(line):
        endless = asyncio.create_task(line.play(bytes(160 * 100_000)))
        await asyncio.sleep(0)  # it has filled the queue and waits for room
        await line.mark("unheard")
        await line.clear()
        await endless  # what was to come is dropped with the rest
        await line.play(b"n" * 160)
        await line.mark("new")
        over.set()

    talk.also = interrupted
    async with server.stream(plays=False) as far:
        await over.wait()
        await eventually(lambda: talk.of(MarkReached))
        assert talk.of(MarkReached) == [MarkReached(name="unheard", cleared=True)]
        assert far.clears == 1
        await far.send(twilio.stop())
        await far.done


async def test_playing_waits_for_room_and_loses_nothing(serve):
    server = await serve(queued_frames=10)
    sound = bytes(range(256)) * 1000

    async def long_speech(line, _):
        await line.play(sound)
        await line.mark("end")
        async for event in line.events():
            if event == MarkReached(name="end"):
                return

    server = await serve(long_speech, queued_frames=10)
    async with server.stream() as far:
        await far.done
    assert bytes(far.heard) == sound


async def test_playing_to_a_line_that_closes_meanwhile_ends(serve):
    server = await serve(queued_frames=10)

    async def play_on(line):
        await line.play(bytes(160 * 100_000))
        await line.mark("late")
        await line.clear()
        await line.close()

    server.talk.also = play_on
    async with server.stream() as far:
        await server.talk.begun.wait()
        server.talk.lines[0].end("lost")
        await far.done
    assert server.talk.events[-1] == LineClosed(reason="lost")


# ---------------------------------------------------------------- who gets in


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE_HEADER: "forged"},
        {SIGNATURE_HEADER: sign(AUTH_TOKEN, "wss://elsewhere.example.com/twilio/media")},
    ],
)
async def test_an_unsigned_socket_is_not_opened(serve, headers):
    server = await serve()
    with pytest.raises(WSServerHandshakeError) as refused:
        await server.client.ws_connect("/twilio/media", headers=headers)
    assert refused.value.status == 403
    assert server.talk.started == []
    assert server.tally.counts["signature_refused"] == 1


async def test_a_signed_request_that_is_no_websocket_is_told_so(serve):
    server = await serve()
    signed = {SIGNATURE_HEADER: sign(AUTH_TOKEN, PUBLIC_URL + "/twilio/media")}
    assert (await server.client.get("/twilio/media", headers=signed)).status == 426


async def refused_with(server, *first):
    async with server.stream(*first) as far:
        await far.done
    assert server.talk.started == []
    assert len(server.directory) == 0
    return far.close_code


@pytest.mark.parametrize(
    "token",
    [
        lambda _: "",
        lambda _: "forged.token",
        lambda server: server.token("CA" + "f" * 32),
        lambda server: server.token(at_s=NOW_S - 61),
    ],
    ids=["none", "forged", "of another call", "expired"],
)
async def test_a_stream_without_a_good_token_starts_nothing(serve, token):
    server = await serve()
    assert await refused_with(server, twilio.start(token=token(server))) == 1008
    assert server.tally.counts["stream_refused"] == 1


async def test_a_stream_of_another_account_starts_nothing(serve):
    server = await serve(account_sid="AC" + "f" * 32)
    assert await refused_with(server, twilio.start(token=server.token())) == 1008
    assert server.tally.counts["account_refused"] == 1


async def test_a_stream_of_our_account_starts(serve):
    server = await serve(account_sid=ACCOUNT_SID)
    async with server.stream() as far:
        await far.send(twilio.stop())
        await far.done
    assert server.talk.started[0].account_sid == ACCOUNT_SID


async def test_a_token_is_good_for_one_stream(serve):
    server = await serve()
    token = server.token()
    async with server.stream(twilio.start(token=token)) as far:
        await far.send(twilio.stop())
        await far.done
    assert len(server.talk.started) == 1
    async with server.stream(twilio.start(token=token)) as again:
        await again.done
    assert again.close_code == 1008
    assert len(server.talk.started) == 1


async def test_a_stream_is_refused_when_its_token_cannot_be_checked(serve):
    server = await serve()
    server.used.broken = True
    assert await refused_with(server, twilio.start(token=server.token())) == 1011
    assert server.tally.counts["stream_admission_failed"] == 1


async def test_a_socket_that_never_starts_is_closed(serve):
    server = await serve(start_timeout_s=0.05)
    assert await refused_with(server, twilio.connected()) == 1008
    assert server.tally.counts["stream_never_started"] == 1


async def test_a_socket_that_goes_before_the_start_is_counted(serve):
    server = await serve()
    async with server.stream(twilio.connected()):
        pass
    await eventually(lambda: server.tally.counts["stream_closed"])
    assert server.tally.counts["stream_never_started"] == 1


async def test_a_format_that_cannot_be_heard_is_refused(serve):
    server = await serve()
    start = twilio.start(token=server.token()).replace(b"8000", b"16000")
    assert await refused_with(server, start) == 1003
    assert server.tally.counts["stream_fault_unsupported_format"] == 1


async def test_a_full_server_takes_no_more(serve):
    server = await serve(max_lines=1)
    async with server.stream():
        await server.talk.begun.wait()
        other = "CA" + "f" * 32
        start = twilio.start(call_sid=other, token=server.token(other))
        async with server.stream(start) as refused:
            await refused.done
        assert refused.close_code == 1013
    assert len(server.talk.started) == 1


# ---------------------------------------------------------------- bad input


async def test_the_call_survives_what_it_can(serve):
    server = await serve()
    bad = [
        b"not JSON",
        b'{"event":"dance"}',
        b'{"event":"media"}',
        twilio.media(1, b"short"),
        twilio.media(1, stream_sid="other"),
        twilio.start(),
        b"x" * 70_000,
    ]
    early = [twilio.media(1), b"hello", twilio.connected(), twilio.start(token=server.token())]
    async with server.stream(*early) as far:
        await far.send(*bad, twilio.media(1), twilio.media(1), twilio.media(4))
        await far.send(twilio.dtmf("5"), twilio.stop())
        await far.done
    assert len(server.talk.of(AudioFrame)) == 2
    assert server.talk.events[-2:] == [KeyPressed(key="5"), LineClosed(reason="stop")]
    faults = {k.removeprefix("stream_fault_"): n for k, n in server.tally.counts.items()}
    assert (
        faults.items()
        >= {
            "before_start": 1,
            "not_json": 2,
            "unknown_event": 1,
            "malformed": 1,
            "wrong_length": 1,
            "other_stream": 1,
            "second_start": 1,
            "oversize": 1,
            "stale_frame": 1,
            "frames_lost": 1,
        }.items()
    )


async def test_a_message_beyond_all_bounds_ends_the_stream(serve):
    server = await serve()
    async with server.stream() as far:
        await far.send(b"x" * 300_000)
        await far.done
    assert far.close_code == 1009
    assert server.talk.events[-1] == LineClosed(reason="lost")


async def test_a_message_beyond_all_bounds_before_the_start_starts_nothing(serve):
    server = await serve()
    assert await refused_with(server, b"x" * 300_000) == 1009


async def test_binary_frames_are_read_like_text(serve):
    server = await serve()
    socket = await open_socket(server.client)
    for message in (twilio.start(token=server.token()), twilio.media(1), twilio.stop()):
        await socket.send_bytes(message)
    await server.talk.closed.wait()
    assert len(server.talk.of(AudioFrame)) == 1
    await socket.close()


async def test_a_slow_conversation_loses_the_oldest_sound_and_no_key(serve):
    server = await serve(heard_frames=5)
    resume = asyncio.Event()

    async def busy(_line):
        await resume.wait()

    server.talk.also = busy
    async with server.stream() as far:
        await far.send(twilio.dtmf("1"))
        await far.speak(20)
        await far.send(twilio.stop())
        await eventually(lambda: server.talk.lines and server.talk.lines[0].ended)
        resume.set()
        await far.done
    assert [frame.sequence for frame in server.talk.of(AudioFrame)] == [15, 16, 17, 18, 19]
    assert server.talk.of(KeyPressed) == [KeyPressed(key="1")]
    assert server.tally.counts["frames_dropped"] == 15


async def test_a_flood_of_keys_nobody_reads_ends_the_stream(serve):
    server = await serve()
    resume = asyncio.Event()

    async def busy(_line):
        await resume.wait()

    server.talk.also = busy
    async with server.stream() as far:
        await far.send(*[twilio.dtmf("1")] * 1001)
        await far.done
        resume.set()
    assert far.close_code == 1003
    await server.talk.closed.wait()
    assert server.talk.events[-1] == LineClosed(reason="fault")
    assert server.tally.counts["stream_overflow"] == 1


# ---------------------------------------------------------------- ends


async def test_a_caller_whose_connection_breaks_is_lost(serve):
    server = await serve()
    async with server.stream():
        await server.talk.begun.wait()
    await server.talk.closed.wait()
    assert server.talk.events == [LineClosed(reason="lost")]


async def test_a_stream_that_falls_silent_is_lost(serve):
    server = await serve(idle_timeout_s=0.05)
    async with server.stream() as far:
        await far.done
    assert server.talk.events == [LineClosed(reason="lost")]
    assert server.tally.counts["stream_silent"] == 1


async def test_a_far_side_that_takes_nothing_is_lost(serve):
    server = await serve(send_timeout_s=0.05, close_timeout_s=0.05, queued_frames=100_000)

    async def shout(line):
        await line.play(bytes(160 * 100_000))

    server.talk.also = shout
    socket = await open_socket(server.client)
    await socket.send_str(twilio.start(token=server.token()).decode())
    await server.talk.begun.wait()
    await server.talk.closed.wait()
    assert server.talk.events == [LineClosed(reason="lost")]
    assert server.tally.counts["stream_blocked"] == 1
    await eventually(lambda: server.tally.counts["stream_closed"])
    await socket.close()


async def test_a_second_stream_of_a_call_replaces_the_first(serve):
    server = await serve()
    async with server.stream() as first:
        await server.talk.begun.wait()
        second_sid = "MZ" + "2" * 32
        start = twilio.start(stream_sid=second_sid, token=server.token())
        async with server.stream(start) as second:
            await first.done
            assert first.close_code == 1000
            assert server.talk.events == [LineClosed(reason="replaced")]
            await eventually(lambda: len(server.talk.started) == 2)
            assert server.talk.running == 1
            assert len(server.directory) == 1
            await second.send(twilio.stop(stream_sid=second_sid))
            await second.done
    assert [s.stream_sid for s in server.talk.started] == [twilio.STREAM_SID, second_sid]
    assert server.talk.events[-1] == LineClosed(reason="stop")


async def test_a_conversation_that_fails_closes_the_stream(serve):
    async def broken(_line, _started):
        raise RuntimeError("the caller said 4821")

    server = await serve(broken)
    async with server.stream() as far:
        await far.done
    assert far.close_code == 1011
    assert server.tally.counts["conversation_failed"] == 1


async def test_a_conversation_that_does_not_notice_the_end_is_stopped(serve):
    stopped = asyncio.Event()

    async def deaf(_line, _started):
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    server = await serve(deaf, conversation_grace_s=0.05)
    async with server.stream() as far:
        await far.send(twilio.stop())
        await far.done
        await stopped.wait()
    assert server.tally.counts["conversation_stuck"] == 1


async def test_a_server_that_stops_ends_its_streams_in_order(serve):
    server = await serve()
    async with server.stream() as far:
        await server.talk.begun.wait()
        await server.app.shutdown()
        await far.done
        assert far.close_code == 1001
        assert server.talk.events == [LineClosed(reason="shutdown")]
        async with server.stream(twilio.start(token=server.token())) as late:
            await late.done
        assert late.close_code == 1013


async def test_a_socket_that_has_not_started_goes_with_the_server(serve):
    server = await serve()
    async with server.stream(twilio.connected()) as far:
        await server.app.shutdown()
        await far.done
    assert server.talk.started == []


async def test_a_connection_that_breaks_while_the_line_speaks_is_lost(serve):
    server = await serve(queued_frames=10)

    async def speak(line):
        await line.play(bytes(160 * 100_000))

    server.talk.also = speak
    socket = await open_socket(server.client)
    await socket.send_str(twilio.start(token=server.token()).decode())
    await server.talk.begun.wait()
    await socket.receive()
    socket._response.connection.transport.abort()
    await server.talk.closed.wait()
    assert server.talk.events == [LineClosed(reason="lost")]


async def test_the_third_stream_of_a_call_talks_and_the_second_never_does(serve):
    first_may_leave = asyncio.Event()
    sids = ["MZ" + str(n) * 32 for n in range(3)]
    talked = []

    async def stubborn(line, started):
        talked.append(started.stream_sid)
        async for _ in line.events():
            pass
        if started.stream_sid == sids[0]:
            await first_may_leave.wait()

    server = await serve(stubborn)
    starts = [twilio.start(stream_sid=sid, token=server.token()) for sid in sids]
    async with server.stream(starts[0]) as first:
        await eventually(lambda: talked)
        async with server.stream(starts[1]) as second:
            await first.done
            async with server.stream(starts[2]) as third:
                await eventually(lambda: server.tally.counts["stream_end_replaced"] == 2)
                first_may_leave.set()
                await second.done
                await eventually(lambda: len(talked) == 2)
                await third.send(twilio.stop(stream_sid=sids[2]))
                await third.done
    assert talked == [sids[0], sids[2]]
    assert second.close_code == 1000
