"""One line for each call."""

import asyncio

import pytest

from telephony.line_directory import LineDirectory, NoRoom


class NotedLine:
    """Notes why it was ended."""

    def __init__(self):
        self.reasons = []
        self.over = asyncio.Event()

    def end(self, reason):
        self.reasons.append(reason)
        self.over.set()


async def hold(directory, call_sid, line, *, entered=None, leaves=True):
    async with directory.enter(call_sid, line):
        if entered:
            entered.set()
        await (line.over.wait() if leaves else asyncio.Event().wait())


async def test_a_third_stream_replaces_the_second_while_it_waits_for_the_first():
    directory = LineDirectory(max_lines=1, handover_timeout_s=20)
    lines = [NotedLine() for _ in range(3)]
    entered = [asyncio.Event() for _ in range(3)]
    tasks = []
    for line, event in zip(lines, entered, strict=True):
        tasks.append(asyncio.create_task(hold(directory, "CA1", line, entered=event)))
        await asyncio.sleep(0)
    await entered[2].wait()
    assert [line.reasons for line in lines] == [["replaced"], ["replaced"], []]
    assert len(directory) == 1
    lines[2].over.set()
    await asyncio.gather(*tasks)
    assert len(directory) == 0


async def test_a_stream_does_not_wait_for_ever_for_the_one_before():
    directory = LineDirectory(max_lines=1, handover_timeout_s=0.01)
    stuck = asyncio.create_task(hold(directory, "CA1", NotedLine(), leaves=False))
    await asyncio.sleep(0)
    async with directory.enter("CA1", NotedLine()):
        assert not stuck.done()
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        assert len(directory) == 1
    assert len(directory) == 0


async def test_the_bound_counts_calls():
    directory = LineDirectory(max_lines=1, handover_timeout_s=0.01)
    async with directory.enter("CA1", NotedLine()):
        with pytest.raises(NoRoom):
            async with directory.enter("CA2", NotedLine()):
                pass


async def test_closing_waits_for_those_who_leave_and_not_for_ever():
    directory = LineDirectory(max_lines=5, handover_timeout_s=20)
    line = NotedLine()
    leaving = asyncio.create_task(hold(directory, "CA1", line))
    stuck = asyncio.create_task(hold(directory, "CA2", NotedLine(), leaves=False))
    await asyncio.sleep(0)
    await directory.close(0.01)
    assert leaving.done()
    assert line.reasons == ["shutdown"]
    stuck.cancel()
    with pytest.raises(NoRoom):
        async with directory.enter("CA3", NotedLine()):
            pass
