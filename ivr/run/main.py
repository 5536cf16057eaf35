"""`ivr run`: the whole stack until Ctrl-C."""

import asyncio
import signal
from functools import partial

from rich.console import Console

from ivr.run.stack import Stack
from ivr.settings import Settings


async def run_until_stopped(settings: Settings) -> None:
    """Start all parts, show where they are, and end them on Ctrl-C or SIGTERM.

    Running calls are waited for; a second signal ends them at once.

    Raises:
        ChildFailed: a part did not come up.
    """
    console = Console()
    stop = asyncio.Event()
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    stack = Stack(settings, say)

    def told_to_stop() -> None:
        if stop.is_set():
            stack.hurry()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop)
    console.print("Starting the line:")
    starting = asyncio.create_task(stack.start())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            addresses = starting.result()
            console.print(
                f"""
The line is open.
  Twilio's voice webhook   {addresses.public_url}/twilio/voice
  Health of all parts      {addresses.url}/readyz
  API (bearer token)       {addresses.url}/api/v1/openapi.json
  API token                {addresses.api_token}
  Place a call             .venv/bin/ivr call tests/calls/happy_path_voice.yaml
Logs are in {settings.ivr_var_dir / "log"}. Ctrl-C waits for running calls and ends everything.""",
                highlight=False,
                soft_wrap=True,
            )
            await stop.wait()
    finally:
        stopping.cancel()
        starting.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        if stop.is_set():
            console.print(
                f"Ending all parts; running calls may go on for {settings.ivr_drain_s} s. "
                "Ctrl-C again ends at once."
            )
        await stack.stop()
