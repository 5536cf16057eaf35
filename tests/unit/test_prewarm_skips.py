"""Prompts are prepared once; one that cannot be spoken does not hold up the others for ever."""

import asyncio
from collections.abc import Iterable

import pytest

from ivr import prewarm
from ivr.prewarm import Prewarmer
from speech.ports import SynthesiserUnavailable


class Voice:
    """Cannot speak some texts, and is not always there."""

    def __init__(self, *unspeakable: str) -> None:
        self.ready = True
        self.asked: list[str] = []
        self._unspeakable = unspeakable

    async def prepare(self, texts: Iterable[str]) -> None:
        assert self.ready
        for text in texts:
            self.asked.append(text)
            if text in self._unspeakable:
                raise SynthesiserUnavailable("cannot")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prewarm, "RETRY_S", 0.001)
    monkeypatch.setattr(prewarm, "GIVE_WAY_S", 0.001)


async def nothing_said() -> list[str]:
    return ["Welcome."]


async def test_a_prompt_that_cannot_be_spoken_is_left_out_after_three_tries():
    voice = Voice("Bad.")
    warmer = Prewarmer(voice, ["Good.", "Bad.", "Better."], nothing_said, lambda: False)
    await warmer.run()
    assert warmer.done
    assert warmer.skipped == 1
    assert voice.asked == ["Good.", "Bad.", "Bad.", "Bad.", "Better.", "Welcome."]


async def test_while_the_voice_is_gone_no_try_is_counted():
    voice = Voice()
    voice.ready = False
    warmer = Prewarmer(voice, ["Good."], nothing_said, lambda: False)
    running = asyncio.create_task(warmer.run())
    await asyncio.sleep(0.05)
    assert not warmer.done
    assert voice.asked == []
    voice.ready = True
    await running
    assert warmer.skipped == 0
