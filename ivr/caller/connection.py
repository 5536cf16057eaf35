"""Where the line is and what it trusts: from the environment, or as the running line left it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

RUN_FILE: Final = Path("var/run.json")
"""Written by `ivr run`, readable by its owner only."""

DEMO_ACCOUNT_SID: Final = "AC" + "0" * 32
"""Calls come from this account where no other is named."""


class ConnectionUnknown(ValueError):
    """It is not known how to reach the line; the sentence says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a line.

    Attributes:
        url: where it answers.
        public_url: where Twilio would reach it; what is signed. Requests to it go to `url`.
        auth_token: signs requests as Twilio does.
        api_token: reads the line's API.
        account_sid: of the Twilio account that calls.
    """

    url: str
    public_url: str
    auth_token: str
    api_token: str
    account_sid: str = DEMO_ACCOUNT_SID

    def local(self, url: str) -> str:
        """The address that is really used for a public one; others stay as they are."""
        for public, real in (
            (self.public_url, self.url),
            (_web_socket(self.public_url), _web_socket(self.url)),
        ):
            if url == public or url.startswith(f"{public}/"):
                return real + url.removeprefix(public)
        return url


class _RunFile(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    public_url: str
    twilio_auth_token: str
    api_token: str
    account_sid: str = DEMO_ACCOUNT_SID


def find_connection(
    environment: Mapping[str, str], *, url: str | None = None, run_file: Path = RUN_FILE
) -> Connection:
    """Work out how to reach the line; the environment goes before the file of the running line.

    Raises:
        ConnectionUnknown: neither has the tokens, or the file cannot be read.
    """
    running = _read(run_file)
    auth_token = environment.get("TWILIO_AUTH_TOKEN") or (running and running.twilio_auth_token)
    api_token = environment.get("IVR_API_TOKEN") or (running and running.api_token)
    if not auth_token or not api_token:
        missing = "TWILIO_AUTH_TOKEN" if not auth_token else "IVR_API_TOKEN"
        raise ConnectionUnknown(
            f"{missing} is not set and no line is running here ({run_file} is not there): start "
            f"one with `make run`, or set TWILIO_AUTH_TOKEN, IVR_API_TOKEN and PUBLIC_URL"
        )
    port = environment.get("IVR_PORT") or "8080"
    real = (url or (running and running.url) or f"http://localhost:{port}").rstrip("/")
    public = environment.get("PUBLIC_URL") or (running and running.public_url) or real
    if not real.startswith(("http://", "https://")):
        raise ConnectionUnknown(f"{real!r} is not an address: it begins with http:// or https://")
    return Connection(
        url=real,
        public_url=public.rstrip("/"),
        auth_token=auth_token,
        api_token=api_token,
        account_sid=environment.get("TWILIO_ACCOUNT_SID")
        or (running and running.account_sid)
        or DEMO_ACCOUNT_SID,
    )


def _read(run_file: Path) -> _RunFile | None:
    try:
        return msgspec.json.decode(run_file.read_bytes(), type=_RunFile)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConnectionUnknown(f"{run_file} cannot be read: start the line again") from error


def _web_socket(url: str) -> str:
    return "ws" + url.removeprefix("http")
