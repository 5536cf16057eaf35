"""The command line of the set-up."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .display import Display, display_for
from .graph import SetUp, Step, in_order, is_done
from .jobs import Job, StepFailed, tail
from .pythons import chosen, probe
from .stamps import Stamps, only_one
from .steps import Layout, project_steps

_TAIL_LINES = 20

# Settings of the caller's shell that would lead the steps' Pythons astray. The compiled files that
# Python writes on first use make each later start of Rasa three times as fast.
_NOT_FOR_STEPS = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


def main(arguments: Sequence[str]) -> int:
    """Sets up the project, or the named steps of it; returns the exit code."""
    layout = Layout.of_this_project()
    display = display_for(sys.stdout, os.environ.get("TERM", ""))
    every_step = project_steps(layout, os.environ, Path.home())
    names = [step.name for step in every_step]
    if unknown := [name for name in arguments if name not in names]:
        print(f"setup: no such step: {', '.join(unknown)}; there are {', '.join(names)}")
        return 2
    started_s = time.monotonic()
    try:
        chosen(os.environ, probe)  # when RASA_PYTHON is wrong, better now than in some minutes
        steps = in_order(every_step, arguments)
        stamps = Stamps(layout.stamps)
        if all(is_done(step, stamps) for step in steps):
            display.note("everything is up to date")
            return 0
        failures = asyncio.run(_set_up(layout, steps, stamps, display))
    except StepFailed as failure:
        failures = [failure]
    except KeyboardInterrupt:
        display.note("interrupted; run it again to go on")
        return 130
    except asyncio.CancelledError:
        display.note("ended by a signal; run it again to go on")
        return 143
    for each in failures:
        _report(layout, each)
    if not failures:
        display.note(f"ready after {time.monotonic() - started_s:.0f} s")
    return 1 if failures else 0


async def _set_up(
    layout: Layout, steps: list[Step], stamps: Stamps, display: Display
) -> list[StepFailed]:
    this = asyncio.current_task()
    assert this is not None  # noqa: S101 - for mypy: a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_STEPS}

    def waiting(holder: str) -> None:
        display.note(f"waiting: process {holder} is setting up here, or what it started still runs")

    async with only_one(layout.stamps / "lock", waiting) as lock:

        def job_for(step: Step) -> Job:
            return Job(
                log=layout.log(step.name),
                folder=layout.root,
                environ=environ,
                advice=step.advice,
                keep_open=lock,
            )

        return await SetUp(
            steps, stamps=stamps, display=display, job_for=job_for, clock=time.monotonic
        ).run()


def _report(layout: Layout, failure: StepFailed) -> None:
    if failure.step:
        log = layout.log(failure.step)
        print(f"\nsetup: the last lines of {log.relative_to(layout.root)}:", file=sys.stderr)
        for line in tail(log, _TAIL_LINES):
            print(f"  | {line}", file=sys.stderr)
    where = f"{failure.step}: " if failure.step else ""
    print(f"setup: {where}{failure}. {failure.advice}", file=sys.stderr)
