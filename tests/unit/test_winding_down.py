"""The server is told to stop: running calls go on, the last ones are answered, then it ends."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from ivr import serve as serve_module
from ivr.app import Apps
from ivr.desk import IvrDesk
from ivr.run.child import free_port
from ivr.serve import StopSignals, wind_down
from ivr.settings import Settings, SettingsWrong
from telephony.ports import Converse, IncomingCall, SpokenEnd

LONG_S = 3600


@pytest.fixture(autouse=True)
def a_short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_module, "GRACE_S", 0.05)
    monkeypatch.setattr(serve_module, "_LOOK_EVERY_S", 0.01)


class Line:
    """A server with calls that end when the test says so."""

    def __init__(self, running: int) -> None:
        self.running = running
        self.cut_off = 0
        self.apps = Apps(
            public=web.Application(),
            internal=web.Application(),
            stopping=asyncio.Event(),
            calls=lambda: self.running,
            end_calls=self._end_calls,
        )

    async def _end_calls(self) -> None:
        self.cut_off, self.running = self.running, 0


async def test_a_running_call_is_finished():
    line = Line(running=1)
    winding = asyncio.create_task(wind_down(line.apps, asyncio.Event(), limit_s=LONG_S))
    await asyncio.sleep(0.1)
    assert line.apps.stopping.is_set()
    assert not winding.done()
    line.running = 0
    await winding
    assert line.cut_off == 0


async def test_without_calls_it_ends_soon():
    await wind_down(Line(running=0).apps, asyncio.Event(), limit_s=LONG_S)


async def test_a_call_whose_stream_is_about_to_open_is_waited_for():
    line = Line(running=0)
    winding = asyncio.create_task(wind_down(line.apps, asyncio.Event(), limit_s=LONG_S))
    await asyncio.sleep(0)
    line.running = 1
    await asyncio.sleep(0.2)
    assert not winding.done()
    line.running = 0
    await winding


async def test_a_call_that_lasts_too_long_is_cut_off():
    line = Line(running=2)
    await wind_down(line.apps, asyncio.Event(), limit_s=0.05)
    assert line.cut_off == 2


async def test_a_second_signal_cuts_off_at_once():
    line, signals = Line(running=1), StopSignals()
    signals()
    assert signals.stop.is_set()
    assert not signals.at_once.is_set()
    signals()
    await wind_down(line.apps, signals.at_once, limit_s=LONG_S)
    assert line.cut_off == 1


async def test_both_ports_answer_until_the_last_call_has_ended():
    line = Line(running=1)
    settings = Settings(ivr_port=free_port(), ivr_internal_port=free_port(), ivr_host="127.0.0.1")
    answered = []

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    async def ask_both() -> None:
        async with aiohttp.ClientSession() as http:
            for port in (settings.ivr_port, settings.ivr_internal_port):
                async with http.get(f"http://127.0.0.1:{port}/") as response:
                    answered.append(await response.text())
        line.running = 0

    for app in (line.apps.public, line.apps.internal):
        app.add_routes([web.get("/", answer)])
    line.apps = Apps(
        public=line.apps.public,
        internal=line.apps.internal,
        stopping=line.apps.stopping,
        calls=line.apps.calls,
        end_calls=ask_both,
    )
    async with serve_module._serving(settings, line.apps):
        await wind_down(line.apps, asyncio.Event(), limit_s=0.05)
    assert answered == ["here", "here"]


async def test_a_taken_port_is_a_sentence():
    line = Line(running=0)
    settings = Settings(ivr_port=free_port(), ivr_internal_port=free_port(), ivr_host="127.0.0.1")
    other = settings.model_copy(update={"ivr_internal_port": free_port()})
    async with serve_module._serving(settings, line.apps):
        with pytest.raises(SettingsWrong, match=rf"IVR_PORT={settings.ivr_port} cannot be used"):
            async with serve_module._serving(other, Line(running=0).apps):
                raise AssertionError("two servers share a port")


async def test_a_caller_who_rings_meanwhile_is_told_so():
    stopping = asyncio.Event()
    desk = IvrDesk(
        live={},
        store=None,
        handover=None,
        metrics=None,
        queue="support",
        max_calls=1,
        accepts_calls=lambda: not stopping.is_set(),
    )
    call = IncomingCall(call_sid="CA1", account_sid="", from_number="", to_number="")
    assert isinstance(await desk.incoming(call), Converse)
    stopping.set()
    refusal = await desk.incoming(call)
    assert isinstance(refusal, SpokenEnd)
    assert "Please call again" in refusal.text
