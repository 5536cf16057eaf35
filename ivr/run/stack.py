"""Starts every part in the right order, says how far it is, and ends them together."""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp

from ivr.caller.connection import DEMO_ACCOUNT_SID
from ivr.run.child import Child, ChildFailed, free_port, port_is_free
from ivr.run.private import write_private
from ivr.run.progress import Progress
from ivr.run.store import EmbeddedStore
from ivr.settings import Settings

_T = TypeVar("_T")

ROOT = Path(__file__).resolve().parents[2]
RASA_FOLDER = ROOT / "rasa_project"
RASA_PYTHON = RASA_FOLDER / ".venv" / "bin" / "python"
RASA_MODEL = RASA_FOLDER / "models" / "dialogue.tar.gz"

STOP_BEYOND_DRAIN_S = 30
"""What the server may take, once the running calls are over, to end its own parts in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running stack is reached, and the tokens that open it."""

    url: str
    public_url: str
    twilio_auth_token: str
    api_token: str
    account_sid: str
    redis_url: str
    rasa_url: str

    def written(self) -> str:
        """As `ivr call` reads them."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, indent=1)


class Stack:
    """The parts of one machine; `say` gets a line for each step."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._var = settings.ivr_var_dir.resolve()
        self._logs = self._var / "log"
        self._internal_port = free_port()
        self._internal_token = (
            settings.ivr_internal_token.get_secret_value() or secrets.token_urlsafe(32)
        )
        self._own_rasa = "rasa_url" not in settings.model_fields_set
        self._rasa_token = settings.rasa_api_token.get_secret_value() or (
            secrets.token_urlsafe(32) if self._own_rasa else self._internal_token
        )
        self._twilio_token = settings.twilio_auth_token.get_secret_value() or secrets.token_hex(16)
        self._api_token = settings.ivr_api_token.get_secret_value() or secrets.token_urlsafe(24)
        self._store = EmbeddedStore(self._var / "store", self._logs / "store.log")
        self._children: list[Child] = []
        self._addresses: Addresses | None = None

    async def start(self) -> Addresses:
        """Start all parts.

        Raises:
            ChildFailed: one did not come up; those that had are ended.
        """
        settings = self._settings
        if not port_is_free(settings.ivr_port):
            raise ChildFailed(
                f"port {settings.ivr_port} is taken: set IVR_PORT to another one, "
                "or stop what uses it"
            )
        redis_url, rasa_url = settings.redis_url, settings.rasa_url
        if self._own_rasa:
            rasa_url = f"http://127.0.0.1:{free_port()}"
        try:
            if not redis_url:
                redis_url = await self._step("store", self._store.start())
            async with asyncio.TaskGroup() as group:
                if self._own_rasa:
                    actions_port = free_port()
                    group.create_task(self._start("actions", self._actions(actions_port)))
                    group.create_task(self._start("dialogue", self._rasa(rasa_url, actions_port)))
                group.create_task(self._start("server", self._server(redis_url, rasa_url)))
        except* ChildFailed as failures:
            await self.stop()
            raise ChildFailed("\n".join(str(each) for each in failures.exceptions)) from None
        addresses = Addresses(
            url=f"http://127.0.0.1:{settings.ivr_port}",
            public_url=settings.base_url,
            twilio_auth_token=self._twilio_token,
            api_token=self._api_token,
            account_sid=settings.twilio_account_sid or DEMO_ACCOUNT_SID,
            redis_url=redis_url,
            rasa_url=rasa_url,
        )
        write_private(self._var / "run.json", addresses.written())
        self._addresses = addresses
        return addresses

    async def stop(self) -> None:
        """End all parts: the server first, which waits for running calls, and the store last."""
        for child in sorted(self._children, key=lambda child: child.name != "server"):
            await child.stop()
        await self._store.stop()
        self._remove_addresses()

    def hurry(self) -> None:
        """While it stops: running calls are not waited for any longer."""
        for child in self._children:
            if child.name == "server":
                child.hurry()

    def _remove_addresses(self) -> None:
        """Only our own: another stack may have left its addresses there since."""
        path = self._var / "run.json"
        if self._addresses is None or not path.exists():
            return
        if path.read_text() == self._addresses.written():
            path.unlink()

    async def _start(self, what: str, child: Child) -> None:
        self._children.append(child)
        await self._step(what, child.start())

    async def _step(self, what: str, work: Coroutine[None, None, _T]) -> _T:
        began = time.monotonic()
        self._say(f"  … {what}")
        result = await work
        self._say(f"  ✓ {what} ({time.monotonic() - began:.1f} s)")
        return result

    def _rasa(self, url: str, actions_port: int) -> Child:
        if not RASA_PYTHON.exists() or not RASA_MODEL.exists():
            raise ChildFailed("the dialogue is not set up: run make setup")
        return Child(
            name="dialogue",
            argv=[
                *(str(RASA_PYTHON), "serve.py", "--model", str(RASA_MODEL)),
                *("--interface", "127.0.0.1", "--port", url.rpartition(":")[2]),
                *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            ],
            env={
                "RASA_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
                "RASA_API_TOKEN": self._rasa_token,
                **self._rasa_env(),
            },
            cwd=RASA_FOLDER,
            log_path=self._logs / "dialogue.log",
            ready=lambda: _answers(f"{url}/"),  # that it also understands is for the server's check
            ready_s=180,
        )

    def _actions(self, port: int) -> Child:
        return Child(
            name="actions",
            argv=[
                *(str(RASA_PYTHON), "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)),
            ],
            env=self._rasa_env(),
            cwd=RASA_FOLDER,
            log_path=self._logs / "actions.log",
            ready=lambda: _answers(f"http://127.0.0.1:{port}/health"),
            ready_s=120,
        )

    def _rasa_env(self) -> dict[str, str]:
        return {
            "IVR_INTERNAL_TOKEN": self._internal_token,
            "IVR_INTERNAL_URL": f"http://127.0.0.1:{self._internal_port}",
            "RASA_TELEMETRY_ENABLED": "false",
            "SANIC_HOST": "127.0.0.1",  # the action server takes no token: loopback only
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        }

    def _server(self, redis_url: str, rasa_url: str) -> Child:
        settings = self._settings
        env = {
            "REDIS_URL": redis_url,
            "RASA_URL": rasa_url,
            "RASA_API_TOKEN": self._rasa_token,
            "TWILIO_AUTH_TOKEN": self._twilio_token,
            "IVR_API_TOKEN": self._api_token,
            "IVR_PORT": str(settings.ivr_port),
            "IVR_INTERNAL_TOKEN": self._internal_token,
            "IVR_INTERNAL_PORT": str(self._internal_port),
            "IVR_VAR_DIR": str(self._var),
            "IVR_DRAIN_S": str(settings.ivr_drain_s),
        }
        if settings.ivr_demo_customers is not None:
            env["IVR_DEMO_CUSTOMERS"] = str(settings.ivr_demo_customers).lower()
        progress = Progress(f"http://127.0.0.1:{settings.ivr_port}/readyz", self._say)
        return Child(
            name="server",
            argv=[sys.executable, "-m", "ivr", "serve"],
            env=env,
            log_path=self._logs / "server.log",
            ready=progress.ready,
            ready_s=240,
            stop_s=settings.ivr_drain_s + STOP_BEYOND_DRAIN_S,
        )


async def _answers(url: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
