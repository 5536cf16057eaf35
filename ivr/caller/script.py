"""Carries out the steps of a scenario while the call goes on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.caller.control import CallControl
from ivr.caller.handset import Handset
from ivr.caller.report import StepResult
from ivr.caller.scenario import (
    BargeIn,
    Expect,
    HangUp,
    Play,
    Press,
    Say,
    Scenario,
    Silence,
    Step,
)
from ivr.caller.stream import Timing
from ivr.caller.web import LineFailed, LineUnreachable
from ivr.caller.words import Since, Spoken, Words, find

PAUSE_MS: Final = 500
"""A polite caller speaks when the line has been quiet this long and has nothing left to play."""

AUDIBLE_MS: Final = 100
"""Less sound than this is a click, not an answer."""

CUT_MS: Final = 300
"""So much quiet means that the line has stopped talking, and is not between two words."""

LINE_TIMEOUT_S: Final = 45
"""How long the caller waits for the line to say something and to finish."""

STILL_S: Final = 600
"""The call has hung if something that takes as long as it takes is not done by then."""
STOOD_STILL: Final = "the call stood still"

RECORD_GRACE_S: Final = 3
"""How long after the call the line may take to complete its record."""


class StepFailed(Exception):
    """The line did not do what the step expects; the sentence says what it did."""


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One doing of the caller: where it stood in the conversation, and when its sound ended."""

    step: int
    since: Since
    loud_ms: int
    begun_ms: float
    ended_ms: float | None = None


