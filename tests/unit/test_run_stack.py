"""`ivr run`: what its parts are given, what lies on disk, and who may read it."""

import json
import os
import stat
from pathlib import Path

import pytest
import redis.asyncio as redis
from redis.exceptions import AuthenticationError

from ivr.demo import _own_settings
from ivr.run.child import Child
from ivr.run.private import write_private
from ivr.run.progress import Progress
from ivr.run.stack import Addresses, Stack
from ivr.run.store import EmbeddedStore
from ivr.settings import Settings
from tests.fakes.http import serving


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def a_stack(folder: Path, **settings: object) -> Stack:
    return Stack(Settings(ivr_var_dir=folder, **settings), lambda _: None)


def server_of(stack: Stack) -> Child:
    return stack._server("redis://127.0.0.1:1/0", "http://127.0.0.1:2")


# ---------------------------------------------------------------- the parts


def test_the_tokens_are_random_and_differ(tmp_path):
    env = server_of(a_stack(tmp_path)).env
    tokens = {
        env[name]
        for name in ("RASA_API_TOKEN", "IVR_INTERNAL_TOKEN", "IVR_API_TOKEN", "TWILIO_AUTH_TOKEN")
    }
    assert len(tokens) == 4
    assert min(map(len, tokens)) >= 32
    assert env != server_of(a_stack(tmp_path)).env


def test_a_rasa_of_ones_own_gets_the_token_it_knows(tmp_path):
    settings = {"rasa_url": "http://127.0.0.1:5005", "ivr_internal_token": "shared"}
    assert server_of(a_stack(tmp_path, **settings)).env["RASA_API_TOKEN"] == "shared"
    settings["rasa_api_token"] = "of-its-api"
    assert server_of(a_stack(tmp_path, **settings)).env["RASA_API_TOKEN"] == "of-its-api"


def test_no_token_is_on_a_command_line(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ivr.run.stack.RASA_PYTHON", tmp_path)
    monkeypatch.setattr("ivr.run.stack.RASA_MODEL", tmp_path)
    stack = a_stack(tmp_path)
    rasa = stack._rasa("http://127.0.0.1:5005", 5055)
    assert rasa.env["RASA_API_TOKEN"] == server_of(stack).env["RASA_API_TOKEN"]
    for child in (rasa, stack._actions(5055), server_of(stack)):
        secrets = [value for name, value in child.env.items() if "TOKEN" in name]
        assert secrets
        assert not any(secret in " ".join(child.argv) for secret in secrets)


def test_the_server_has_time_to_let_calls_finish(tmp_path):
    child = server_of(a_stack(tmp_path, ivr_drain_s=90))
    assert child.env["IVR_DRAIN_S"] == "90"
    assert child.stop_s > 90


def test_the_demos_customers_reach_the_server(tmp_path, unused_tcp_port: int):
    demo = _own_settings(Settings(ivr_port=unused_tcp_port), tmp_path)
    assert server_of(Stack(demo, print)).env["IVR_DEMO_CUSTOMERS"] == "true"
    assert "IVR_DEMO_CUSTOMERS" not in server_of(a_stack(tmp_path)).env


# ---------------------------------------------------------------- run.json


def left_by(stack: Stack, folder: Path) -> Path:
    addresses = Addresses(
        url="http://127.0.0.1:8080",
        public_url="http://127.0.0.1:8080",
        twilio_auth_token=stack._twilio_token,
        api_token=stack._api_token,
        account_sid="AC" + "0" * 32,
        redis_url="",
        rasa_url="",
    )
    stack._addresses = addresses
    write_private(folder / "run.json", addresses.written())
    return folder / "run.json"


async def test_a_stack_takes_its_addresses_with_it(tmp_path):
    stack = a_stack(tmp_path)
    path = left_by(stack, tmp_path)
    assert mode(path) == 0o600
    assert json.loads(path.read_text())["url"] == "http://127.0.0.1:8080"
    await stack.stop()
    assert not path.exists()
    await stack.stop()


async def test_a_second_stack_leaves_the_addresses_of_the_first(tmp_path):
    path = left_by(a_stack(tmp_path), tmp_path)
    await a_stack(tmp_path).stop()  # it did not come up
    assert path.exists()
    second = a_stack(tmp_path)
    left_by(second, tmp_path)
    first_again = left_by(a_stack(tmp_path), tmp_path)
    await second.stop()
    assert first_again.exists()


# ---------------------------------------------------------------- the embedded store


async def test_the_store_is_for_those_who_know_its_password(tmp_path):
    before = os.umask(0o077)
    folder = tmp_path / 'with "quotes" and spaces'
    folder.mkdir(mode=0o755)
    store = EmbeddedStore(folder, tmp_path / "store.log")
    try:
        url = await store.start()
        client = redis.from_url(url)
        await client.set("key", "value")
        stranger = redis.from_url(f"redis://{url.partition('@')[2]}")
        with pytest.raises(AuthenticationError):
            await stranger.get("key")
        await stranger.aclose()
        await client.aclose()
        assert store._child is not None
        assert store._password not in " ".join(store._child.argv)
    finally:
        await store.stop()
        os.umask(before)
    assert mode(folder) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"store.conf", "lock"}
    assert all(mode(path) & 0o077 == 0 for path in files)


# ---------------------------------------------------------------- progress


async def test_the_start_tells_what_it_waits_for_and_only_what_is_new():
    def parts(**found: bool) -> dict[str, object]:
        return {
            "ready": all(found.values()),
            "parts": {name: {"ok": ok, "detail": f"{name}!"} for name, ok in found.items()},
        }

    answers = [
        "not JSON",
        parts(dialogue=False, prompts=False),
        parts(dialogue=False, prompts=False),
        parts(dialogue=True, prompts=False),
        parts(dialogue=True, prompts=True),
    ]
    said: list[str] = []
    async with serving(answers) as url:
        progress = Progress(url, said.append)
        assert [await progress.ready() for _ in answers] == [False] * 4 + [True]
    assert said == [
        "  … server waits for dialogue (dialogue!), prompts (prompts!)",
        "  … server waits for prompts (prompts!)",
    ]
    assert not await progress.ready(), "nobody answers any more"
