"""Settings come from the environment; a wrong one stops the start with a sentence."""

from datetime import timedelta
from pathlib import Path

import pytest

from ivr.settings import Settings, SettingsWrong

SECRETS = {
    "TWILIO_AUTH_TOKEN": "twilio-secret",
    "IVR_API_TOKEN": "api-secret",
    "IVR_INTERNAL_TOKEN": "internal-secret",
    "RASA_API_TOKEN": "rasa-secret",
    "REDIS_URL": "redis://user:redis-secret@localhost:6379/0",
    "DATABASE_URL": "postgresql://user:database-secret@localhost/ivr",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_any_setting_the_line_serves_this_machine():
    settings = Settings.load()
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.database == "sqlite:///var/customers.sqlite3"
    assert settings.demo_customers
    assert settings.hours.spoken == "any time"
    assert settings.keep_s == timedelta(days=30).total_seconds()


def test_everything_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    given = {
        "IVR_PORT": "9000",
        "PUBLIC_URL": "https://ivr.example.com/",
        "RASA_URL": "http://127.0.0.1:5055/",
        "REDIS_URL": "rediss://localhost:6380/1",
        "DATABASE_URL": "postgresql://localhost/ivr",
        "IVR_VAR_DIR": "/srv/ivr",
        "IVR_TIMEZONE": "Europe/London",
        "IVR_LOCALE": "en-GB",
        "IVR_OPEN_HOURS": "mon-fri 08:00-20:00",
        "IVR_DEMO_CUSTOMERS": "yes",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.ivr_port == 9000
    assert settings.base_url == "https://ivr.example.com"
    assert settings.rasa_url == "http://127.0.0.1:5055"
    assert settings.database == "postgresql://localhost/ivr"
    assert settings.ivr_var_dir == Path("/srv/ivr")
    assert str(settings.zone) == "Europe/London"
    assert settings.hours.spoken.startswith("Monday to Friday")
    assert settings.demo_customers


def test_a_database_of_ones_own_gets_no_demo_customers_unasked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/ivr")
    assert not Settings.load().demo_customers


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("IVR_PORT", "eighty", "valid integer"),
        ("IVR_PORT", "0", "greater than or equal to 1"),
        ("IVR_PORT", "70000", "less than or equal to 65535"),
        ("IVR_INTERNAL_PORT", "-1", "greater than or equal to 1"),
        ("PUBLIC_URL", "ivr.example.com", "write, say, https://ivr.example.com"),
        ("PUBLIC_URL", "wss://ivr.example.com", "is no address"),
        ("PUBLIC_URL", "https://", "is no address"),
        ("RASA_URL", "127.0.0.1:5005", "is no address"),
        ("RASA_URL", "http://localhost:99999", "ort"),
        ("REDIS_URL", "http://localhost:6379", "redis://, rediss:// or unix://"),
        ("REDIS_URL", "localhost:6379", "redis://, rediss:// or unix://"),
        ("IVR_DEMO_CUSTOMERS", "perhaps", "valid boolean"),
        ("IVR_TIMEZONE", "Mars/Base", "no time zone is called 'Mars/Base'"),
        ("IVR_TIMEZONE", "../etc/passwd", "no time zone"),
        ("IVR_LOCALE", "de-DE", "write en-US or en-GB"),
        ("IVR_OPEN_HOURS", "nine to five", "write always, or mon-fri 08:00-20:00"),
        ("IVR_QUEUE_LIMIT", "0", "greater than or equal to 1"),
        ("IVR_PEOPLE", "none", "valid integer"),
        ("IVR_MAX_CALLS", "0", "greater than or equal to 1"),
        ("IVR_NO_INPUT_MS", "6", "greater than or equal to 1000"),
        ("IVR_KEEP_DAYS", "0", "greater than or equal to 1"),
        ("IVR_DRAIN_S", "-1", "greater than or equal to 0"),
        ("IVR_LOG_JSON", "sometimes", "valid boolean"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsWrong) as wrong:
        Settings.load()
    [sentence] = str(wrong.value).splitlines()
    assert sentence.startswith(f"{name}: ")
    assert says in sentence


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IVR_PORT", "eighty")
    monkeypatch.setenv("IVR_LOCALE", "de-DE")
    with pytest.raises(SettingsWrong, match=r"IVR_PORT: .*\nIVR_LOCALE: "):
        Settings.load()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    for shown in (repr(settings), str(settings)):
        assert "secret" not in shown.replace("SecretStr", "")


def test_a_wrong_address_with_a_password_is_named_without_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "https://user:redis-secret@localhost")
    with pytest.raises(SettingsWrong) as wrong:
        Settings.load()
    assert "redis-secret" not in str(wrong.value)
