"""The command `ivr call`."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from ivr.caller.connection import Connection, ConnectionUnknown, find_connection
from ivr.caller.phone import PhoneCall
from ivr.caller.report import CallResult, as_json, print_call, print_summary
from ivr.caller.scenario import BargeIn, Play, Say, Scenario, ScenarioError, load_scenario
from ivr.caller.stream import Timing
from ivr.caller.voices import SoundMissing, played, spoken
from ivr.caller.web import LineUnreachable, Web

FAILED = 1
UNUSABLE = 2


def call(  # noqa: PLR0913, PLR0917 -- each is an option of the command
    scenarios: Annotated[
        list[Path],
        typer.Argument(metavar="SCENARIO...", help="scenario files, or folders of them"),
    ],
    url: Annotated[str | None, typer.Option(help="where the line answers")] = None,
    json: Annotated[Path | None, typer.Option(help="write the results as JSON")] = None,
    wav: Annotated[
        Path | None, typer.Option(help="write a stereo recording: left the caller, right the line")
    ] = None,
    calls: Annotated[int, typer.Option(min=1, max=500, help="this many at the same time")] = 1,
    stay_in_queue: Annotated[
        bool, typer.Option("--stay-in-queue", help="do not hang up where a person is waited for")
    ] = False,
) -> None:
    """Call the line as Twilio does and follow each scenario, one after another.

    The tokens come from TWILIO_AUTH_TOKEN, IVR_API_TOKEN and PUBLIC_URL, else from the line that
    runs here. Exit code 0: all passed; 1: something failed; 2: nothing could be tried.
    """
    console = Console()
    try:
        connection = find_connection(os.environ, url=url)
        prepared = [prepare(load_scenario(path)) for path in _files(scenarios)]
        results = asyncio.run(
            _call_all(
                console, connection, prepared, wav=wav, calls=calls, stay_in_queue=stay_in_queue
            )
        )
        if json:
            json.parent.mkdir(parents=True, exist_ok=True)
            json.write_bytes(as_json(results))
    except (ConnectionUnknown, ScenarioError, SoundMissing, LineUnreachable, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(UNUSABLE) from error
    if len(results) > 1:
        print_summary(console, results)
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)


Prepared = tuple[Scenario, dict[int, bytes]]


def prepare(scenario: Scenario) -> Prepared:
    """A scenario with the sound of its steps, by step number.

    Raises:
        SoundMissing: a recording is missing and cannot be made; the sentence names the step.
    """
    folder = scenario.path.parent
    sounds = {}
    for number, step in enumerate(scenario.steps, start=1):
        try:
            match step:
                case Say(text=text, voice=voice) | BargeIn(say=text, voice=voice):
                    sounds[number] = spoken(folder, voice or scenario.voice, text)
                case Play(file=file):
                    sounds[number] = played(folder / file)
        except SoundMissing as error:
            raise SoundMissing(f"{scenario.path}, step {number}: {error}") from error
    return scenario, sounds


async def place_calls(
    connection: Connection,
    prepared: Prepared,
    *,
    calls: int = 1,
    timing: Timing | None = None,
    stay_in_queue: bool = False,
) -> list[tuple[PhoneCall, CallResult]]:
    """Place calls after one scenario at the same time, and wait for all.

    Whoever ends in the queue hangs up there once the call is judged; with `stay_in_queue` the place
    in the line's queue stays taken.

    Raises:
        LineUnreachable: nobody answers at the line's address.
    """
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        web = Web(session, connection)
        phones = [PhoneCall(*prepared, web, timing or Timing()) for _ in range(calls)]
        results = await asyncio.gather(
            *(phone.run(stay_in_queue=stay_in_queue) for phone in phones), return_exceptions=True
        )
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [
        (phone, result)
        for phone, result in zip(phones, results, strict=True)
        if isinstance(result, CallResult)
    ]


async def _call_all(  # noqa: PLR0913 -- what the command was given, all named
    console: Console,
    connection: Connection,
    scenarios: Sequence[Prepared],
    *,
    wav: Path | None,
    calls: int,
    stay_in_queue: bool,
) -> list[CallResult]:
    done: list[CallResult] = []
    several = len(scenarios) * calls > 1
    for prepared in scenarios:
        for phone, result in await place_calls(
            connection, prepared, calls=calls, stay_in_queue=stay_in_queue
        ):
            done.append(result)
            print_call(console, result)
            if wav:
                name = f"{wav.stem}-{len(done)}{wav.suffix}" if several else wav.name
                phone.handset.tape.write(wav.with_name(name))
    return done


def _files(paths: Sequence[Path]) -> list[Path]:
    files = []
    for path in paths:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found:
            raise ScenarioError(f"{path}: holds no scenario (*.yaml)")
        files += found
    return files
