"""Runs the production server until it is told to stop."""

import asyncio
import contextlib
import signal

import structlog
from aiohttp import web

from ivr.app import build_app
from ivr.settings import Settings, SettingsWrong

log = structlog.get_logger(__name__)

DRAIN_S = 60.0
"""How long running calls may go on after the server was told to stop."""


async def serve(settings: Settings) -> None:
    """Serve both ports; SIGTERM or Ctrl-C ends it once the running calls are over.

    Raises:
        SettingsWrong: a port is taken or a part cannot be opened.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with build_app(settings) as apps, contextlib.AsyncExitStack() as stack:
        sites = (
            ("IVR_PORT", apps.public, settings.ivr_host, settings.ivr_port),
            (
                "IVR_INTERNAL_PORT",
                apps.internal,
                settings.ivr_internal_host,
                settings.ivr_internal_port,
            ),
        )
        for name, app, host, port in sites:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise SettingsWrong(
                    f"{name}={port} cannot be used ({error.strerror}): set another port, or stop "
                    "what uses it"
                ) from error
        log.info("serving", port=settings.ivr_port, address=settings.base_url)
        await stop.wait()
        log.info("stopping")
