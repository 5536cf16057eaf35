"""The `ivr` command: what it writes is private, and what it cannot do is a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ivr import __main__ as command
from ivr.app import build_app
from ivr.settings import Settings, SettingsWrong


@pytest.fixture
def as_the_shell_does(monkeypatch: pytest.MonkeyPatch):
    """Runs the entry point with another body, and leaves the process as it was."""
    monkeypatch.setattr(command, "configure", lambda **_: None)
    before = os.umask(0o022)
    yield lambda body: monkeypatch.setattr(command, "app", body)
    os.umask(before)


def test_what_is_written_is_for_this_user_only(as_the_shell_does, tmp_path):
    as_the_shell_does((tmp_path / "record").touch)
    command.main()
    assert (tmp_path / "record").stat().st_mode & 0o077 == 0


def test_a_crash_does_not_show_what_it_says(as_the_shell_does, capsys):
    def crash() -> None:
        raise ValueError("PIN 4821")

    as_the_shell_does(crash)
    with pytest.raises(SystemExit, match="1"):
        command.main()
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "4821" not in shown


def test_a_wrong_setting_is_a_sentence(as_the_shell_does, capsys):
    def wrong() -> None:
        raise SettingsWrong("IVR_PORT: too large")

    as_the_shell_does(wrong)
    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert capsys.readouterr().err == "ivr: IVR_PORT: too large\n"


@pytest.mark.parametrize("missing", ["IVR_INTERNAL_TOKEN", "TWILIO_AUTH_TOKEN"])
def test_the_server_does_not_start_without_its_tokens(tmp_path, missing: str):
    tokens = {"IVR_INTERNAL_TOKEN": "a", "TWILIO_AUTH_TOKEN": "b", missing: ""}
    run = subprocess.run(
        [sys.executable, "-m", "ivr", "serve"],
        env={**os.environ, **tokens, "IVR_VAR_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.startswith(f"ivr: {missing} is not set: ")
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


async def test_nothing_is_opened_without_the_internal_token(tmp_path):
    settings = Settings(twilio_auth_token="a", ivr_internal_token="", ivr_var_dir=tmp_path)
    with pytest.raises(SettingsWrong, match="ivr run does so by itself"):
        async with build_app(settings):
            raise AssertionError("the server was built")


def test_rasas_token_is_the_internal_one_unless_it_has_its_own():
    settings = Settings(ivr_internal_token="shared")
    assert settings.rasa_token.get_secret_value() == "shared"
    settings = Settings(ivr_internal_token="shared", rasa_api_token="own")
    assert settings.rasa_token.get_secret_value() == "own"
