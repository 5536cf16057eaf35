"""`/healthz`, `/readyz`, `/metrics` and the hold music: what is open to everybody."""

import asyncio
import io
import wave
from collections.abc import Callable

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from ivr.call.record import TurnLatency
from ivr.health import FRESH_S, HealthChecks, NotReady
from ivr.metrics import CallMetrics
from ivr.pages import HOLD_MUSIC_PATH, Pages


class Parts:
    """Parts that can be broken, and a clock that stands still."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.asked = 0
        self.trouble: Exception | None = None
        self.health = HealthChecks(
            {"store": self.store, "voice": self.voice}, clock=lambda: self.now_s
        )

    async def store(self) -> str:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return "answers"

    async def voice(self) -> str:
        return "speaks"


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def metrics() -> CallMetrics:
    return CallMetrics()


@pytest.fixture
async def pages(parts: Parts, metrics: CallMetrics, aiohttp_client: Callable):
    app = web.Application()
    app.add_routes(Pages(parts.health, metrics).routes())
    return await aiohttp_client(app)


async def test_a_server_whose_parts_are_all_there_is_ready(pages):
    async with pages.get("/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ready": True,
            "parts": {
                "store": {"ok": True, "detail": "answers"},
                "voice": {"ok": True, "detail": "speaks"},
            },
        }


async def test_one_missing_part_makes_it_not_ready_and_is_named(pages, parts: Parts):
    parts.trouble = NotReady("is read from disk")
    async with pages.get("/readyz") as answer:
        assert answer.status == 503
        body = await answer.json()
    assert body["parts"]["store"] == {"ok": False, "detail": "is read from disk"}
    assert body["parts"]["voice"]["ok"]
    async with pages.get("/healthz") as answer:  # it runs all the same
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_an_answer_holds_for_a_second_however_many_ask(parts: Parts):
    await asyncio.gather(*(parts.health.readiness() for _ in range(10)))
    assert parts.asked == 1
    parts.now_s += FRESH_S
    await parts.health.readiness()
    assert parts.asked == 1
    parts.now_s += 0.1
    parts.trouble = NotReady("gone")
    assert not (await parts.health.readiness()).ready
    assert parts.asked == 2


async def test_a_part_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ivr.health.CHECK_S", 0.01)

    async def hangs() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    ready = await HealthChecks({"store": hangs}, clock=lambda: 0.0).readiness()
    assert ready.parts["store"].detail == "no answer within 0 s"


# ---------------------------------------------------------------- metrics


async def test_what_happened_can_be_read_as_prometheus_reads_it(pages, metrics: CallMetrics):
    metrics.active.inc()
    metrics.ended.labels(outcome="transferred").inc()
    metrics.escalations.labels(reason="key_zero").inc()
    metrics.barge_ins.inc()
    metrics.count("signature_refused")
    metrics.count("frames_dropped", 7)
    metrics.observe(
        TurnLatency(turn=1, end_of_turn=720, recognise=30, dialogue=20, synthesise=10, total=780)
    )
    async with pages.get("/metrics") as answer:
        assert answer.content_type == "text/plain"
        text = await answer.text()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["ivr_calls_active",] == 1
    assert found["ivr_calls_ended_total", "transferred"] == 1
    assert found["ivr_escalations_total", "key_zero"] == 1
    assert found["ivr_barge_ins_total",] == 1
    assert found["ivr_telephony_events_total", "signature_refused"] == 1
    assert found["ivr_telephony_events_total", "frames_dropped"] == 7
    assert found["ivr_answer_seconds_sum",] == pytest.approx(0.78)
    assert found["ivr_answer_stage_seconds_sum", "end_of_turn"] == pytest.approx(0.72)
    assert found["ivr_answer_stage_seconds_sum", "recognise"] == pytest.approx(0.03)
    assert found["ivr_answer_stage_seconds_sum", "dialogue"] == pytest.approx(0.02)
    assert found["ivr_answer_stage_seconds_sum", "synthesise"] == pytest.approx(0.01)


def test_two_servers_in_one_process_count_for_themselves(metrics: CallMetrics):
    other = CallMetrics()
    metrics.barge_ins.inc()
    assert b"ivr_barge_ins_total 1.0" in metrics.exposition()
    assert b"ivr_barge_ins_total 0.0" in other.exposition()


# ---------------------------------------------------------------- hold music


async def test_a_waiting_caller_gets_music_that_can_be_played(pages):
    async with pages.get(HOLD_MUSIC_PATH) as answer:
        assert answer.content_type == "audio/wav"
        sound = await answer.read()
    with wave.open(io.BytesIO(sound)) as music:
        assert music.getnframes() / music.getframerate() > 5