class Script:
    """The steps of one call.

    Args:
        scenario: what to do.
        sounds: mu-law sound by step number.
        handset: the caller's telephone.
        control: the call.
        words: what the line says.
        timing: how fast.
    """

    def __init__(  # noqa: PLR0913 - the parts of one call, all named at the only call
        self,
        scenario: Scenario,
        sounds: Mapping[int, bytes],
        *,
        handset: Handset,
        control: CallControl,
        words: Words,
        timing: Timing,
    ) -> None:
        self._scenario = scenario
        self._sounds = sounds
        self._handset = handset
        self._control = control
        self._words = words
        self._timing = timing
        self._turn = _Turn(step=0, since=Since(), loud_ms=0, begun_ms=0)
        self._turns = [self._turn]
        self.results: list[StepResult] = []
        """The steps that were begun."""

    @property
    def failed(self) -> list[StepResult]:
        """The steps that were begun and went wrong: one at most."""
        return [result for result in self.results if not result.ok]

    async def run(self) -> None:
        """Do the steps in order, up to the first that fails."""
        for number, step in enumerate(self._scenario.steps, start=1):
            result = StepResult(
                step=number,
                kind=_kind(step),
                what=_what(step),
                at_ms=self._handset.now_ms,
                ok=True,
            )
            self.results.append(result)
            try:
                result.detail = await self._do(number, step)
            except (StepFailed, LineFailed, LineUnreachable) as error:
                result.ok = False
                result.detail = str(error)
                return

    def latencies_ms(self) -> dict[int, int]:
        """By step: from the end of the caller's sound (or last key) to the line's first sound.

        A step has none if the line did not answer before the caller's next doing.
        """
        found = {}
        ends: list[float] = [turn.begun_ms for turn in self._turns[1:]] + [float("inf")]
        for turn, next_ms in zip(self._turns, ends, strict=True):
            if turn.ended_ms is None:
                continue
            onset_ms = self._handset.line.onset_after(turn.ended_ms)
            if onset_ms is not None and onset_ms < next_ms:
                found[turn.step] = round(onset_ms - turn.ended_ms)
        return found

    async def _do(self, number: int, step: Step) -> str:
        match step:
            case Say(wait=wait) | Play(wait=wait):
                await self._line_finished(wait=wait)
                await self._speak(number)
            case Press(keys=keys, wait=wait):
                await self._line_finished(wait=wait)
                await self._press(number, keys)
            case Expect():
                return await self._expect(step)
            case BargeIn():
                return await self._barge_in(number, step)
            case Silence(seconds=seconds):
                await self._begin(number)
                end_ms = self._handset.now_ms + seconds * 1000
                await self._until(
                    lambda: self._handset.now_ms >= end_ms, STILL_S + seconds, STOOD_STILL
                )
            case HangUp():
                self._control.hang_up.set()
                await self._control.over.wait()
        return ""

    async def _speak(self, number: int) -> None:
        turn = await self._begin(number)
        self._handset.speak(self._sounds[number])
        await self._mouth_closed()
        turn.ended_ms = self._handset.caller.last_loud_ms

    async def _mouth_closed(self) -> None:
        await self._until(lambda: not self._handset.speaking, STILL_S, STOOD_STILL)

    async def _press(self, number: int, keys: str) -> None:
        turn = await self._begin(number)
        self._handset.press(keys)
        await self._until(lambda: not self._handset.pressing, STILL_S, STOOD_STILL)
        turn.ended_ms = self._handset.pressed_ms[-1]

    async def _begin(self, number: int) -> _Turn:
        """The caller does something: what the line says from now on answers it."""
        await self._words.refresh()
        self._turn = _Turn(
            step=number,
            since=self._words.now,
            loud_ms=self._handset.line.loud_ms,
            begun_ms=self._handset.now_ms,
        )
        self._turns.append(self._turn)
        return self._turn

    @property
    def _audible(self) -> bool:
        return self._handset.line.loud_ms - self._turn.loud_ms >= AUDIBLE_MS

    async def _line_finished(self, *, wait: bool) -> None:
        if not wait:
            return
        handset = self._handset
        await self._until(
            lambda: (
                self._audible
                and not handset.playout.pending_ms
                and handset.line.quiet_ms(handset.now_ms) >= PAUSE_MS
            ),
            LINE_TIMEOUT_S,
            f"the line did not say something and finish within {LINE_TIMEOUT_S} s",
        )

    async def _until(self, ready: Callable[[], bool], within_s: float, otherwise: str) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timing.real_s(within_s)
        while not ready():
            if self._control.over.is_set():
                raise StepFailed("the call was over before this could be done")
            if loop.time() > deadline:
                raise StepFailed(otherwise)
            await asyncio.sleep(self._timing.frame_s)

    async def _expect(self, step: Expect) -> str:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timing.real_s(step.within_s)
        over = False
        while True:
            if self._control.over.is_set() and not over:
                over = True
                deadline = min(deadline, loop.time() + self._timing.real_s(RECORD_GRACE_S))
            last = loop.time() > deadline
            await self._words.refresh()
            said = [one for one in self._words.line(self._turn.since) if one.who == step.who]
            match = find(step.words, self._new(said) if step.new else said)
            if match and (match.heard or self._audible):
                return match.text
            if last:
                raise StepFailed(self._missing(step, said, silent=match is not None, over=over))
            await asyncio.sleep(self._timing.poll_s)

    def _new(self, said: list[Spoken]) -> list[Spoken]:
        before = self._words.before(self._turn.since)
        return [one for one in said if one.text not in before]

    def _missing(self, step: Expect, said: list[Spoken], *, silent: bool, over: bool) -> str:
        if silent:
            return "the words are in the line's record, but no sound came"
        words = " / ".join(one.text for one in said) or "nothing"
        when = "before the call was over" if over else f"within {step.within_s:g} s"
        return f"not said {when}; the {step.who} said: {words}"

    async def _barge_in(self, number: int, step: BargeIn) -> str:
        handset = self._handset
        line = handset.line
        heard_ms = self._turn.loud_ms
        await self._until(
            lambda: (
                line.loud_ms - heard_ms >= step.after_s * 1000
                and line.quiet_ms(handset.now_ms) < CUT_MS
            ),
            LINE_TIMEOUT_S,
            f"the line did not talk for {step.after_s:g} s, so it could not be interrupted",
        )
        turn = await self._begin(number)
        handset.speak(self._sounds[number])
        await self._until(
            lambda: handset.caller.quiet_ms(handset.now_ms) < CUT_MS, STILL_S, STOOD_STILL
        )
        started_ms = handset.caller.onset_after(turn.begun_ms) or turn.begun_ms
        latest_ms = started_ms + step.within_ms
        await self._until(
            lambda: line.quiet_ms(handset.now_ms) >= CUT_MS or handset.now_ms > latest_ms + CUT_MS,
            STILL_S,
            STOOD_STILL,
        )
        stopped_ms = round((line.last_loud_ms or 0) - started_ms)
        if stopped_ms > step.within_ms:
            raise StepFailed(f"the line was still talking {step.within_ms} ms after the caller")
        turn.loud_ms = line.loud_ms
        await self._mouth_closed()
        turn.ended_ms = handset.caller.last_loud_ms
        return f"the line fell silent after {max(stopped_ms, 0)} ms"


_KINDS: Final[Mapping[type[Step], str]] = {
    Say: "say",
    Play: "play",
    Press: "press",
    Expect: "expect",
    BargeIn: "barge_in",
    Silence: "silence",
    HangUp: "hang_up",
}


def _kind(step: Step) -> str:
    return _KINDS[type(step)]


def _what(step: Step) -> str:
    match step:
        case Say(text=what) | Play(file=what) | Press(keys=what) | BargeIn(say=what):
            return what
        case Expect(words=words):
            return words.pattern
        case Silence(seconds=seconds):
            return f"{seconds:g} s"
        case HangUp():
            return ""
