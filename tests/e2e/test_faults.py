"""A part dies while a caller is on the line: they hear a sentence and reach a person."""

import asyncio
import json
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from handoff.store import queue_key, summary_key
from ivr.run.child import free_port
from ivr.run.store import EmbeddedStore
from tests.e2e.servers import Server, fetch, line_alone, place_call, read_result

ASKS_FOR_A_PERSON = """
    name: Asks for a person
    from: "+15550100001"
    voice: dana
    timeout_s: 90
    steps:
      - expect: {words: automated, within_s: 40}
      - say: i want to speak to a person
      - expect: connecting you to a person
    ends_with: queued
"""
IS_TOLD_AND_QUEUED = """
    name: The assistant cannot think
    from: "+15550100001"
    timeout_s: 90
    steps:
      - expect: {words: "something isn't working", within_s: 40}
      - expect: connecting you to a person
    ends_with: queued
    escalation: service_unavailable
"""


def scenario(folder: Path, text: str) -> Path:
    sounds = Path(__file__).parents[1] / "calls" / "audio"
    (folder / "audio").exists() or (folder / "audio").symlink_to(sounds)
    path = folder / "scenario.yaml"
    path.write_text(textwrap.dedent(text))
    return path


def parts(server: Server) -> dict[str, bool]:
    _, body = fetch(f"{server.url}/readyz")
    return {name: part["ok"] for name, part in json.loads(body)["parts"].items()}


def wait_for_a_call(server: Server) -> None:
    """Until a caller is on the line."""
    limit = time.monotonic() + 60
    while b"ivr_calls_active 1.0" not in fetch(f"{server.url}/metrics")[1]:
        assert time.monotonic() < limit, "nobody called"
        time.sleep(0.1)


class Store:
    """An embedded store that the test can stop and start, always at the same address."""

    def __init__(self, folder: Path) -> None:
        self._store = EmbeddedStore(folder / "store", folder / "store.log", port=free_port())
        self._loop = asyncio.new_event_loop()
        self.url = ""

    def start(self) -> None:
        self.url = self._loop.run_until_complete(self._store.start())

    def stop(self) -> None:
        self._loop.run_until_complete(self._store.stop())

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    store = Store(tmp_path)
    store.start()
    yield store
    store.stop()


@pytest.fixture
def alone(tmp_path, store, dialogue) -> Iterator[Server]:
    """A server whose other parts are the test's own."""
    server = line_alone(tmp_path, rasa_url=dialogue["rasa"].url, redis_url=store.url)
    server.start()
    server.wait()
    yield server
    server.stop()


def test_without_rasa_the_caller_is_told_and_reaches_a_person(tmp_path, store):
    nowhere = f"http://127.0.0.1:{free_port()}"
    server = line_alone(tmp_path, rasa_url=nowhere, redis_url=store.url)
    server.start()
    try:
        server.wait(lambda status, _: status == 503)
        assert not parts(server)["dialogue"]
        assert parts(server)["store"]
        result = tmp_path / "result.json"
        place_call(server, scenario(tmp_path, IS_TOLD_AND_QUEUED), result).wait(120)
        assert read_result(result)["failures"] == []
    finally:
        server.stop()


def test_with_the_store_gone_in_mid_call_nothing_is_lost(tmp_path, store, alone):
    result = tmp_path / "result.json"
    call = place_call(alone, scenario(tmp_path, ASKS_FOR_A_PERSON), result, "--stay-in-queue")
    wait_for_a_call(alone)
    time.sleep(2)  # the greeting is being spoken
    store.stop()
    call.wait(120)
    assert read_result(result)["failures"] == []
    assert not parts(alone)["store"]
    [spooled] = (tmp_path / "spool").glob("*.json")
    handoff_id = spooled.stem

    store.start()
    limit = time.monotonic() + 60
    while spooled.exists() and time.monotonic() < limit:
        time.sleep(0.2)
    client = store.client()
    assert json.loads(client.get(summary_key(handoff_id)))["id"] == handoff_id
    assert client.zrange(queue_key("support"), 0, -1) == [handoff_id.encode()]
    client.close()


def test_a_server_that_is_told_to_stop_finishes_the_call_and_refuses_the_next(tmp_path, alone):
    result, refused = tmp_path / "result.json", tmp_path / "refused.json"
    path = scenario(tmp_path, ASKS_FOR_A_PERSON)
    call = place_call(alone, path, result)
    wait_for_a_call(alone)
    alone.process.terminate()
    alone.wait(lambda status, body: status == 503 and b"stopping" in body)
    place_call(alone, path, refused).wait(60)
    assert "all our lines are busy" in refused.read_text()
    call.wait(120)
    assert read_result(result)["failures"] == []
    assert alone.process.wait(60) == 0


def test_a_second_signal_cuts_the_call_off_and_the_caller_is_brought_to_a_person(tmp_path, alone):
    result = tmp_path / "result.json"
    call = place_call(alone, scenario(tmp_path, ASKS_FOR_A_PERSON), result)
    wait_for_a_call(alone)
    alone.process.terminate()
    alone.wait(lambda status, body: status == 503 and b"stopping" in body)
    alone.process.terminate()
    assert alone.process.wait(60) == 0
    call.wait(60)
    heard = read_result(result)  # not without failures: the server is gone before the call is over
    assert heard["ended"] == "queued"
    assert heard["says"][0].startswith("I'm sorry, we were cut off. I'm connecting you")


def test_a_voice_process_that_is_killed_comes_back_while_the_caller_waits(tmp_path, alone):
    result = tmp_path / "result.json"
    call = place_call(alone, scenario(tmp_path, ASKS_FOR_A_PERSON), result)
    wait_for_a_call(alone)
    time.sleep(2)
    voices = [
        child
        for child in psutil.Process(alone.process.pid).children(recursive=True)
        if "speech.synthesis.piper_worker" in " ".join(child.cmdline())
    ]
    assert voices
    for voice in voices:
        voice.kill()
    call.wait(120)
    assert read_result(result)["failures"] == []
    alone.wait()
    assert parts(alone)["voice"]
