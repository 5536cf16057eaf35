"""All settings, from the environment.

A wrong value stops the start with a sentence that names it.
"""

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from handoff.hours import OpeningHours


class SettingsWrong(Exception):
    """A setting cannot be used; the text names it and says what to write."""


class Settings(BaseSettings):
    """Every setting, its environment variable being the name in capitals."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    ivr_host: str = "0.0.0.0"  # noqa: S104  # the public port is meant to be reached
    """Address the public port listens on."""

    ivr_port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """The public port: webhooks, media streams, API."""

    ivr_internal_host: str = "127.0.0.1"
    """Address of the internal port; only the dialogue's actions need to reach it."""

    ivr_internal_port: Annotated[int, Field(ge=1, le=65535)] = 8081
    """The internal port: what the dialogue's actions ask for. Never open it to the internet."""

    ivr_internal_token: SecretStr = SecretStr("")
    """Shared by the server, Rasa's channel and Rasa's actions; `ivr run` makes one up."""

    ivr_api_token: SecretStr = SecretStr("")
    """Bearer token that reads `/api/v1/`; empty: nobody reads it."""

    ivr_var_dir: Path = Path("var")
    """Folder for everything that is written: data, logs, caches."""

    ivr_cache_dir: Path = Path("var/cache")
    """Folder for the prepared prompts; what is in it can be made again."""

    public_url: str = ""
    """The address Twilio calls us at, such as `https://ivr.example.com`; empty: this machine."""

    # The two addresses may hold a password, so they are not shown.
    redis_url: str = Field(default="", repr=False)
    """Redis or Valkey; empty: an embedded store is started, its data under `ivr_var_dir`."""

    database_url: str = Field(default="", repr=False)
    """Customer database; empty: SQLite under `ivr_var_dir`."""

    ivr_demo_customers: bool | None = None
    """Put the invented customers in an empty database; unset: only in our own SQLite one."""

    rasa_url: str = "http://127.0.0.1:5005"
    """The Rasa server."""

    rasa_api_token: SecretStr = SecretStr("")
    """Opens Rasa's own HTTP API, which takes it in the query only; empty: `ivr_internal_token`."""

    twilio_auth_token: SecretStr = SecretStr("")
    """Signs every request of Twilio; without it nothing is answered."""

    twilio_account_sid: str = ""
    """The account that calls us; requests of another one are refused when it is set."""

    vosk_model: str = ""
    """Folder of a Vosk model; empty: the best one at hand."""

    piper_voice: str = ""
    """Path of a Piper voice (`.onnx`); empty: the packaged English voice."""

    ivr_timezone: str = "UTC"
    """Where the callers are: dates, greetings and opening hours are told in this zone."""

    ivr_locale: str = "en-US"
    """How dates are read: `en-US` (month first) or `en-GB` (day first)."""

    ivr_open_hours: str = "always"
    """When people take calls: `always`, or `mon-fri 08:00-20:00`."""

    ivr_queue: str = "support"
    """Name of the queue calls are transferred to."""

    ivr_queue_limit: Annotated[int, Field(ge=1)] = 50
    """More callers than this do not wait; they are told so."""

    ivr_people: Annotated[int, Field(ge=1)] = 3
    """How many people answer; the expected wait follows from it."""

    ivr_max_calls: Annotated[int, Field(ge=1)] = 30
    """Calls at once in this process; one more is told that all lines are busy."""

    ivr_no_input_ms: Annotated[int, Field(ge=1000, le=60000)] = 6000
    """Silence after a question that counts as no answer."""

    ivr_keep_days: Annotated[int, Field(ge=1)] = 30
    """How long calls and summaries are kept in Redis."""

    ivr_drain_s: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long running calls may go on after the server was told to stop."""

    ivr_log_json: bool = False
    """Logs as JSON lines even on a terminal (they always are when not on one)."""

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment.

        Raises:
            SettingsWrong: one sentence for each wrong value.
        """
        try:
            return cls(**overrides)  # type: ignore[arg-type] # pydantic checks each value
        except ValidationError as error:
            sentences = [
                f"{str(problem['loc'][0]).upper()}: {problem['msg'].removeprefix('Value error, ')}"
                for problem in error.errors(include_input=False)
            ]
            raise SettingsWrong("\n".join(sentences)) from error

    @field_validator("ivr_timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"no time zone is called {value!r}: write, say, Europe/London"
            ) from error
        return value

    @field_validator("ivr_open_hours")
    @classmethod
    def _hours_readable(cls, value: str) -> str:
        OpeningHours.parse(value)
        return value

    @field_validator("ivr_locale")
    @classmethod
    def _locale_known(cls, value: str) -> str:
        if value not in {"en-US", "en-GB"}:
            raise ValueError(f"{value!r} is not known: write en-US or en-GB")
        return value

    @field_validator("public_url", "rasa_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        url = URL(value)
        if value and (url.scheme not in {"http", "https"} or not url.host):
            raise ValueError(f"{value!r} is no address: write, say, https://ivr.example.com")
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        if value and URL(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        return value

    @property
    def base_url(self) -> str:
        """The address Twilio knows us by, without a slash at the end."""
        return self.public_url or f"http://127.0.0.1:{self.ivr_port}"

    @property
    def zone(self) -> tzinfo:
        """The callers' time zone."""
        return ZoneInfo(self.ivr_timezone)

    @property
    def hours(self) -> OpeningHours:
        """When people take calls."""
        return OpeningHours.parse(self.ivr_open_hours)

    @property
    def database(self) -> str:
        """The customer database that is used."""
        return self.database_url or f"sqlite:///{self.ivr_var_dir / 'customers.sqlite3'}"

    @property
    def demo_customers(self) -> bool:
        """Whether an empty database gets the invented customers."""
        return not self.database_url if self.ivr_demo_customers is None else self.ivr_demo_customers

    @property
    def rasa_token(self) -> SecretStr:
        """What opens Rasa's own HTTP API."""
        return self.rasa_api_token if self.rasa_api_token else self.ivr_internal_token

    @property
    def keep_s(self) -> int:
        """`ivr_keep_days` in seconds."""
        return self.ivr_keep_days * 86_400
