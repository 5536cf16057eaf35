"""A process of the stack dies, again and again, and cannot always be started."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from ivr.run import child as child_module
from ivr.run.child import Child, ChildFailed


def a_child(tmp_path: Path, script: str, **changes: object) -> Child:
    async def ready() -> bool:
        return (tmp_path / "up").exists()

    up = f"import pathlib, signal, sys, time\npathlib.Path({str(tmp_path / 'up')!r}).touch()\n"
    return Child(
        name="part",
        argv=[sys.executable, "-c", up + script],
        log_path=tmp_path / "log" / "part.log",
        ready=ready,
        **changes,
    )


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before each new start, none of them waited for."""
    taken: list[float] = []
    really = asyncio.sleep

    async def sleep(pause_s: float) -> None:
        if pause_s in child_module.RESTART_AFTER_S:
            taken.append(pause_s)
        await really(min(pause_s, 0.01))

    monkeypatch.setattr(child_module.asyncio, "sleep", sleep)
    return taken


async def until(condition) -> None:
    while not condition():  # noqa: ASYNC110  # other processes set no event
        await asyncio.sleep(0.005)


async def test_one_that_dies_in_a_row_is_started_ever_more_slowly(tmp_path, pauses):
    child = a_child(tmp_path, "sys.exit(1)", clock=lambda: 0.0)
    (tmp_path / "up").touch()
    await child.start()
    await until(lambda: len(pauses) >= 3)
    await child.stop()
    assert pauses[:3] == [1.0, 2.0, 5.0]


async def test_one_that_had_lived_for_a_while_is_started_soon(tmp_path, pauses):
    minutes = iter(range(0, 100_000, 61))
    child = a_child(tmp_path, "sys.exit(1)", clock=lambda: float(next(minutes)))
    (tmp_path / "up").touch()
    await child.start()
    await until(lambda: len(pauses) >= 3)
    await child.stop()
    assert pauses[:3] == [1.0, 1.0, 1.0]


async def test_one_that_cannot_be_started_for_a_while_comes_back(tmp_path, pauses):
    child = a_child(tmp_path, "time.sleep(3600)")
    await child.start()
    first = child.pid
    logs = tmp_path / "log"
    logs.rename(tmp_path / "moved")
    logs.touch()  # no folder: the log cannot be opened, and that is an OSError
    child._signal(signal.SIGKILL)
    await until(lambda: len(pauses) >= 3)
    logs.unlink()
    await until(lambda: child.pid is not None)
    assert child.pid != first
    await child.stop()


async def test_one_that_cannot_be_started_at_all_is_a_sentence(tmp_path):
    (tmp_path / "log").touch()
    with pytest.raises(ChildFailed, match="part cannot be started"):
        await a_child(tmp_path, "").start()


async def test_one_that_waits_for_something_has_its_time_and_is_hurried_by_a_second_signal(
    tmp_path,
):
    waits_for_two = f"""
signals = []
signal.signal(signal.SIGTERM, lambda *_: signals.append(1))
pathlib.Path({str(tmp_path / "set")!r}).touch()
while len(signals) < 2:
    time.sleep(0.01)
"""
    child = a_child(tmp_path, waits_for_two, stop_s=3600)
    child.hurry()  # nothing runs yet: nothing happens
    await child.start()
    await until((tmp_path / "set").exists)
    stopping = asyncio.create_task(child.stop())
    await asyncio.sleep(0.2)
    assert not stopping.done()
    child.hurry()
    await stopping
    assert child.pid is None


async def test_one_that_does_not_end_is_killed(tmp_path):
    deaf = f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(tmp_path / "set")!r}).touch()
time.sleep(3600)
"""
    child = a_child(tmp_path, deaf, stop_s=0.1)
    await child.start()
    await until((tmp_path / "set").exists)
    await child.stop()
    assert child.pid is None
