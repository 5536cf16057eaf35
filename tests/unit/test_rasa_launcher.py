"""Rasa's token is handed over where no list of processes shows it."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "rasa_project" / "serve.py"
STAND_IN = """
import pathlib, sys
def main():
    print(sys.argv[1:])
    print(pathlib.Path("/proc/self/cmdline").read_bytes())
"""


def launcher():
    spec = spec_from_file_location("rasa_launcher", LAUNCHER)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_token_of_the_api_comes_before_the_shared_one():
    arguments = launcher().arguments
    given = ["--port", "5005"]
    shared = {"IVR_INTERNAL_TOKEN": "shared"}
    assert arguments(given, {**shared, "RASA_API_TOKEN": "own"}) == [
        *("run", "--enable-api", "--auth-token=own", "--port", "5005")
    ]
    assert "--auth-token=shared" in arguments(given, {**shared, "RASA_API_TOKEN": ""})


def test_a_token_that_begins_with_a_dash_is_not_taken_for_an_option():
    assert "--auth-token=-abc" in launcher().arguments([], {"RASA_API_TOKEN": "-abc"})


def test_without_a_token_nothing_is_started():
    with pytest.raises(SystemExit, match="Set RASA_API_TOKEN"):
        launcher().arguments([], {})


@pytest.mark.skipif(sys.platform != "linux", reason="command lines are read from /proc")
def test_rasa_sees_the_token_and_the_command_line_does_not(tmp_path):
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa" / "__init__.py").touch()
    (tmp_path / "rasa" / "__main__.py").write_text(STAND_IN)
    environ = {**os.environ, "RASA_API_TOKEN": "secret-of-rasa", "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, str(LAUNCHER), "--port", "1"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    seen, command_line = run.stdout.splitlines()
    assert "'--auth-token=secret-of-rasa', '--port', '1'" in seen
    assert "serve.py" in command_line
    assert "secret-of-rasa" not in command_line
