"""The `ivr` command."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from ivr.caller.cli import call
from ivr.demo import demo as run_demo
from ivr.doctor import examine
from ivr.logs import configure, described
from ivr.run.child import ChildFailed
from ivr.run.main import run_until_stopped
from ivr.serve import serve as serve_until_stopped
from ivr.settings import Settings, SettingsWrong

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A conversational voice line for customer support.",
)
app.command()(call)


@app.command()
def serve() -> None:
    """Run the production server alone; Rasa and the store are found by RASA_URL and REDIS_URL."""
    settings = Settings.load()
    configure(as_json=settings.ivr_log_json)
    uvloop.run(serve_until_stopped(settings))


@app.command()
def run() -> None:
    """Run all parts on this machine until Ctrl-C: store, Rasa, actions, server."""
    asyncio.run(run_until_stopped(Settings.load()))


@app.command()
def demo(
    scenario: Annotated[
        Path, typer.Argument(help="What the caller does.", exists=True, dir_okay=False)
    ] = Path("tests/calls/happy_path_voice.yaml"),
) -> None:
    """Start all parts, place one complete call, and show transcript, latencies and summary."""
    raise SystemExit(asyncio.run(run_demo(Settings.load(), scenario)))


@app.command()
def doctor() -> None:
    """Check every part; says in one line each what is wrong and how to mend it."""
    raise SystemExit(asyncio.run(examine(Settings.load())))


def main() -> None:
    """Entry point: expected failures are sentences; of others, what they say is not shown.

    Whatever is written holds what callers said: it is for this user only.
    """
    os.umask(0o077)
    configure(as_json=False)
    try:
        app()
    except (SettingsWrong, ChildFailed) as problem:
        sys.stderr.write(f"ivr: {problem}\n")
        raise SystemExit(2) from None
    except Exception as crash:  # noqa: BLE001  # its text may hold what nobody is to read
        sys.stderr.write(f"ivr: crashed\n{described(crash)}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
