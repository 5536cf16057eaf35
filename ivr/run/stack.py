"""Starts every part in the right order, says how far it is, and ends them together."""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp

from ivr.run.child import Child, ChildFailed, free_port, port_is_free
from ivr.run.store import EmbeddedStore
from ivr.settings import Settings

_T = TypeVar("_T")

ROOT = Path(__file__).resolve().parents[2]
RASA_FOLDER = ROOT / "rasa_project"
RASA_PYTHON = RASA_FOLDER / ".venv" / "bin" / "python"
RASA_MODEL = RASA_FOLDER / "models" / "dialogue.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running stack is reached, and the tokens that open it."""

    url: str
    public_url: str
    twilio_auth_token: str
    api_token: str
    redis_url: str
    rasa_url: str

    def write(self, path: Path) -> None:
        """Leave them for `ivr call`, readable by this user only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            json.dump({name: getattr(self, name) for name in self.__slots__}, file, indent=1)


class Stack:
    """The parts of one machine; `say` gets a line for each step."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._var = settings.ivr_var_dir.resolve()
        self._logs = self._var / "log"
        self._internal_port = free_port()
        self._internal_token = settings.ivr_internal_token.get_secret_value()
        self._twilio_token = settings.twilio_auth_token.get_secret_value() or secrets.token_hex(16)
        self._api_token = settings.ivr_api_token.get_secret_value() or secrets.token_urlsafe(24)
        self._store = EmbeddedStore(self._var / "store", self._logs / "store.log")
        self._children: list[Child] = []

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
        own_rasa = "rasa_url" not in settings.model_fields_set
        if own_rasa:
            rasa_url = f"http://127.0.0.1:{free_port()}"
        try:
            if not redis_url:
                redis_url = await self._step("store", self._store.start())
            async with asyncio.TaskGroup() as group:
                if own_rasa:
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
            redis_url=redis_url,
            rasa_url=rasa_url,
        )
        addresses.write(self._var / "run.json")
        return addresses

    async def stop(self) -> None:
        """End all parts, the server first, the store last."""
        for child in sorted(self._children, key=lambda child: child.name != "server"):
            await child.stop()
        await self._store.stop()
        (self._var / "run.json").unlink(missing_ok=True)

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
                *(str(RASA_PYTHON), "-m", "rasa", "run", "--enable-api"),
                *("--model", str(RASA_MODEL), "--interface", "127.0.0.1"),
                *("--port", url.rpartition(":")[2], "--auth-token", self._internal_token),
                *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            ],
            env={
                "RASA_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
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
        return Child(
            name="server",
            argv=[sys.executable, "-m", "ivr", "serve"],
            env={
                "REDIS_URL": redis_url,
                "RASA_URL": rasa_url,
                "TWILIO_AUTH_TOKEN": self._twilio_token,
                "IVR_API_TOKEN": self._api_token,
                "IVR_PORT": str(self._settings.ivr_port),
                "IVR_INTERNAL_TOKEN": self._internal_token,
                "IVR_INTERNAL_PORT": str(self._internal_port),
                "IVR_VAR_DIR": str(self._var),
            },
            log_path=self._logs / "server.log",
            ready=lambda: _answers(f"http://127.0.0.1:{self._settings.ivr_port}/readyz"),
            ready_s=240,
        )


async def _answers(url: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
