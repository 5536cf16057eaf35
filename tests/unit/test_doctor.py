"""`ivr doctor`: one line for each part, and how to mend what is wrong."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from aiohttp import web

from ivr import doctor
from ivr.doctor import PARTS, Part, Wrong, examine
from ivr.run.child import free_port
from ivr.settings import Settings
from tests.fakes.rasa_server import TOKEN, RasaServer, serve

LIVE = {"twilio_auth_token": "t", "public_url": "https://ivr.example.com"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of a machine on which all is well, changed as the test says."""

    def make(**changes: object) -> Settings:
        usual = {"ivr_var_dir": tmp_path / "var", "ivr_port": free_port(), **LIVE}
        return Settings.load(**{**usual, **changes})

    return make


async def finding(name: str, settings: Settings) -> str:
    """What is found of one part, or what is wrong with it and how to mend it."""
    [part] = [one for one in PARTS if one.name == name]
    try:
        return await part.examine(settings)
    except Wrong as wrong:
        return f"WRONG {wrong}: {wrong.mend}"


@pytest.fixture
async def server(aiohttp_server) -> Callable:
    """A server that answers one path, after a while or with an error."""

    async def make(path: str, status: int = 200) -> int:
        async def answer(_request: web.Request) -> web.Response:
            return web.json_response({}, status=status)

        app = web.Application()
        app.router.add_route("*", path, answer)
        return (await aiohttp_server(app)).port

    return make


# ---------------------------------------------------------------- the report


def examining(*parts: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", parts)


async def fine(_settings: Settings) -> str:
    return "works, in [brackets] too"


async def broken(_settings: Settings) -> str:
    raise ConnectionError("no answer from [db] at /tmp/[x]\nand a second line")


async def silent(_settings: Settings) -> str:
    raise TimeoutError


async def diagnosed(_settings: Settings) -> str:
    raise Wrong("it is unplugged", "plug it in")


async def test_when_all_is_well_each_part_has_a_line(
    settings, monkeypatch: pytest.MonkeyPatch, capsys
):
    examining(Part(name="voice", examine=fine, mend="-"), monkeypatch=monkeypatch)
    assert await examine(settings()) == 0
    assert capsys.readouterr().out == "✓ voice: works, in [brackets] too\n"


async def test_what_is_wrong_is_said_with_the_cure_and_the_rest_is_examined_all_the_same(
    settings, monkeypatch: pytest.MonkeyPatch, capsys
):
    examining(
        Part(name="database", examine=broken, mend="start it"),
        Part(name="dialogue", examine=silent, mend="start Rasa"),
        Part(name="port", examine=diagnosed, mend="not this"),
        Part(name="voice", examine=fine, mend="-"),
        monkeypatch=monkeypatch,
    )
    assert await examine(settings()) == 1
    assert capsys.readouterr().out.splitlines() == [
        "✗ database: no answer from [db] at /tmp/[x] — start it",
        "✗ dialogue: TimeoutError — start Rasa",
        "✗ port: it is unplugged — plug it in",
        "✓ voice: works, in [brackets] too",
    ]


def test_every_part_is_examined():
    assert {part.name for part in PARTS} >= {
        *("twilio", "port", "store", "database", "recogniser", "voice", "dialogue", "disk")
    }
    assert all(part.mend for part in PARTS)


# ---------------------------------------------------------------- each part


async def test_twilio_needs_its_token_and_a_public_address(settings):
    assert await finding("twilio", settings()) == (
        "calls arrive at https://ivr.example.com/twilio/voice"
    )
    assert "TWILIO_AUTH_TOKEN is not set" in await finding("twilio", settings(twilio_auth_token=""))
    assert "PUBLIC_URL is not an https" in await finding("twilio", settings(public_url=""))


async def test_the_port_is_free_or_ours_or_taken(settings, server, unused_tcp_port: int):
    assert await finding("port", settings(ivr_port=unused_tcp_port)) == f"{unused_tcp_port} is free"
    ours = await server("/healthz")
    assert "served by a running line" in await finding("port", settings(ivr_port=ours))
    for taken in (await server("/healthz", status=500), await server("/other")):
        assert f"WRONG {taken} is taken" in await finding("port", settings(ivr_port=taken))


async def test_a_port_held_by_something_that_speaks_no_http_is_taken(settings):
    async def hang_up(_reader, writer) -> None:
        writer.close()

    other = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    assert f"WRONG {port} is taken" in await finding("port", settings(ivr_port=port))
    other.close()


async def test_without_a_store_of_ones_own_the_embedded_one_is_named(settings):
    assert "embedded" in await finding("store", settings())


async def test_a_store_that_does_not_answer_is_an_error(settings, unused_tcp_port: int):
    with pytest.raises(redis.ConnectionError):
        await finding("store", settings(redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0"))


async def test_a_new_database_is_made_ready(settings):
    assert "up to date" in await finding("database", settings())


async def test_the_recogniser_and_the_voice_say_which_they_are(settings):
    assert "Hz" in await finding("recogniser", settings())
    assert await finding("voice", settings())


async def test_the_dialogue_must_be_installed_and_trained(
    settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    python, model = tmp_path / "python", tmp_path / "model"
    monkeypatch.setattr(doctor, "RASA_PYTHON", python)
    monkeypatch.setattr(doctor, "RASA_MODEL", model)
    assert "WRONG Rasa is not installed: run make setup" in await finding("dialogue", settings())
    python.touch()
    assert "WRONG the dialogue is not trained" in await finding("dialogue", settings())
    model.touch()
    assert "installed and trained" in await finding("dialogue", settings())


async def test_a_rasa_of_ones_own_must_be_reached_with_the_token(settings, unused_tcp_port: int):
    url = f"http://127.0.0.1:{unused_tcp_port}"
    assert "IVR_INTERNAL_TOKEN is not set" in await finding(
        "dialogue", settings(rasa_url=url, ivr_internal_token="")
    )
    assert "start Rasa" in await finding(
        "dialogue", settings(rasa_url=url, ivr_internal_token="token")
    )


async def test_a_rasa_that_understands_is_well(settings):
    async with serve(RasaServer({})) as url:
        well = settings(rasa_url=url, ivr_internal_token=TOKEN)
        assert await finding("dialogue", well) == "RASA_URL answers and understands"


async def test_a_full_disk_is_said_so(settings, monkeypatch: pytest.MonkeyPatch):
    assert "are free" in await finding("disk", settings())
    usage = shutil.disk_usage("/")._replace(free=5 << 20)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage)
    assert "WRONG only 5 MiB are free" in await finding("disk", settings())
