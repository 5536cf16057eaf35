"""Runs steps side by side, each after the ones it needs, and skips those that are done."""

import asyncio
import graphlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from .display import Display, Running
from .jobs import Job, StepFailed
from .stamps import Stamps

_REDRAW_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of the set-up."""

    name: str
    about: str
    """What it makes, for the progress display."""
    after: tuple[str, ...] = ()
    """Names of the steps whose results it needs."""
    fingerprint: Callable[[], str]
    """A hash of all that goes into its result; may raise OSError when an input is missing."""
    is_there: Callable[[], bool]
    """Whether its result is there."""
    work: Callable[[Job], Awaitable[None]]
    """Makes its result, whatever an interrupted run left behind; may raise StepFailed."""
    advice: str
    """What to do when it fails, in one sentence."""


def in_order(steps: Iterable[Step], wanted: Iterable[str] = ()) -> list[Step]:
    """The wanted steps (all, when none is named) and those they need, each after what it needs.

    Raises:
        KeyError: a name that no step has.
        graphlib.CycleError: steps that need each other.
    """
    by_name = {step.name: step for step in steps}
    missing = list(wanted) or list(by_name)
    needed: dict[str, tuple[str, ...]] = {}
    while missing:
        name = missing.pop()
        if name not in needed:
            needed[name] = by_name[name].after
            missing.extend(needed[name])
    return [by_name[name] for name in graphlib.TopologicalSorter(needed).static_order()]


def is_done(step: Step, stamps: Stamps) -> bool:
    """Whether the step's result is there and was made from what is there now."""
    with suppress(OSError):
        return step.is_there() and stamps.read(step.name) == step.fingerprint()
    return False


class SetUp:
    """One run over steps that are in order."""

    def __init__(
        self,
        steps: list[Step],
        *,
        stamps: Stamps,
        display: Display,
        job_for: Callable[[Step], Job],
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives seconds from any origin; the rest says itself."""
        self._steps = steps
        self._stamps = stamps
        self._display = display
        self._job_for = job_for
        self._clock = clock
        self._done = {step.name: asyncio.Event() for step in steps}
        self._running: dict[str, tuple[float, Job]] = {}

    async def run(self) -> list[StepFailed]:
        """Does what is not done yet; when a step fails, ends the others and returns the failure.

        It may return several failures, when steps failed at the same moment; none means success.
        """
        failures: list[StepFailed] = []
        progress = asyncio.create_task(self._show_progress())
        try:
            async with asyncio.TaskGroup() as group:
                for step in self._steps:
                    group.create_task(self._after_others(step))
        except* StepFailed as failed:
            failures = [error for error in failed.exceptions if isinstance(error, StepFailed)]
        finally:
            progress.cancel()
            with suppress(asyncio.CancelledError):
                await progress
            self._display.show([])
        return failures

    async def _after_others(self, step: Step) -> None:
        for name in step.after:
            await self._done[name].wait()
        if not is_done(step, self._stamps):
            await self._do(step)
        self._done[step.name].set()

    async def _do(self, step: Step) -> None:
        self._stamps.forget(step.name)
        job = self._job_for(step)
        started_s = self._clock()
        self._running[step.name] = (started_s, job)
        self._display.note(f"{step.name}: {step.about} ...")
        try:
            # Taken before the work: an input that changes meanwhile has the step done again.
            fingerprint = step.fingerprint()
            await step.work(job)
            self._stamps.write(step.name, fingerprint)
        except StepFailed as failure:
            failure.step = step.name
            raise
        except OSError as error:
            raise StepFailed(str(error), advice=step.advice, step=step.name) from error
        finally:
            del self._running[step.name]
        self._display.note(f"{step.name}: done in {self._clock() - started_s:.0f} s")

    async def _show_progress(self) -> None:
        while True:
            now_s = self._clock()
            self._display.show(
                [
                    Running(name=name, elapsed_s=now_s - started_s, doing="".join(job.tail(1)))
                    for name, (started_s, job) in self._running.items()
                ]
            )
            await asyncio.sleep(_REDRAW_S)
