"""One call: the caller's script on Twilio's side of the line, and the verdict."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Final

from ivr.caller.control import CallControl
from ivr.caller.handset import Handset
from ivr.caller.report import CallResult
from ivr.caller.scenario import Scenario
from ivr.caller.script import Script
from ivr.caller.stream import Timing
from ivr.caller.verdict import differences, judge_ending, judge_record, judge_words
from ivr.caller.web import LineFailed, LineUnreachable, Web
from ivr.caller.words import Words

HANG_UP_S: Final = 10
"""How long the line may take to let go of a caller who hung up."""

SETTLE_S: Final = 5
"""How long after the call the line may take to complete its record."""

_SPOKEN: Final = {"say", "play", "barge_in"}


class PhoneCall:
    """One call after a scenario; `run` once.

    Args:
        scenario: what the caller does and what must come of it.
        sounds: mu-law sound by step number.
        web: the way to the line.
        timing: how fast.
    """

    def __init__(
        self, scenario: Scenario, sounds: Mapping[int, bytes], web: Web, timing: Timing
    ) -> None:
        self.call_sid = "CA" + secrets.token_hex(16)
        self.handset = Handset()
        self._scenario = scenario
        self._web = web
        self._timing = timing
        self._words = Words(web, self.call_sid, scenario.never_said_unverified)
        self._control = CallControl(
            scenario,
            call_sid=self.call_sid,
            web=web,
            handset=self.handset,
            words=self._words,
            timing=timing,
        )
        self._script = Script(
            scenario,
            sounds,
            handset=self.handset,
            control=self._control,
            words=self._words,
            timing=timing,
        )
        self._failures = self._control.failures

    async def run(self, *, stay_in_queue: bool = False) -> CallResult:
        """Place the call and judge it.

        A caller who has come to the queue hangs up there after that, unless told to stay: nobody
        would ever take the call.

        Raises:
            LineUnreachable: nobody answers at the line's address when the call is placed.
        """
        script = asyncio.create_task(self._script.run())
        line = asyncio.create_task(self._control.ring())
        try:
            await self._both_end(script, line)
        finally:
            script.cancel()
            line.cancel()
            await asyncio.wait({script, line})
        if not line.cancelled():
            line.result()
        if not script.cancelled():
            script.result()
        await self._judge()
        if not stay_in_queue:
            await self._control.leave_queue()
        return self._result()

    async def _both_end(self, script: asyncio.Task[None], line: asyncio.Task[None]) -> None:
        """Wait for the script, then for the call; end the call where the scenario leaves it."""
        limit_s = self._timing.real_s(self._scenario.timeout_s)
        deadline = time.monotonic() + limit_s
        await asyncio.wait({script}, timeout=limit_s)
        line_ends_it = self._scenario.ends_with not in {None, "caller_hung_up"}
        if script.done() and line_ends_it and not self._script.failed:
            await asyncio.wait({line}, timeout=max(0.0, deadline - time.monotonic()))
        if not line.done():
            if time.monotonic() >= deadline:
                self._failures.append(f"the call was not over after {self._scenario.timeout_s:g} s")
            self._control.hang_up.set()
            await asyncio.wait({line}, timeout=HANG_UP_S)
            if not line.done():
                self._failures.append(f"the line did not let go within {HANG_UP_S} s of hanging up")
        await asyncio.wait({script}, timeout=HANG_UP_S)

    async def _judge(self) -> None:
        """Compare with the scenario; the line gets a moment to complete its record."""
        for step in self._script.failed:
            self._failures.append(f"step {step.step}, {step.kind}: {step.detail}")
        if not self._failures:
            self._failures += judge_ending(self._scenario, self._control.ended)
            self._failures += await self._settled()
        self._failures += judge_words(self._scenario, self._words.line(), self._words.disclosed)

    async def _settled(self) -> list[str]:
        deadline = time.monotonic() + self._timing.real_s(SETTLE_S)
        while True:
            last = time.monotonic() > deadline
            wrong = await self._wrong()
            if last or not wrong:
                return wrong
            await asyncio.sleep(self._timing.poll_s)

    async def _wrong(self) -> list[str]:
        try:
            await self._words.refresh()
            record = self._words.record
            wrong = judge_record(self._scenario, record, self._words.raw)
            if self._scenario.summary and record.handoff_id:
                summary = await self._web.handoff(record.handoff_id)
                wrong += differences(self._scenario.summary, summary, "summary")
        except (LineFailed, LineUnreachable) as error:
            return [str(error)]
        return wrong

    def _result(self) -> CallResult:
        latencies = self._script.latencies_ms()
        streams = self._control.streams
        steps = self._script.results
        for step in steps:
            step.latency_ms = latencies.get(step.step)
        return CallResult(
            scenario=self._scenario.name,
            call_sid=self.call_sid,
            passed=not self._failures,
            failures=self._failures,
            ended=self._control.ended,
            queue=self._control.queue,
            steps=steps,
            turns=self._words.raw.get("turns", []),
            says=[one.text for one in self._words.line() if one.heard],
            latency_ms=[
                step.latency_ms
                for step in steps
                if step.kind in _SPOKEN and step.latency_ms is not None
            ],
            audio=self.handset.tape.report(self.handset.pressed_ms),
            frames_sent=sum(stream.frames_sent for stream in streams),
            frames_received=sum(stream.frames_received for stream in streams),
            late_ms=round(max((stream.late_ms for stream in streams), default=0.0)),
        )
