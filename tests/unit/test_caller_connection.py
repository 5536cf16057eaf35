"""Where the line is and what it trusts."""

import json
from pathlib import Path

import pytest

from ivr.caller.connection import DEMO_ACCOUNT_SID, Connection, ConnectionUnknown, find_connection

TOKENS = {"TWILIO_AUTH_TOKEN": "auth", "IVR_API_TOKEN": "api"}


@pytest.fixture
def run_file(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_text(
        json.dumps(
            {
                "url": "http://localhost:9000",
                "public_url": "https://line.example",
                "twilio_auth_token": "auth-run",
                "api_token": "api-run",
            }
        )
    )
    return path


def test_the_running_line_is_found(run_file: Path):
    connection = find_connection({}, run_file=run_file)
    assert connection.url == "http://localhost:9000"
    assert connection.public_url == "https://line.example"
    assert (connection.auth_token, connection.api_token) == ("auth-run", "api-run")
    assert connection.account_sid.startswith("AC")


def test_the_environment_and_the_option_go_before_the_running_line(run_file: Path):
    environment = TOKENS | {"PUBLIC_URL": "https://other.example/", "TWILIO_ACCOUNT_SID": "AC9"}
    connection = find_connection(environment, url="http://localhost:1/", run_file=run_file)
    assert connection == Connection(
        url="http://localhost:1",
        public_url="https://other.example",
        auth_token="auth",
        api_token="api",
        account_sid="AC9",
    )


def test_with_tokens_alone_the_line_is_on_this_machine(tmp_path: Path):
    connection = find_connection(TOKENS | {"IVR_PORT": "8099"}, run_file=tmp_path / "none")
    assert connection.url == connection.public_url == "http://localhost:8099"
    assert find_connection(TOKENS, run_file=tmp_path / "none").url == "http://localhost:8080"


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_without_a_token_it_is_said_what_to_do(tmp_path: Path, name: str):
    environment = {key: value for key, value in TOKENS.items() if key != name}
    with pytest.raises(ConnectionUnknown, match=f"{name} is not set .*make run"):
        find_connection(environment, run_file=tmp_path / "none")


@pytest.mark.parametrize(
    ("environment", "account_sid"),
    [({}, DEMO_ACCOUNT_SID), ({"TWILIO_ACCOUNT_SID": "ACours"}, "ACours")],
)
def test_calls_come_from_the_account_that_is_named(
    run_file: Path, environment: dict[str, str], account_sid: str
):
    assert find_connection(environment, run_file=run_file).account_sid == account_sid


def test_a_damaged_file_of_the_running_line_is_named(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_text("{")
    with pytest.raises(ConnectionUnknown, match=r"run\.json cannot be read: start the line again"):
        find_connection({}, run_file=path)


def test_an_address_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(ConnectionUnknown, match="'localhost:1' is not an address"):
        find_connection(TOKENS, url="localhost:1", run_file=tmp_path / "none")


@pytest.mark.parametrize(
    ("public", "real"),
    [
        ("https://line.example/twilio/voice", "http://localhost:9000/twilio/voice"),
        ("wss://line.example/twilio/media", "ws://localhost:9000/twilio/media"),
        ("https://line.example", "http://localhost:9000"),
        ("https://line.example.org/a", "https://line.example.org/a"),
        ("https://sounds.example/hold.wav", "https://sounds.example/hold.wav"),
    ],
)
def test_public_addresses_are_reached_where_the_line_really_is(
    run_file: Path, public: str, real: str
):
    assert find_connection({}, run_file=run_file).local(public) == real
