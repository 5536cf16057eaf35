"""Runs the production server until it is told to stop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web

from ivr.app import Apps, build_app
from ivr.settings import Settings, SettingsWrong

log = structlog.get_logger(__name__)

GRACE_S = 2.0
"""After a call's stream has ended Twilio asks what comes next, and after a call was answered it
opens the stream: so long without a call, and nobody has anything to ask any more."""

_LOOK_EVERY_S = 0.1
_LAST_REQUESTS_S = 5.0
"""How long requests that are being answered at the very end may take."""


class StopSignals:
    """SIGTERM and Ctrl-C: the first one asks to stop, a second one to stop at once."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.at_once = asyncio.Event()

    def __call__(self) -> None:
        """One more signal."""
        (self.at_once if self.stop.is_set() else self.stop).set()

    def listen(self) -> None:
        """Take the process's signals from now on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self)


async def serve(settings: Settings) -> None:
    """Serve both ports; SIGTERM or Ctrl-C ends it once the running calls are over.

    Raises:
        SettingsWrong: a port is taken or a part cannot be opened.
    """
    signals = StopSignals()
    signals.listen()
    async with build_app(settings) as apps, _serving(settings, apps):
        log.info("serving", port=settings.ivr_port, address=settings.base_url)
        await signals.stop.wait()
        await wind_down(apps, signals.at_once, limit_s=settings.ivr_drain_s)


async def wind_down(apps: Apps, at_once: asyncio.Event, *, limit_s: float) -> None:
    """Take no new calls, let the running ones go on for `limit_s`, then end them.

    Both ports are served all the while: a running call needs them, and so does the request by which
    Twilio asks where the caller of an ended stream is to go.
    """
    apps.stopping.set()
    log.info("stopping", calls=apps.calls(), limit_s=limit_s)
    over = asyncio.create_task(_no_more_calls(apps.calls))
    hurried = asyncio.create_task(at_once.wait())
    try:
        await asyncio.wait({over, hurried}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.cancel()
        hurried.cancel()
    if cut_off := apps.calls():
        log.warning("calls_cut_off", calls=cut_off)
        await apps.end_calls()
        await asyncio.sleep(GRACE_S)


async def _no_more_calls(calls: Callable[[], int]) -> None:
    quiet_s = 0.0
    while quiet_s < GRACE_S:
        await asyncio.sleep(_LOOK_EVERY_S)
        quiet_s = 0.0 if calls() else quiet_s + _LOOK_EVERY_S


@asynccontextmanager
async def _serving(settings: Settings, apps: Apps) -> AsyncIterator[None]:
    """Both ports; at the end the public one is closed first: its last calls need the other."""
    async with AsyncExitStack() as stack:
        for name, app, host, port in (
            (
                "IVR_INTERNAL_PORT",
                apps.internal,
                settings.ivr_internal_host,
                settings.ivr_internal_port,
            ),
            ("IVR_PORT", apps.public, settings.ivr_host, settings.ivr_port),
        ):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_REQUESTS_S)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno else type(error).__name__
                raise SettingsWrong(
                    f"{name}={port} cannot be used ({reason}): set another port, or stop "
                    "what uses it"
                ) from error
        yield
