"""How the set-up runs any steps: in which order, what it skips, and what a failure does."""

import asyncio
from collections.abc import Awaitable, Callable
from graphlib import CycleError
from pathlib import Path

import pytest
from setup_stand_ins import job_in

from scripts.provision.display import Running
from scripts.provision.graph import SetUp, Step, in_order, is_done
from scripts.provision.jobs import Job, StepFailed
from scripts.provision.stamps import Stamps, digest

Run = Callable[..., Awaitable[list[StepFailed]]]


async def nothing(_: Job) -> None:
    """A step's work that needs no doing."""


def step(
    name: str,
    *after: str,
    work: Callable[[Job], Awaitable[None]] = nothing,
    fingerprint: Callable[[], str] = lambda: "inputs",
    is_there: Callable[[], bool] = lambda: True,
) -> Step:
    return Step(
        name=name,
        about=f"the {name}",
        after=after,
        fingerprint=fingerprint,
        is_there=is_there,
        work=work,
        advice="Ask somebody.",
    )


class Notes:
    """A display that keeps what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.shown: list[list[Running]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def show(self, running: list[Running]) -> None:
        self.shown.append(list(running))


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / "setup")


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def set_up(
    tmp_path: Path, stamps: Stamps, notes: Notes
) -> Callable[..., Awaitable[list[StepFailed]]]:
    async def run(*steps: Step) -> list[StepFailed]:
        return await SetUp(
            in_order(steps),
            stamps=stamps,
            display=notes,
            job_for=lambda _: job_in(tmp_path),
            clock=lambda: 0.0,
        ).run()

    return run


def test_a_step_is_done_while_its_inputs_and_its_result_are_as_they_were(
    tmp_path: Path, stamps: Stamps
) -> None:
    source = tmp_path / "source"
    result = tmp_path / "result"
    source.write_text("1")
    one = step("one", fingerprint=lambda: digest(source), is_there=result.exists)
    assert not is_done(one, stamps)
    result.write_text("made")
    assert not is_done(one, stamps)
    stamps.write("one", one.fingerprint())
    assert is_done(one, stamps)
    result.unlink()
    assert not is_done(one, stamps)
    result.write_text("made")
    source.write_text("2")
    assert not is_done(one, stamps)
    source.unlink()
    assert not is_done(one, stamps)


def test_each_step_comes_after_those_it_needs() -> None:
    steps = [step("d", "b", "c"), step("b", "a"), step("c", "a"), step("a")]
    order = [one.name for one in in_order(steps)]
    assert order[0] == "a"
    assert order[3] == "d"


def test_a_wanted_step_brings_only_those_it_needs() -> None:
    steps = [step("a"), step("b", "a"), step("c", "b"), step("d", "a")]
    assert [one.name for one in in_order(steps, ["c"])] == ["a", "b", "c"]


def test_steps_that_need_each_other_are_refused() -> None:
    with pytest.raises(CycleError):
        in_order([step("a", "b"), step("b", "a")])


def test_a_step_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        in_order([step("a", "nowhere")])


async def test_steps_that_do_not_need_each_other_run_side_by_side(
    set_up: Run, stamps: Stamps
) -> None:
    met = asyncio.Barrier(2)

    async def meet(_: Job) -> None:
        await met.wait()  # for ever, if the other one is to come later

    assert await set_up(step("app", work=meet), step("rasa", work=meet)) == []
    assert stamps.read("app") == stamps.read("rasa") == "inputs"


async def test_a_step_starts_when_what_it_needs_is_finished(set_up: Run) -> None:
    told: list[str] = []

    def tell(name: str) -> Callable[[Job], Awaitable[None]]:
        async def work(_: Job) -> None:
            told.append(f"{name} starts")
            await asyncio.sleep(0)
            told.append(f"{name} ends")

        return work

    await set_up(step("b", "a", work=tell("b")), step("a", work=tell("a")))
    assert told == ["a starts", "a ends", "b starts", "b ends"]


async def test_a_second_run_does_nothing(set_up: Run, notes: Notes) -> None:
    await set_up(step("a"), step("b", "a"))
    assert "a: done in 0 s" in notes.notes
    notes.notes.clear()
    await set_up(step("a"), step("b", "a"))
    assert notes.notes == []


async def test_a_failure_ends_the_other_steps_and_leaves_no_stamp(
    set_up: Run, stamps: Stamps
) -> None:
    ended: list[str] = []
    others_run = asyncio.Event()

    async def fail(_: Job) -> None:
        await others_run.wait()
        raise StepFailed("no network", advice="Plug it in.")

    async def last_for_ever(_: Job) -> None:
        others_run.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("long")

    async def never(_: Job) -> None:
        ended.append("never")

    stamps.write("bad", "an older fingerprint")
    (failure,) = await set_up(
        step("bad", work=fail), step("long", work=last_for_ever), step("next", "bad", work=never)
    )
    assert (failure.step, str(failure), failure.advice) == ("bad", "no network", "Plug it in.")
    assert ended == ["long"]
    assert [stamps.read(name) for name in ("bad", "long", "next")] == [None, None, None]


async def test_a_missing_input_is_a_failure_of_its_step(set_up: Run, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    (failure,) = await set_up(step("env", fingerprint=lambda: digest(lock)))
    assert failure.step == "env"
    assert str(lock) in str(failure)
    assert failure.advice == "Ask somebody."


async def test_an_input_that_changes_during_the_work_has_the_step_done_again(
    set_up: Run, stamps: Stamps, tmp_path: Path
) -> None:
    source = tmp_path / "domain.yml"
    source.write_text("1")

    async def while_somebody_edits(_: Job) -> None:
        source.write_text("2")

    one = step("train", fingerprint=lambda: digest(source), work=while_somebody_edits)
    await set_up(one)
    assert not is_done(one, stamps)


async def test_ctrl_c_ends_the_steps_and_leaves_no_stamp(set_up: Run, stamps: Stamps) -> None:
    started = asyncio.Event()

    async def last_for_ever(_: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    run = asyncio.create_task(set_up(step("long", work=last_for_ever)))
    await started.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert stamps.read("long") is None
