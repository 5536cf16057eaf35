"""How the set-up runs commands, remembers what is done, and keeps out of another set-up's way."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from setup_stand_ins import job_in

from scripts.provision.jobs import Job, StepFailed, tail
from scripts.provision.stamps import Stamps, digest, only_one


async def test_a_command_that_fails_says_how_it_ended_and_its_log_is_kept(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    with pytest.raises(StepFailed, match="sh ended with code 3") as failure:
        await job.run("sh", "-c", "echo one; echo two >&2; exit 3")
    assert failure.value.advice == "Ask somebody."
    assert job.tail(2) == ["one", "two"]
    with pytest.raises(StepFailed, match="ended by signal 9"):
        await job.run("sh", "-c", "kill -9 $$")


async def test_a_question_gets_what_the_command_printed_or_none(tmp_path: Path) -> None:
    job = job_in(tmp_path, WORD="hello")
    assert await job.output("sh", "-c", "echo $WORD; echo noise >&2") == "hello"
    assert await job.output("sh", "-c", "echo hello; exit 2") is None


async def test_a_step_that_is_ended_takes_along_what_its_commands_started(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    job = Job(log=tmp_path / "log", folder=tmp_path, environ={}, advice="", keep_open=writer)
    # The inner one ignores the polite request, as some do.
    run = asyncio.create_task(
        job.run(
            sys.executable,
            "-c",
            "import os, signal, sys, time; child = os.fork()\n"
            "if not child: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"if not child: os.write({writer}, b'up')\n"
            "time.sleep(600)",
        )
    )
    assert await asyncio.to_thread(os.read, reader, 2) == b"up"
    os.close(writer)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    # The pipe ends only when nobody is left who could write to it.
    assert await asyncio.to_thread(os.read, reader, 1) == b""
    os.close(reader)


def test_the_end_of_a_log_has_no_colours_and_of_a_progress_bar_the_last_state(
    tmp_path: Path,
) -> None:
    (tmp_path / "log").write_text("\x1b[92mfirst\x1b[0m\n\n 10%\r 20%\r 30%\r\n")
    assert tail(tmp_path / "log", 5) == ["first", " 30%"]
    assert tail(tmp_path / "none", 5) == []


def test_a_fingerprint_changes_with_the_content_and_the_names_of_files(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "nlu").mkdir(parents=True)
    (data / "rules.yml").write_text("a")
    (data / "nlu" / "greet.yml").write_text("b")
    first = digest("x", data)
    assert digest("x", data) == first
    assert digest("y", data) != first
    (data / "rules.yml").write_text("c")
    second = digest("x", data)
    assert second != first
    (data / "rules.yml").rename(data / "other.yml")
    assert digest("x", data) != second


def test_compiled_files_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    before = digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("b")
    assert digest(tmp_path) == before


def test_parts_that_run_together_alike_have_different_fingerprints() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_a_stamp_that_a_crash_garbled_counts_as_none(tmp_path: Path) -> None:
    stamps = Stamps(tmp_path / "setup")
    stamps.write("one", "abc")
    (tmp_path / "setup" / "one").write_bytes(b"\xff\xfe")
    assert stamps.read("one") is None


async def test_the_second_of_two_set_ups_says_so_and_waits(tmp_path: Path) -> None:
    lock = tmp_path / "var" / "lock"
    holders: asyncio.Queue[str] = asyncio.Queue()
    order: list[str] = []

    async def second() -> None:
        async with only_one(lock, holders.put_nowait):
            order.append("second")

    async with only_one(lock, holders.put_nowait):
        waiting = asyncio.create_task(second())
        assert await holders.get() == str(os.getpid())
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def test_a_killed_set_up_keeps_the_lock_until_its_last_command_has_ended(
    tmp_path: Path,
) -> None:
    lock = tmp_path / "lock"
    told = asyncio.Event()
    async with only_one(lock, lambda _: None) as descriptor:
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "import sys; sys.stdin.read()"),
            stdin=asyncio.subprocess.PIPE,
            pass_fds=(descriptor,),
        )

    async def next_one() -> None:
        async with only_one(lock, lambda _: told.set()):
            pass

    waiting = asyncio.create_task(next_one())
    await told.wait()
    assert not waiting.done()
    await command.communicate(b"")
    await waiting


def test_a_lock_file_that_nobody_holds_is_no_hindrance(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("999999")

    async def take() -> str:
        async with only_one(lock, pytest.fail):
            return lock.read_text()

    assert asyncio.run(take()) == str(os.getpid())
