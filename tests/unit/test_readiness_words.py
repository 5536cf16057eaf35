"""`/readyz` is for everybody: it says what is wrong in words, and the log holds the rest."""

import itertools

from structlog.testing import capture_logs

from ivr.health import HealthChecks, NotReady, Readiness

ADDRESS = "10.1.2.3:6379"


async def asked(error: Exception, times: int = 1) -> tuple[Readiness, list[dict[str, object]]]:
    async def check() -> str:
        raise error

    ticks = itertools.count(step=60)
    health = HealthChecks({"store": check}, lambda: float(next(ticks)))
    with capture_logs() as logs:
        for _ in range(times):
            readiness = await health.readiness()
    return readiness, [dict(entry) for entry in logs]


async def test_a_sentence_made_for_everybody_is_told():
    readiness, _ = await asked(NotReady("stopping"))
    assert not readiness.ready
    assert readiness.parts["store"].detail == "stopping"


async def test_what_a_driver_says_is_in_the_log_only():
    readiness, logs = await asked(RuntimeError(f"{ADDRESS} refused redis://u:secret@host/0"))
    assert readiness.parts["store"].detail == "does not work (RuntimeError)"
    [entry] = logs
    assert entry["part"] == "store"
    assert ADDRESS in entry["detail"]
    assert "secret" not in entry["detail"]


async def test_a_part_that_cannot_be_reached_is_told_in_plain_words():
    readiness, logs = await asked(ConnectionError(f"Error 111 connecting to {ADDRESS}"))
    assert readiness.parts["store"].detail == "cannot be reached"
    assert ADDRESS in logs[0]["detail"]


async def test_the_log_is_not_filled_by_every_probe():
    _, logs = await asked(ConnectionError(ADDRESS), times=3)
    assert len(logs) == 1


async def test_a_part_that_comes_back_and_goes_again_is_logged_again():
    states = iter([False, True, False])

    async def check() -> str:
        if next(states):
            return "answers"
        raise NotReady("gone")

    ticks = itertools.count(step=60)
    health = HealthChecks({"store": check}, lambda: float(next(ticks)))
    with capture_logs() as logs:
        found = [(await health.readiness()).ready for _ in range(3)]
    assert found == [False, True, False]
    assert len(logs) == 2
