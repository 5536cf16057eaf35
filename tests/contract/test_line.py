"""What every `audio.line.Line` does: the real Twilio line over a socket, and the fake in its place.

A rig opens a line whose caller does a few things (`press`, `speak`, `hang up`) and either hears all
that is played (`plays`) or lets it pile up unheard.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from audio.frame import AudioFrame
from audio.line import KeyPressed, Line, LineClosed, LineEvent, MarkReached
from telephony.routes import TelephonyPorts, setup
from telephony.settings import TelephonySettings
from telephony.stream_token import StreamTokens
from tests.fakes import twilio
from tests.fakes.line import FakeLine, HangUp, Press, Quiet

NOW_S = 1_790_000_000.0


class FakeRig:
    """The fake line."""

    @asynccontextmanager
    async def open(self, *does: str, plays: bool = True):
        steps = {"press": Press(keys="1#"), "speak": Quiet(ms=60), "hang up": HangUp()}
        line = FakeLine([steps[what] for what in does], auto_marks=plays)
        yield line
        self.heard = bytes(line.played)


class TwilioRig:
    """The real line, with a caller at the far end of a real socket."""

    def __init__(self, aiohttp_client) -> None:
        self._aiohttp_client = aiohttp_client

    @asynccontextmanager
    async def open(self, *does: str, plays: bool = True):
        opened: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        over = asyncio.Event()

        async def conversation(line, _started):
            opened.set_result(line)
            await over.wait()

        used = twilio.RememberingTokens()
        app = web.Application()
        setup(
            app,
            settings=TelephonySettings(auth_token=twilio.AUTH_TOKEN, public_url=twilio.PUBLIC_URL),
            ports=TelephonyPorts(
                desk=twilio.ScriptedDesk(),
                conversation=conversation,
                ledger=twilio.RememberingLedger(),
                used_tokens=used,
                tally=twilio.CountingTally(),
                clock=lambda: NOW_S,
            ),
        )
        tokens = StreamTokens(
            auth_token=twilio.AUTH_TOKEN, used=used, clock=lambda: NOW_S, ttl_s=60
        )
        client = await self._aiohttp_client(app)
        far = twilio.TwilioStream(await twilio.open_socket(client), plays=plays)
        await far.send(twilio.start(token=tokens.issue(twilio.CALL_SID)))
        for what in does:
            match what:
                case "press":
                    await far.send(twilio.dtmf("1"), twilio.dtmf("#"))
                case "speak":
                    await far.speak(3)
                case "hang up":
                    await far.send(twilio.stop())
        yield await opened
        over.set()
        await far.vanish()
        await far.done
        self.heard = bytes(far.heard)


@pytest.fixture(params=["fake", "twilio"])
def rig(request, aiohttp_client):
    return FakeRig() if request.param == "fake" else TwilioRig(aiohttp_client)


async def until(line: Line, last: LineEvent) -> list[LineEvent]:
    """The events up to this one."""
    seen = []
    async for event in line.events():
        seen.append(event)
        if event == last:
            return seen
    raise AssertionError(f"{last} never came")


def but_sound(events: list[LineEvent]) -> list[LineEvent]:
    return [event for event in events if not isinstance(event, AudioFrame)]


async def test_the_caller_is_heard_in_order_until_the_end(rig):
    async with rig.open("speak", "press", "hang up") as line:
        events = [event async for event in line.events()]
    assert but_sound(events) == [
        KeyPressed(key="1"),
        KeyPressed(key="#"),
        LineClosed(reason="stop"),
    ]
    frames = [event for event in events if isinstance(event, AudioFrame)][:3]
    assert [(f.sequence, f.timestamp_ms) for f in frames] == [(0, 0), (1, 20), (2, 40)]
    assert all((len(f.pcm), f.rate_hz) == (320, 8000) for f in frames)


async def test_marks_come_back_in_order_when_what_was_before_them_has_been_played(rig):
    async with rig.open() as line:
        await line.play(b"a" * 1600)
        await line.mark("a")
        await line.play(b"b" * 100)
        await line.play(b"c" * 100)
        await line.mark("b")
        await line.mark("b")
        seen = []
        async for event in line.events():
            if isinstance(event, MarkReached):
                seen.append(event)
            if len(seen) == 3:
                break
    assert seen == [MarkReached(name="a"), MarkReached(name="b"), MarkReached(name="b")]
    assert rig.heard == b"a" * 1600 + b"b" * 100 + b"c" * 100 + b"\xff" * 120


async def test_a_mark_with_nothing_before_it_comes_back(rig):
    async with rig.open() as line:
        await line.mark("alone")
        assert but_sound(await until(line, MarkReached(name="alone"))) == [
            MarkReached(name="alone")
        ]


async def test_clear_drops_what_was_not_played_and_returns_its_marks(rig):
    async with rig.open(plays=False) as line:
        await line.play(bytes(16_000))
        await line.mark("first")
        await line.play(bytes(100))
        await line.mark("second")
        await line.clear()
        last = MarkReached(name="second", cleared=True)
        events = await until(line, last)
    assert but_sound(events) == [MarkReached(name="first", cleared=True), last]
    assert rig.heard == b""


async def test_what_is_played_after_a_clear_is_heard(rig):
    async with rig.open() as line:
        await line.play(b"x" * 100)
        await line.clear()
        await line.play(b"n" * 160)
        await line.mark("new")
        await until(line, MarkReached(name="new"))
    assert rig.heard == b"n" * 160


async def test_closing_twice_is_harmless_and_ends_the_events(rig):
    async with rig.open() as line:
        await line.close()
        await line.close()
        assert (await until(line, LineClosed(reason="closed")))[-1] == LineClosed(reason="closed")


async def test_a_closed_line_takes_anything_and_does_nothing(rig):
    async with rig.open() as line:
        await line.close()
        await line.play(bytes(16_000))
        await line.mark("late")
        await line.clear()
        assert but_sound([event async for event in line.events()]) == [LineClosed(reason="closed")]
    assert rig.heard == b""
