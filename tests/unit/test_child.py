"""The processes of the stack: started, watched, ended, and never left behind."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from ivr.run import child as child_module
from ivr.run.child import Child, ChildFailed, free_port, port_is_free

ROOT = Path(__file__).parents[2]
SLEEPS = "import time; print('at work', flush=True); time.sleep(3600)"


def python(folder: Path, script: str, **changes: object) -> Child:
    """A part that runs a script and is ready once it has written to its log."""
    log = folder / "log" / "part.log"

    async def ready() -> bool:
        return log.exists() and b"at work" in log.read_bytes()

    facts = {"name": "part", "argv": [sys.executable, "-c", script], "log_path": log}
    return Child(**{**facts, "ready": ready, **changes})


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie that nobody has fetched does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def gone(pid: int) -> None:
    while alive(pid):  # noqa: ASYNC110  # another process sets no event
        await asyncio.sleep(0.01)


async def test_a_part_is_up_when_it_does_its_work_and_down_when_it_is_stopped(tmp_path: Path):
    child = python(tmp_path, SLEEPS)
    assert child.pid is None
    await child.start()
    pid = child.pid
    assert pid is not None
    assert alive(pid)
    await child.stop()
    assert child.pid is None
    assert not alive(pid)
    await child.stop()  # twice is harmless


async def test_what_it_says_and_where_and_with_what_it_runs(tmp_path: Path):
    script = "import os; print(os.environ['COLOUR'], os.getcwd(), 'at work')"
    child = python(tmp_path, f"{script}; {SLEEPS}", env={"COLOUR": "blue"}, cwd=tmp_path)
    env_before = dict(os.environ)
    await child.start()
    await child.stop()
    assert f"blue {tmp_path} at work" in (tmp_path / "log" / "part.log").read_text()
    assert dict(os.environ) == env_before


async def test_one_that_is_not_ready_in_time_is_ended_and_named(tmp_path: Path):
    child = python(tmp_path, SLEEPS.replace("at work", "slow"), ready_s=0.3)
    with pytest.raises(ChildFailed, match=r"part was not ready after 0 s: see .*part\.log"):
        await child.start()
    assert child.pid is None


async def test_one_that_ends_at_once_is_named_with_its_log(tmp_path: Path):
    child = python(tmp_path, "raise SystemExit('no such model')")
    with pytest.raises(ChildFailed, match=r"part ended at once: see .*part\.log"):
        await child.start()
    assert "no such model" in (tmp_path / "log" / "part.log").read_text()


async def test_one_that_is_killed_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child_module, "RESTART_AFTER_S", (0.01,))
    child = python(tmp_path, SLEEPS)
    await child.start()
    first = child.pid
    os.kill(first, signal.SIGKILL)
    await gone(first)
    while child.pid in {None, first}:  # noqa: ASYNC110  # the watcher tells nobody
        await asyncio.sleep(0.01)
    second = child.pid
    await child.stop()
    assert not alive(second)


async def test_one_that_is_stopped_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(child_module, "RESTART_AFTER_S", (0.01,))
    child = python(tmp_path, SLEEPS)
    await child.start()
    await child.stop()
    await asyncio.sleep(0.05)
    assert child.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel ends it")
async def test_nothing_outlives_a_stack_that_was_killed(tmp_path: Path):
    # A process of its own starts a part and is then killed, too hard to put anything in order.
    script = f"""
import asyncio, sys
from pathlib import Path
from ivr.run.child import Child

async def ready():
    return True

async def main():
    child = Child(name="part", argv=[sys.executable, "-c", {SLEEPS!r}], ready=ready,
                  log_path=Path({str(tmp_path / "part.log")!r}))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    pid = int(await parent.stdout.readline())
    log = tmp_path / "part.log"
    while "at work" not in log.read_text():  # noqa: ASYNC110  # another process sets no event
        await asyncio.sleep(0.01)
    assert alive(pid)
    parent.kill()
    await parent.wait()
    await gone(pid)


# ---------------------------------------------------------------- ports


def test_a_free_port_is_free_until_somebody_listens_on_it():
    port = free_port()
    assert port_is_free(port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not port_is_free(port)
