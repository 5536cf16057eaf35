"""Which speech model is used, and how the official one is fetched."""

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import vosk
from rich.console import Console

from audio.resample import Resampler
from speech.recognition.front_end import AsItIs, KaldiLike
from speech.recognition.model import CACHE, COMPACT, OFFICIAL, ModelMissing, fetch, main, resolve


@pytest.fixture(autouse=True)
def no_other_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has in the library's own folders is not part of the test."""
    monkeypatch.setattr(vosk, "MODEL_DIRS", [None])


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "models"


def make_model(folder: Path, *options: str) -> Path:
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"model")
    if options:
        (folder / "conf").mkdir()
        (folder / "conf" / "mfcc.conf").write_text("# features\n\n" + "\n".join(options))
    return folder


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for name in names:
            out.writestr(name, b"model")
    return packed.getvalue()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def told(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_without_anything_else_the_compact_model_is_used(cache: Path):
    model = resolve(None, cache)
    assert (model.path, model.name, model.compact) == (COMPACT, "vosk-ivr-en", True)
    assert model.rate_hz == 16000
    assert isinstance(model.front_end(), KaldiLike)


def test_what_the_set_up_fetched_is_found_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    assert CACHE.is_absolute()
    assert Path(__file__).parents[2] / "var" / "models" == CACHE
    assert fetch.__defaults__ == (CACHE,)
    assert resolve.__defaults__ == (CACHE,)


def test_a_downloaded_model_is_preferred(cache: Path):
    make_model(cache / OFFICIAL, "--sample-frequency=16000", "--num-ceps=40")
    model = resolve("", cache)
    assert (model.name, model.rate_hz, model.compact) == (OFFICIAL, 16000, False)
    assert isinstance(model.front_end(), Resampler)


def test_the_librarys_own_folders_are_looked_at(cache: Path, monkeypatch: pytest.MonkeyPatch):
    make_model(cache / OFFICIAL)
    monkeypatch.setattr(vosk, "MODEL_DIRS", [None, cache])
    assert resolve(None, cache / "elsewhere").name == OFFICIAL


@pytest.mark.parametrize(
    ("options", "rate_hz", "front_end"),
    [
        (("--sample-frequency=8000",), 8000, AsItIs),
        (("--allow-upsample=true",), 8000, AsItIs),
        (("--allow-upsample",), 8000, AsItIs),
        (("--allow-upsample=true", "--dither=0"), 16000, KaldiLike),
        (("--sample-frequency=8000", "--dither=0.0"), 8000, AsItIs),
        (("--allow-upsample=false # no",), 16000, Resampler),
        ((), 16000, Resampler),
    ],
)
def test_a_model_is_fed_at_the_rate_its_configuration_names(
    tmp_path: Path, options: tuple[str, ...], rate_hz: int, front_end: type
):
    model = resolve(str(make_model(tmp_path / "m", *options)))
    assert model.rate_hz == rate_hz
    assert isinstance(model.front_end(), front_end)


def test_a_wrong_setting_is_an_error_and_not_a_silent_fallback(tmp_path: Path):
    with pytest.raises(ModelMissing, match=r"VOSK_MODEL names '.*nowhere'.*unset it"):
        resolve(str(tmp_path / "nowhere"))


def test_a_broken_installation_says_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("speech.recognition.model.COMPACT", cache / "none")
    with pytest.raises(ModelMissing, match="install the project again"):
        resolve(None, cache)


def test_the_official_model_is_fetched_whole(tmp_path: Path, cache: Path):
    (tmp_path / f"{OFFICIAL}.zip").write_bytes(archive(f"{OFFICIAL}/am/final.mdl"))
    console = quiet()
    with served(tmp_path) as base_url:
        model = fetch(None, cache, base_url=base_url, console=console)
    assert model.name == OFFICIAL
    assert [entry.name for entry in cache.iterdir()] == [OFFICIAL]
    assert OFFICIAL in told(console)


def test_nothing_is_fetched_twice_or_where_a_model_is_named(tmp_path: Path, cache: Path):
    named = make_model(tmp_path / "mine")
    assert fetch(str(named), cache, base_url="http://127.0.0.1:9/", console=quiet()).path == named
    make_model(cache / OFFICIAL)
    assert fetch(None, cache, base_url="http://127.0.0.1:9/", console=quiet()).name == OFFICIAL


@pytest.mark.parametrize(
    "content",
    [
        archive(f"{OFFICIAL}/am/final.mdl")[:-30],
        b"no archive",
        archive(f"{OFFICIAL}/README"),
        None,
    ],
    ids=["cut short", "no archive", "no model inside", "not there"],
)
def test_a_download_that_fails_leaves_nothing_and_the_compact_model_is_used(
    tmp_path: Path, cache: Path, content: bytes | None
):
    if content is not None:
        (tmp_path / f"{OFFICIAL}.zip").write_bytes(content)
    console = quiet()
    with served(tmp_path) as base_url:
        model = fetch(None, cache, base_url=base_url, console=console)
    assert model.compact
    assert list(cache.iterdir()) == []
    assert "the compact model that ships with the project is used" in told(console)


def test_a_host_that_cannot_be_reached_is_no_failure(cache: Path):
    assert fetch(None, cache, base_url="http://127.0.0.1:9/", console=quiet()).compact


def test_a_connection_that_breaks_off_leaves_nothing(cache: Path):
    class Breaks(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"half")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Breaks)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base_url = f"http://127.0.0.1:{server.server_port}/"
    assert fetch(None, cache, base_url=base_url, console=quiet()).compact
    server.shutdown()
    thread.join()
    server.server_close()
    assert list(cache.iterdir()) == []


def test_the_command_says_how_it_is_used_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
    monkeypatch.setenv("VOSK_MODEL", str(tmp_path / "nowhere"))
    assert main(["fetch"]) == 1
    assert "VOSK_MODEL names" in capsys.readouterr().err
    monkeypatch.setenv("VOSK_MODEL", str(make_model(tmp_path / "mine")))
    assert main(["fetch"]) == 0
